// The clients of the chaos test, for each door and the control socket: each plays one connection, and throws a sentence about an
// unexpected answer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "t/chaos/world.h"

namespace chaos {

struct Doors {
  std::string query, milter, srs_forward, srs_reverse, control;  // addresses
};

// An answer that is not the expected one. Any other exception of a player is a request without an answer.
class WrongAnswer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Score {
  std::size_t answers = 0;
  std::size_t temperrors = 0;  // after a fault
  std::vector<float> seconds;  // of single requests for zones without a fault

  void add(const Score& other);
  // Returns the time in seconds that this share of the requests did not exceed, or 0 without requests.
  [[nodiscard]] float quantile(double share) const;
};

// The times in which no name server answers.
class Outage {
 public:
  using Clock = std::chrono::steady_clock;
  // A check lasts 10 seconds, so one that began in an outage may end so long after it.
  static constexpr std::chrono::seconds kFelt{12};

  void begin() { ends_ = Clock::time_point::max(); }
  void end() { ends_ = Clock::now(); }
  // Returns whether a check that ends now may have begun in an outage.
  [[nodiscard]] bool is_felt() const {
    const Clock::time_point ends = ends_;
    return ends == Clock::time_point::max() || (ends != kNever && Clock::now() < ends + kFelt);
  }

 private:
  static constexpr Clock::time_point kNever = Clock::time_point::min();
  std::atomic<Clock::time_point> ends_ = kNever;
};
Outage& outage();

using Player = std::function<void(const Doors&, Random&, Score&)>;
struct NamedPlayer {
  const char* name;
  Player play;
};
const std::vector<NamedPlayer>& players();

}  // namespace chaos
