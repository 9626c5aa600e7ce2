#include "t/chaos/world.h"

#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "common/base/text.h"

namespace chaos {

namespace {

using support::Reaction;
using Fault = Reaction::Fault;

constexpr std::string_view kInside = "192.0.2.1";
constexpr std::string_view kOutside = "198.51.100.66";
constexpr std::chrono::milliseconds kSlow{300};

struct Kind {
  std::string_view name;
  std::string_view inside;   // the result for a client that the records name
  std::string_view outside;  // for any other client
};
constexpr std::array<Kind, 10> kKinds = {{{"ip", "pass", "fail"},
                                          {"soft", "pass", "softfail"},
                                          {"neutral", "neutral", "neutral"},
                                          {"include", "pass", "fail"},
                                          {"redirect", "pass", "softfail"},
                                          {"mx", "pass", "fail"},
                                          {"large", "pass", "fail"},  // over TCP
                                          {"broken", "permerror", "permerror"},
                                          {"empty", "none", "none"},
                                          {"missing", "none", "none"}}};

char health_of(const dns::Name& name) {
  const auto labels = base::split(name.text(), '.');
  return labels.size() < 2 || labels[labels.size() - 2].empty() ? 'c' : labels[labels.size() - 2][0];
}

dns::Answer text(std::string record) {
  dns::Answer answer;
  answer.ttl = 300;
  answer.texts = {std::move(record)};
  return answer;
}

// Returns the published records.
dns::Answer published(const dns::Question& question) {
  const auto labels = base::split(question.name.text(), '.');
  if (labels.size() != 4) return {};
  const std::string label(labels[0]);
  const std::string_view kind = labels[1];
  const std::string zone = "." + std::string(labels[2]) + ".test";
  dns::Answer nothing;
  nothing.ttl = 300;
  if (kind == "missing") nothing.status = dns::Status::name_error;
  if (question.type == dns::Type::a && kind == "host") nothing.addresses = {*base::IpAddress::parse(kInside)};
  if (question.type == dns::Type::mx && kind == "mx") nothing.names = {label + ".host" + zone, label + "2.host" + zone};
  if (question.type != dns::Type::txt) return nothing;
  if (kind == "ip") return text("v=spf1 ip4:192.0.2.0/24 -all");
  if (kind == "soft") return text("v=spf1 ip4:192.0.2.0/24 ~all");
  if (kind == "neutral") return text("v=spf1 ?all");
  if (kind == "include") return text("v=spf1 include:" + label + ".ip" + zone + " include:" + label + ".soft" + zone + " -all");
  if (kind == "redirect") return text("v=spf1 redirect=" + label + ".soft" + zone);
  if (kind == "mx") return text("v=spf1 mx -all");
  if (kind == "broken") return text("v=spf1 ipv4:192.0.2.1 -all");
  if (kind == "large") {
    dns::Answer answer = text("v=spf1 ip4:192.0.2.0/24 -all");
    for (int i = 0; i < 12; ++i) answer.texts.push_back("verification=" + std::to_string(i) + std::string(200, 'x'));
    return answer;
  }
  return nothing;
}

Reaction faulty(Random& random, dns::Answer answer) {
  Reaction reaction = support::react(std::move(answer));
  switch (below(random, 14)) {
    case 0: reaction.fault = Fault::silence; break;
    case 1:
      reaction.fault = Fault::wrong_id;
      reaction.answer_follows = true;
      break;
    case 2: reaction.fault = Fault::wrong_question; break;
    case 3:
      reaction.fault = Fault::garbage;
      reaction.answer_follows = true;
      break;
    case 4: reaction.fault = Fault::truncated; break;
    case 5: reaction.fault = Fault::short_tcp; break;
    case 6: reaction.fault = Fault::close_tcp; break;
    case 7: reaction.fault = Fault::compression_loop; break;
    case 8: reaction.rcode = 2; break;  // SERVFAIL
    case 9: reaction.rcode = 5; break;  // REFUSED
    case 10: reaction.delay = std::chrono::milliseconds(below(random, 400)); break;
    default: break;
  }
  return reaction;
}

}  // namespace

std::size_t below(Random& random, std::size_t end) { return static_cast<std::size_t>(random() % end); }

Case make_case(Random& random) {
  const Kind& kind = kKinds.at(below(random, kKinds.size()));
  const std::size_t dice = below(random, 100);
  const char health = dice < 60 ? 'c' : dice < 94 ? 'f' : dice < 98 ? 's' : 'd';
  const bool is_inside = below(random, 2) == 0;
  Case out;
  out.client = is_inside ? kInside : kOutside;
  const std::string zone = health + std::to_string(below(random, 20));
  out.domain = std::to_string(below(random, 100)) + "." + std::string(kind.name) + "." + zone + ".test";
  out.expected = health == 'd' ? "temperror" : is_inside ? kind.inside : kind.outside;
  out.may_temperror = health != 'c';
  return out;
}

bool is_allowed(const Case& asked, std::string_view result) {
  return result == asked.expected || (asked.may_temperror && result == "temperror");
}

support::DnsServer::Handler hostile_handler(std::uint64_t seed) {
  return [random = std::make_shared<Random>(seed)](const dns::Question& question, bool /*over_tcp*/) {
    const char health = health_of(question.name);
    if (health == 'd') return support::react(Fault::silence);
    dns::Answer answer = published(question);
    if (health == 'f') return faulty(*random, std::move(answer));
    Reaction reaction = support::react(std::move(answer));
    if (health == 's') reaction.delay = kSlow;
    return reaction;
  };
}

}  // namespace chaos
