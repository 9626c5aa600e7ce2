#include "spfd/health.h"

#include <fmt/core.h>

namespace spfd {

DnsProbe::DnsProbe(std::uint64_t time) {
  if (const auto name = dns::Name::parse(fmt::format("spfd-{}.invalid", time))) question_ = {*name, dns::Type::a};
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
