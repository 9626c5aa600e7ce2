// The clients of the chaos test, one for each door: each plays one connection, and throws a sentence about an unexpected answer.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "t/chaos/world.h"

namespace chaos {

struct Doors {
  std::string query, milter, srs_forward, srs_reverse;  // addresses
};

struct Score {
  std::size_t answers = 0;
  std::size_t temperrors = 0;  // after a fault
  std::vector<float> seconds;  // of single requests for zones without a fault

  void add(const Score& other);
  // Returns the time in seconds that this share of the requests did not exceed, or 0 without requests.
  [[nodiscard]] float quantile(double share) const;
};

using Player = std::function<void(const Doors&, Random&, Score&)>;
struct NamedPlayer {
  const char* name;
  Player play;
};
const std::vector<NamedPlayer>& players();

}  // namespace chaos
