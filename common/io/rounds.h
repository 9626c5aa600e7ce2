// The order in which one question tries the name servers.
//
// In a round, each server is tried once: first those that are not known to be down, in the order of the configuration. A server
// that was tried, and is not down, is tried again, in the next round, before one that is down. A server that has refused the
// question is not tried again (spend()); so the rounds end when none is left, or when the asker's patience does. A round in which
// no server could even be waited for, since nothing listens or no descriptor is free, is followed by a pause.
//
// Pure: it knows servers by their indices only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace io {

class Rounds {
 public:
  struct Step {
    enum class Kind : std::uint8_t { ask, pause, give_up };
    Kind kind = Kind::give_up;
    std::size_t server = 0;  // to be asked
  };

  explicit Rounds(std::size_t servers) : standing_(servers) {}

  // Returns what to do next; a server that is returned counts as tried. `is_down(server)` returns whether it is known to be down.
  // `is_refused`: a server has refused the question, so that the silent ones are not worth another round.
  template <class IsDown>
  Step next(IsDown&& is_down, bool is_refused) {
    for (;;) {
      if (const auto server = choose(is_down)) {
        standing_[*server] = Standing::tried;
        return {Step::Kind::ask, *server};
      }
      if (is_refused || !begin_again()) return {Step::Kind::give_up};
      if (!std::exchange(has_waited_, false)) return {Step::Kind::pause};
      ++number_;
    }
  }
  // Records that a server got its time, and did not answer.
  void waited() { has_waited_ = true; }
  // Returns whether a server may still be tried.
  [[nodiscard]] bool is_any_left() const;
  // A server is not tried again.
  void spend(std::size_t server) { standing_[server] = Standing::spent; }
  // Returns the number of rounds before this one in which a server got its time.
  [[nodiscard]] int number() const { return number_; }

 private:
  enum class Standing : std::uint8_t { fresh, tried, spent };

  template <class IsDown>
  [[nodiscard]] std::optional<std::size_t> choose(IsDown&& is_down) const {
    std::optional<std::size_t> fresh_and_down;
    bool is_any_up = false;
    for (std::size_t i = 0; i < standing_.size(); ++i) {
      if (standing_[i] == Standing::spent) continue;
      const bool is_up = !is_down(i);
      const bool is_fresh = standing_[i] == Standing::fresh;
      if (is_fresh && is_up) return i;
      is_any_up |= is_up;
      if (is_fresh && !fresh_and_down) fresh_and_down = i;
    }
    if (is_any_up) return {};
    return fresh_and_down;
  }
  // Begins a round with all servers that are not spent. Returns false if all are.
  bool begin_again();

  std::vector<Standing> standing_;
  int number_ = 0;
  bool has_waited_ = false;  // in this round
};

}  // namespace io
