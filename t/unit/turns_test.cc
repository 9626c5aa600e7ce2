#include "spfd/turns.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "t/support/show.h"

namespace {

using std::chrono::milliseconds;

// Workers that get connections one after the other.
struct Team {
  explicit Team(std::size_t size) : turns(size, [this] { ++wakes; }), busy(size), open(size), told(size) {
    for (std::size_t i = 0; i < size; ++i) {
      turns.join(
          i, [this, i] { ++told[i]; }, [this, i] { return busy[i]; });
    }
  }

  [[nodiscard]] std::vector<std::size_t> accepting() const {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (turns.has_turn(i)) all.push_back(i);
    }
    return all;
  }
  // A connection that stays open.
  void keep() {
    const std::size_t worker = accepting().front();
    turns.opened(worker);
    ++open[worker];
    turns.looked(worker, true, turns.is_laden(worker));
  }

  int wakes = 0;
  spfd::Turns turns;
  std::vector<std::chrono::nanoseconds> busy;
  std::vector<int> open;
  std::vector<int> told;
};

TEST_CASE("turns: one worker accepts; connections that are answered at once do not end its turn") {
  Team team(4);
  CHECK(team.accepting() == std::vector<std::size_t>{0});
  for (int i = 0; i < 100; ++i) team.turns.looked(0, true, false);
  CHECK(team.accepting() == std::vector<std::size_t>{0});
  CHECK(team.told == std::vector<int>{0, 0, 0, 0});
}

TEST_CASE("turns: kept connections are spread evenly") {
  for (const std::size_t size : {2U, 3U, 4U, 8U}) {
    Team team(size);
    for (int i = 0; i < 16; ++i) {
      team.keep();
      CHECK(team.accepting().size() == 1);
    }
    const auto [fewest, most] = std::minmax_element(team.open.begin(), team.open.end());
    CHECK(*most - *fewest <= 2);
  }
}

TEST_CASE("turns: a queue that stays full wakes more workers; a worker that finds nothing leaves") {
  Team team(3);
  team.turns.looked(0, true, true);
  CHECK(team.accepting().size() == 2);
  team.turns.looked(0, true, true);
  team.turns.looked(0, true, true);
  CHECK(team.accepting().size() == 3);
  team.turns.looked(0, false, false);
  team.turns.looked(2, false, false);
  CHECK(team.accepting() == std::vector<std::size_t>{1});
  team.turns.looked(1, false, false);
  CHECK(team.accepting() == std::vector<std::size_t>{1});
}

TEST_CASE("turns: a worker with one long task loses its turn to an idle one, and gets none") {
  Team team(3);
  team.busy[0] = milliseconds(50);
  team.busy[1] = milliseconds(5);
  CHECK_FALSE(team.turns.attend());
  CHECK(team.wakes == 0);
  team.turns.looked(0, true, false);
  CHECK(team.wakes == 1);
  CHECK(team.turns.attend());
  CHECK(team.accepting() == std::vector<std::size_t>{2});
  // Nobody is idle: the turn stays.
  team.busy[2] = milliseconds(50);
  CHECK(team.turns.attend());
  CHECK(team.accepting() == std::vector<std::size_t>{2});
}

TEST_CASE("turns: without connections no worker has to wait for them, until the next one comes") {
  Team team(2);
  for (int round = 1; round <= 2; ++round) {
    team.turns.looked(0, true, false);
    CHECK(team.wakes == round);
    int calls = 0;
    while (team.turns.attend()) ++calls;
    CHECK(calls > 10);
    CHECK(calls < 1000);
  }
}

TEST_CASE("turns: a single worker keeps its turn") {
  Team team(1);
  team.turns.opened(0);
  team.turns.looked(0, true, true);
  team.turns.looked(0, false, false);
  CHECK(team.turns.has_turn(0));
  CHECK(team.wakes == 0);
}

}  // namespace
