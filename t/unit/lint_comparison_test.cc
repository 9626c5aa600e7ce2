// Comparisons of two records.
#include "common/lint/comparison.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <fmt/core.h>

#include "t/unit/lint_world.h"

namespace {

using lint_test::World;

lint::Comparison compare(const World& world, std::string_view text) {
  support::KnownAnswers known;
  lint::Comparison change;
  const lint::Subject subject = {.domain = *dns::Name::parse("example.com")};
  for (;;) {
    const spf::Needs needs = lint::compare(subject, text, known, change);
    if (needs.empty()) return change;
    for (const dns::Question& question : needs.needed) known.add(question, world.answer(question));
  }
}

std::vector<std::string> shifts(const lint::Comparison& change) {
  std::vector<std::string> out;
  for (const lint::Shift& shift : change.shifts) {
    std::string text = fmt::format("{} -> {}:", spf::result_name(shift.before), spf::result_name(shift.after));
    for (const lint::Interval& interval : shift.clients.intervals()) text += ' ' + text_of(interval, shift.family);
    out.push_back(text + ", " + shift.witness.text());
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST_CASE("a change lists the networks that lose a pass, then those that gain one, then the others, with a witness each") {
  const World now = lint_test::world_with("v=spf1 ip4:198.18.7.0/24 ip4:198.18.9.0/24 ~ip4:198.18.10.0/31 -all");
  const lint::Comparison change = compare(now, "v=spf1 ip4:198.18.7.0/25 ip6:2001:dba::/64 include:_spf.example.net -all");
  CHECK(shifts(change) == Texts{"pass -> fail: 198.18.9.0/24, 198.18.9.0",
                                "fail -> pass: 2001:dba::/64, 2001:dba::", "softfail -> fail: 198.18.10.0/31, 198.18.10.0"});
  CHECK(change.before.summary.lookups[lint::Family::ipv4] == 0);
  CHECK(change.after.summary.lookups[lint::Family::ipv4] == 1);
  CHECK(change.is_exact);
}

TEST_CASE("RFC 7208 §5: a change for IPv4-mapped addresses changes no result, since no check sees such a client") {
  const World now = lint_test::world_with("v=spf1 ip6:::ffff:198.18.7.0/120 -all");
  CHECK(shifts(compare(now, "v=spf1 ip6:2001:dba::/64 -all")) == Texts{"fail -> pass: 2001:dba::/64, 2001:dba::"});
}

TEST_CASE("a change that leads beyond a limit turns results into permerror") {
  const World now = lint_test::world_with("v=spf1 ip4:198.18.7.0/24 -all");
  const lint::Comparison change = compare(now, "v=spf1 ip4:198.18.7.0/24 a a a a a a a a a a a -all");
  bool has_permerror = false;
  for (const lint::Shift& shift : change.shifts) has_permerror = has_permerror || shift.after == spf::Result::permerror;
  CHECK(has_permerror);
  CHECK(change.shifts.front().before == spf::Result::fail);
}

TEST_CASE(
    "RFC 7208 §4.6: a syntax error is a permerror for all, or for those who reach the included record; none of them passes") {
  const World sound = lint_test::world_with("v=spf1 ip4:198.18.7.0/24 -all");
  const lint::Comparison broken = compare(sound, "v=spf1 ip4:198.18.7.0/24 ipv4:198.18.8.1 -all");
  CHECK(shifts(broken).front() == "pass -> permerror: 198.18.7.0/24, 198.18.7.0");
  CHECK(broken.after.summary.addresses4 == 0);
  CHECK(broken.after.summary.networks6 == 0);
  World including = lint_test::world_with("v=spf1 ip4:198.18.7.0/24 include:broken.example.net -all");
  including.txt("broken.example.net", "v=spf1 ip4:198.18.8.0/24 ipv4:198.18.9.1 -all");
  const lint::Comparison repaired = compare(including, "v=spf1 ip4:198.18.7.0/24 ip4:198.18.8.0/24 -all");
  CHECK(repaired.before.summary.addresses4 == 256);
  CHECK(shifts(repaired).front() == "permerror -> pass: 198.18.8.0/24, 198.18.8.0");
}

TEST_CASE("the same record changes nothing; a first record changes none; terms that depend on the mail make a change inexact") {
  const World now = lint_test::world_with("v=spf1 mx -all");
  CHECK(compare(now, "v=spf1 mx -all").shifts.empty());
  CHECK(shifts(compare(lint_test::world(), "v=spf1 ip4:198.18.7.0/24 ?all")).front() ==
        "none -> pass: 198.18.7.0/24, 198.18.7.0");
  CHECK_FALSE(compare(now, "v=spf1 mx exists:%{l}.example.com -all").is_exact);
}

}  // namespace
