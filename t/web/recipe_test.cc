// The creation of records: they are valid, and let the addresses of the form pass.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <string>

#include "spfweb/providers.h"
#include "spfweb/recipe.h"
#include "t/support/evaluate.h"
#include "t/unit/lint_world.h"

namespace {

using spfweb::make_record;
using spfweb::Recipe;
using spfweb::Text;

std::string made(const Recipe& recipe) {
  const auto record = make_record(recipe);
  CHECK(record.problems.empty());
  return record.text;
}

bool has_problem(const Recipe& recipe, Text text) {
  const auto record = make_record(recipe);
  return std::ranges::any_of(record.problems, [text](const auto& problem) { return problem.text == text; });
}

// The names that a random form may have.
support::World world() {
  support::World out;
  for (const auto& provider : spfweb::providers()) out.txt(provider.include, "v=spf1 ip4:12.0.0.0/24 ~all");
  out.mx("example.com", "mail.example.com").a("mail.example.com", "13.0.0.1").a("example.com", "13.0.0.2");
  out.a("one.example.com", "13.0.0.3").a("two.example.net", "2a00:1:2::3");
  out.txt("other.example.org", "v=spf1 ip4:14.0.0.0/28 -all");
  return out;
}

}  // namespace

TEST_CASE("the terms of a record are in the order of their cost") {
  Recipe recipe;
  CHECK(made(recipe) == "v=spf1 ~all");
  recipe.networks = {"8.1.2.3", "2a00:1:2::/64", "8.2.0.5/24"};
  recipe.names = {"Mail.Example.NET."};
  recipe.includes = {"spf.example.org"};
  recipe.by = {"google", "nobody"};
  recipe.mx = recipe.a = recipe.is_strict = true;
  CHECK(made(recipe) ==
        "v=spf1 ip4:8.1.2.3 ip6:2a00:1:2::/64 ip4:8.2.0.0/24 a mx a:mail.example.net include:_spf.google.com "
        "include:spf.example.org "
        "-all");
  recipe.no_mail = true;
  CHECK(made(recipe) == "v=spf1 -all");
}

TEST_CASE("networks that others contain, and names that are given twice, are left out") {
  Recipe recipe;
  recipe.networks = {"8.0.1.1", "8.0.0.0/16", "8.0.0.0/16", "8.0.1.0/24"};
  recipe.includes = {"_spf.google.com", "_SPF.google.com"};
  recipe.by = {"google"};
  CHECK(made(recipe) == "v=spf1 ip4:8.0.0.0/16 include:_spf.google.com ~all");
}

TEST_CASE("values that would make a record invalid are problems") {
  CHECK(has_problem({.networks = {"8.1.2"}}, Text::bad_network));
  CHECK(has_problem({.networks = {"8.1.2.3/33"}}, Text::bad_network));
  CHECK(has_problem({.networks = {"8.0.0.0/15"}}, Text::wide_network));
  CHECK(has_problem({.networks = {"2a00::/31"}}, Text::wide_network));
  for (const char* network :
       {"10.0.0.1", "127.0.0.1", "192.168.1.0/24", "169.254.1.1", "fe80::1", "::1", "192.0.2.1", "2001:db8::1"})
    CHECK(has_problem({.networks = {network}}, Text::reserved_network));
  for (const char* name : {"com", "a..b", "a b", "%{i}.example.com", "192.0.2.1", "x.1", "x.y_z", "-all", "a/24", "\"", "x.y-",
                           "x.-y", "b-\u3002-c-ln"}) {
    CHECK(has_problem({.names = {name}}, Text::bad_name));
    CHECK(has_problem({.includes = {name}}, Text::bad_name));
  }
  Recipe many;
  for (int i = 0; i < 11; ++i) many.names.push_back(fmt::format("m{}.example.com", i));
  CHECK(has_problem(many, Text::many_lookups));
  Recipe large;
  for (int i = 0; i < 40; ++i) large.networks.push_back(fmt::format("8.{}.2.3", i));
  CHECK(has_problem(large, Text::long_record));
}

TEST_CASE("the form reads words of all fields, and bounds them") {
  const Recipe recipe =
      Recipe::read(spfweb::Parameters("net=8.1.2.3+8.1.2.4,8.1.2.3%0a8.1.2.5&net=8.1.2.6&by=ses&by=zoho&all=fail&mx=1"));
  CHECK(recipe.networks == std::vector<std::string>{"8.1.2.3", "8.1.2.4", "8.1.2.5", "8.1.2.6"});
  CHECK(recipe.by.size() == 2);
  CHECK(recipe.is_strict);
  CHECK(recipe.mx);
  CHECK_FALSE(recipe.a);
  std::string many = "net=";
  for (int i = 0; i < 1000; ++i) many += fmt::format("8.1.{}.{}+", i / 250, i % 250);
  CHECK(Recipe::read(spfweb::Parameters(many.substr(0, 4000))).networks.size() == spfweb::kMaxEntries);
}

TEST_CASE("lines of a zone file") {
  const auto domain = *dns::Name::parse("example.com");
  const std::string record = "v=spf1 " + std::string(300, 'x');
  const auto lines = spfweb::zone_lines(domain, {.below = true}, record);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "example.com. 300 IN TXT \"" + record.substr(0, 255) + "\" \"" + record.substr(255) + "\"");
  CHECK(lines[1] == "*.example.com. 300 IN TXT \"v=spf1 -all\"");
  CHECK(spfweb::zone_lines(domain, {.no_mail = true}, "v=spf1 -all")[1] == "example.com. 300 IN MX 0 .");
  CHECK(spfweb::zone_strings("a\"b\\c") == "\"a\\\"b\\\\c\"");
}

TEST_CASE("random forms: no finding of severity error, the form's addresses pass, and the form can be read back") {
  std::mt19937 random(20'261'126);
  const auto chance = [&](unsigned one_in) { return random() % one_in == 0; };
  int made = 0;
  for (int i = 0; i < 400; ++i) {
    Recipe recipe;
    for (unsigned n = random() % 4; n > 0; --n) {
      recipe.networks.push_back(chance(2) ? fmt::format("{}.{}.{}.7", 16 + random() % 40, random() % 256, random() % 256)
                                          : fmt::format("{}.{}.0.0/{}", 16 + random() % 40, random() % 256, 16 + random() % 17));
      if (chance(3)) recipe.networks.push_back(fmt::format("2a0{}:{}::/{}", random() % 8, random() % 100, 32 + random() % 97));
    }
    for (const auto& provider : spfweb::providers()) {
      if (chance(6)) recipe.by.emplace(provider.id);
    }
    if (chance(3)) recipe.names.emplace_back("one.example.com");
    if (chance(3)) recipe.names.emplace_back("two.example.net");
    if (chance(3)) recipe.includes.emplace_back("other.example.org");
    recipe.mx = chance(2);
    recipe.a = chance(2);
    recipe.is_strict = chance(2);
    const auto record = make_record(recipe);
    if (!record.problems.empty()) continue;
    ++made;
    CAPTURE(record.text);
    const support::World with = world().txt("example.com", record.text);
    for (const auto& finding : lint_test::examine(with).report.findings) {
      CAPTURE(finding.message);
      CHECK(finding.severity != lint::Severity::error);
    }
    for (const std::string& network : recipe.networks) {
      spf::Query query;
      spf::set_mailfrom_query(query, *base::IpAddress::parse(network.substr(0, network.find('/'))), "u@example.com",
                              "h.example.com");
      CHECK(support::run(query, with).verdict.result == spf::Result::pass);
    }
    const auto filled = spfweb::Filled::from(record.text);
    CHECK(filled.left_out.empty());
    CHECK(make_record(filled.recipe).text == record.text);
  }
  CHECK(made > 100);
}

TEST_CASE("a published record fills in the form, and terms that the form cannot express are named") {
  struct Row {
    const char* published;
    const char* made;
    std::vector<std::string> left_out;
  };
  const std::vector<Row> rows = {
      {"v=spf1 ip4:8.1.2.3 ipv4:8.1.2.4 mx -all", "v=spf1 ip4:8.1.2.3 mx -all", {"ipv4:8.1.2.4"}},
      {"v=spf1 ip4:8.1.2.3/99 a -all", "v=spf1 a -all", {"ip4:8.1.2.3/99"}},
      {"v=spf1 exists:%{i}.x.test a:h.test/24 a:%{d}.x.test ?mx ptr ip4:8.1.2.3 redirect=y.test",
       "v=spf1 ip4:8.1.2.3 ~all",
       {"exists:%{i}.x.test", "a:h.test/24", "a:%{d}.x.test", "?mx", "ptr", "redirect=y.test"}},
      {"v=spf1 a +all", "v=spf1 a ~all", {"+all"}},
      {"v=spf1 a ~all mx", "v=spf1 a ~all", {"mx"}},
      {"v=spf1 -all", "v=spf1 -all", {}},
      {"v=spf1 ptr -all", "v=spf1 -all", {"ptr"}},
      {"v=spf1", "v=spf1 ~all", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.published);
    const auto filled = spfweb::Filled::from(row.published);
    CHECK(make_record(filled.recipe).text == row.made);
    CHECK(filled.left_out == row.left_out);
    CHECK(filled.recipe.no_mail == (std::string_view(row.published) == "v=spf1 -all"));
  }
  std::string many = "v=spf1";
  for (int i = 0; i < 60; ++i) many += fmt::format(" ip4:8.1.2.{}", i);
  const auto filled = spfweb::Filled::from(many);
  CHECK(filled.recipe.networks.size() == spfweb::kMaxEntries);
  CHECK(filled.left_out.size() == 60 - spfweb::kMaxEntries);
}

TEST_CASE("names for a control panel") {
  CHECK(spfweb::panel_name(*dns::Name::parse("example.com"), false) == "@");
  CHECK(spfweb::panel_name(*dns::Name::parse("example.com"), true) == "*");
  CHECK(spfweb::panel_name(*dns::Name::parse("mail.example.com"), false) == "mail.example.com");
  CHECK(spfweb::panel_name(*dns::Name::parse("mail.example.com"), true) == "*.mail.example.com");
}
