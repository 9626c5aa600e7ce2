#include "spfd/health.h"

#include <fmt/core.h>

namespace spfd {

DnsProbe::DnsProbe(std::uint64_t time) {
  if (const auto name = dns::Name::parse(fmt::format("spfd-{}.invalid", time))) question_ = {*name, dns::Type::a};
}

spf::Needs DnsProbe::look(spf::AnswerSource& answers) {
  spf::Needs needs;
  if (const spf::KnownAnswer* known = answers.find(question_)) {
    has_answer_ = known->answer.status != dns::Status::failure;
  } else {
    needs.needed.push_back(question_);
  }
  return needs;
}

}  // namespace spfd
