#include "spfd/gathering.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using spfd::Gathered;
using spfd::Gatherings;

namespace {

using Names = std::vector<std::string>;

// A sum of numbers that workers report.
struct Question {
  std::vector<Gathered<int>> answers;
  std::vector<std::function<void(const int&)>> reports;

  Question(Gatherings& gatherings, Gatherings::Clock::time_point now, Names names)
      : reports(gatherings.begin<int>(
            now, std::move(names), [](int& sum, int part) { sum += part; },
            [this](const Gathered<int>& answer) { answers.push_back(answer); })) {}
};

TEST_CASE("gathering: the last part gives the answer, and nothing is left to wait for") {
  Gatherings gatherings;
  const Gatherings::Clock::time_point now;
  CHECK_FALSE(gatherings.give_up(now));
  Question question(gatherings, now, {"worker 1", "worker 2"});
  question.reports[1](40);
  CHECK(question.answers.empty());
  CHECK(gatherings.give_up(now) == now + Gatherings::kLongest);
  question.reports[0](2);
  REQUIRE(question.answers.size() == 1);
  CHECK(question.answers[0].total == 42);
  CHECK(question.answers[0].missing.empty());
  question.reports.clear();
  CHECK_FALSE(gatherings.give_up(now));
}

TEST_CASE("gathering: after the longest wait, the answer names the workers that have not reported, whose parts come too late") {
  Gatherings gatherings;
  const Gatherings::Clock::time_point now;
  Question question(gatherings, now, {"worker 1", "worker 2", "worker 3"});
  Question later(gatherings, now + std::chrono::seconds(1), {"worker 1"});
  question.reports[1](40);
  CHECK(gatherings.give_up(now + Gatherings::kLongest - std::chrono::nanoseconds(1)) == now + Gatherings::kLongest);
  CHECK(question.answers.empty());
  CHECK(gatherings.give_up(now + Gatherings::kLongest) == now + Gatherings::kLongest + std::chrono::seconds(1));
  REQUIRE(question.answers.size() == 1);
  CHECK(question.answers[0].total == 40);
  CHECK(question.answers[0].missing == Names{"worker 1", "worker 3"});
  CHECK(spfd::missing_text(question.answers[0].missing) == "without worker 1, worker 3");
  question.reports[0](1);
  question.reports[2](1);
  later.reports[0](7);
  CHECK_FALSE(gatherings.give_up(now + std::chrono::hours(1)));
  CHECK(question.answers.size() == 1);
  REQUIRE(later.answers.size() == 1);
  CHECK(later.answers[0].total == 7);
}

}  // namespace
