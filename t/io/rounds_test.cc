#include "common/io/rounds.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

// Plays the rounds of a question: each server is asked and stays silent, refuses, or is unreachable.
class Game {
 public:
  explicit Game(std::string fates) : rounds_(fates.size()), fates_(std::move(fates)) {}

  std::vector<bool> down = std::vector<bool>(8);

  // Returns the next `steps` as text: the server that is asked, "-" for a pause, "." for the end.
  std::string play(int steps) {
    std::string played;
    for (int i = 0; i < steps; ++i) {
      const io::Rounds::Step step = rounds_.next([&](std::size_t server) { return down[server]; }, is_refused_);
      if (step.kind == io::Rounds::Step::Kind::give_up) return played + '.';
      if (step.kind == io::Rounds::Step::Kind::pause) {
        played += '-';
        continue;
      }
      played += static_cast<char>('0' + step.server);
      switch (fates_[step.server]) {
        case 's': rounds_.waited(); break;
        case 'u': break;
        case 'r': is_refused_ = true; [[fallthrough]];
        case 'x': rounds_.spend(step.server); break;
        default: FAIL("no such fate");
      }
    }
    return played;
  }
  [[nodiscard]] int number() const { return rounds_.number(); }

 private:
  io::Rounds rounds_;
  const std::string fates_;
  bool is_refused_ = false;
};

}  // namespace

TEST_CASE("silent servers are tried in turn, round after round") {
  Game game("sss");
  CHECK(game.play(3) == "012");
  CHECK(game.number() == 0);
  CHECK(game.play(4) == "0120");
  CHECK(game.number() == 2);
}

TEST_CASE("a round without a server that can be waited for ends in a pause, and does not count") {
  Game game("uu");
  CHECK(game.play(7) == "01-01-0");
  CHECK(game.number() == 0);
  CHECK(Game("us").play(6) == "010101");
}

TEST_CASE("a server that is spent is not tried again; without servers the rounds end") {
  CHECK(Game("xs").play(4) == "0111");
  CHECK(Game("xx").play(4) == "01.");
  CHECK(Game("").play(1) == ".");
}

TEST_CASE("after a refusal the other servers are tried, but in this round only") {
  CHECK(Game("rs").play(4) == "01.");
  CHECK(Game("sr").play(4) == "01.");
}

TEST_CASE("servers that are down are tried only when no other is left") {
  Game game("sss");
  game.down[0] = true;
  CHECK(game.play(4) == "1212");
  game.down[1] = game.down[2] = true;
  CHECK(game.play(4) == "0012");
  Game refused("xss");
  refused.down[1] = refused.down[2] = true;
  CHECK(refused.play(3) == "012");
}
