// The sketch of frequent names: a frequent one is never lost, and each count is right but for the excess that it reports.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "common/base/histogram.h"
#include "common/base/top_names.h"

namespace {

using base::TopNames;

TEST_CASE("top names: few names are counted exactly") {
  TopNames names;
  CHECK(names.all().empty());
  for (int i = 0; i < 10; ++i) names.add(i % 3 == 0 ? "a.test" : "b.test");
  auto all = names.all();
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "a.test");
  CHECK(all[0].count == 4);
  CHECK(all[0].excess == 0);
  CHECK(all[1].count == 6);
}

TEST_CASE("top names: among many names, a frequent one is held, and no count is too low") {
  std::mt19937 random(7);
  TopNames names;
  std::map<std::string, std::uint64_t> real;
  std::uint64_t sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const std::string name = i % 40 == 0 ? "frequent.test" : std::to_string(random() % 5000) + ".test";
    names.add(name);
    ++real[name];
    ++sum;
  }
  const auto all = names.all();
  CHECK(all.size() == TopNames::kNames);
  std::uint64_t counted = 0;
  for (const auto& one : all) {
    CAPTURE(one.name);
    CHECK(one.count >= real[one.name]);
    CHECK(one.count - one.excess <= real[one.name]);
    CHECK(one.excess <= sum / TopNames::kNames);
    counted += one.count;
  }
  CHECK(counted == sum);
  CHECK(std::any_of(all.begin(), all.end(), [](const auto& one) { return one.name == "frequent.test"; }));
}

TEST_CASE("top names: a long name keeps its end") {
  TopNames names;
  names.add(std::string(300, 'x') + ".example");
  names.add(std::string(300, 'x') + ".example");
  names.add("");
  const auto all = names.all();
  REQUIRE(all.size() == 2);
  CHECK(all[0].name.size() == TopNames::kMaxName);
  CHECK(all[0].name.ends_with("x.example"));
  CHECK(all[0].count == 2);
}

constexpr std::array<std::uint64_t, 3> kBounds = {1, 10, 100};

TEST_CASE("histogram: a bound belongs to the range below it") {
  base::Histogram<kBounds> histogram;
  for (const std::uint64_t value : {0U, 1U, 2U, 10U, 11U, 100U, 101U, 5000U}) histogram.add(value);
  CHECK(histogram.counts == std::array<std::uint64_t, 4>{2, 2, 2, 2});
  CHECK(histogram.sum == 5225);
}

}  // namespace
