#include "spfd/health.h"

#include "spfd/config/health_name.h"

namespace spfd {

DnsProbe::DnsProbe(std::string_view name, std::uint64_t time) {
  if (const auto asked = health_name_at(name, time)) question_ = {*asked, dns::Type::a};
}

spf::Needs DnsProbe::look(spf::AnswerSource& answers) {
  spf::Needs needs;
  if (const spf::KnownAnswer* known = answers.find(question_)) {
    using Dns = protocol::Health::Dns;
    const dns::Answer& answer = known->answer;
    if (answer.status != dns::Status::failure) {
      found_ = Dns::ok;
    } else if (answer.cause != dns::Cause::local || answers.is_late()) {
      found_ = Dns::failing;
    }
  } else {
    needs.needed.push_back(question_);
  }
  return needs;
}

}  // namespace spfd
