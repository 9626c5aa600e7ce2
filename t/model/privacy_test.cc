// Questions that are asked before their turn contain nothing of sender, HELO or client: the zone's owner must not learn anything
// from a question that a sequential checker would not have asked.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "common/spf/evaluate.h"
#include "t/model/random_zone.h"
#include "t/support/known_answers.h"
#include "t/support/single.h"

namespace {

// Personal data that is in no zone: a name with one of these came from a macro.
const std::vector<std::string> kMarks = {"zql", "zqo", "zqh", "250", "d.d.d.d", "in-addr", "ip6"};

bool is_marked(const dns::Question& question) {
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](const std::string& mark) { return question.name.text().find(mark) != std::string_view::npos; });
}

spf::Query marked_query(model::Random& random) {
  spf::Query query;
  query.client = *base::IpAddress::parse(random.chance(60) ? "192.0.2.250" : "2001:db8:dddd::1");
  query.local_part = "zql";
  query.sender_domain = "zqo.test";  // differs from `domain`, to distinguish %{o} from %{d}
  query.sender = "zql@zqo.test";
  query.domain = dns::Name::parse("a.test");
  query.helo = "zqh.test";
  return query;
}

// Marked names exist too, so that checks continue after them: each has the records of some other name.
dns::Answer answer(const model::Zone& zone, const dns::Question& question) {
  if (!is_marked(question) || question.type == dns::Type::ptr) return zone.answer(question);
  const std::vector<std::string> others = {"b.test", "c.test", "x.a.test", "x.b.test"};
  return zone.answer({*dns::Name::parse(others[question.name.text().size() % others.size()]), question.type});
}

}  // namespace

TEST_CASE("a question that is only wanted contains nothing of sender, HELO or client") {
  int wanted = 0;
  int personal = 0;
  for (std::uint64_t seed = 1; seed <= 6000; ++seed) {
    model::Random random(seed);
    const model::Zone zone = model::random_zone(random);
    const spf::Query query = marked_query(random);
    spf::Settings settings;
    settings.limits.void_lookups = 20;
    support::KnownAnswers known;
    std::string leak;
    for (int round = 0; round < 200 && leak.empty(); ++round) {
      const support::Evaluation evaluation = support::evaluate(query, settings, known);
      if (evaluation.verdict) break;
      for (const dns::Question& question : evaluation.needs.wanted) {
        ++wanted;
        if (is_marked(question)) leak = fmt::format("{} {}", dns::type_name(question.type), question.name.text());
      }
      for (const dns::Question& question : evaluation.needs.needed) {
        if (is_marked(question)) ++personal;
        known.add(question, answer(zone, question));
      }
    }
    if (!leak.empty()) FAIL("seed " << seed << ": " << leak << " is asked before its turn in\n" << zone.text());
  }
  CHECK(wanted > 3000);
  CHECK(personal > 1000);
}
