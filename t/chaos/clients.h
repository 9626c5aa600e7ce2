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

// Returns the number of answered requests.
using Player = std::function<std::size_t(const Doors&, Random&)>;
struct NamedPlayer {
  const char* name;
  Player play;
};
const std::vector<NamedPlayer>& players();

}  // namespace chaos
