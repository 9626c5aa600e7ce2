#include "t/support/decide.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "common/receiver/default_explanation.h"
#include "t/support/known_answers.h"
#include "t/support/single.h"

namespace support {

Decided decide(const receiver::Request& request, const receiver::Policy& policy,
               const std::function<dns::Answer(const dns::Question&)>& ask) {
  KnownAnswers known;
  Decided out;
  for (; out.rounds < 1000; ++out.rounds) {
    support::Outcome outcome = support::decide(request, policy, known);
    if (outcome.reply) {
      if (!outcome.needs.empty()) throw std::logic_error("a reply and needs");
      out.reply = std::move(*outcome.reply);
      return out;
    }
    if (outcome.needs.empty()) throw std::logic_error("neither a reply nor needs");
    for (const dns::Question& question : outcome.needs.needed) {
      if (known.has(question)) throw std::logic_error("what is known is asked again");
      known.add(question, ask(question));
      out.asked.push_back(question);
    }
  }
  throw std::logic_error("no end");
}

Decided decide(const receiver::Request& request, const receiver::Policy& policy, const World& world) {
  return decide(request, policy, [&world](const dns::Question& question) { return world.answer(question); });
}

receiver::Policy plain_policy() {
  receiver::Policy policy;
  policy.hostname = "mx.example.org";
  policy.spf.default_explanation = *spf::MacroString::parse(receiver::kDefaultExplanation, spf::MacroContext::explanation);
  return policy;
}

receiver::Request request(std::string_view client, std::string_view sender, std::string_view helo) {
  receiver::Request out;
  out.client = base::IpAddress::parse(client);
  out.sender = sender;
  out.helo = helo;
  return out;
}

receiver::Terms terms(std::string_view text, bool with_auto) {
  auto parsed = receiver::parse_terms({std::string(text)}, with_auto);
  if (!parsed) throw std::invalid_argument(parsed.error());
  return std::move(*parsed);
}

receiver::DomainPattern pattern(std::string_view text) {
  const auto parsed = receiver::DomainPattern::parse(text);
  if (!parsed) throw std::invalid_argument(std::string(text));
  return *parsed;
}

}  // namespace support
