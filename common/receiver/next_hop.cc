#include "common/receiver/next_hop.h"

#include "common/spf/result.h"

namespace receiver {

spf::Needs foresee(std::string_view sender, const NextHop& next_hop, std::uint64_t time, spf::AnswerSource& answers,
                   Foresight& out) {
  out.passes = false;
  for (const base::IpAddress& address : next_hop.outgoing) {
    spf::set_mailfrom_query(out.query, address, sender, next_hop.hostname);
    out.query.receiver = "unknown";  // RFC 7208 §7.3
    out.query.time = time;
    if (spf::Needs needs = spf::evaluate(out.query, next_hop.spf, answers, out.verdict); !needs.empty()) return needs;
    if (out.verdict.result != spf::Result::pass) return {};
  }
  out.passes = !next_hop.outgoing.empty();
  return {};
}

}  // namespace receiver
