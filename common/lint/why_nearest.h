// Finds the network that is nearest to a client that does not pass: a wrong digit, or a network that is too small, shows there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/ip.h"
#include "common/lint/reach.h"
#include "common/lint/tree.h"

namespace lint {

// A network whose clients pass.
struct Nearest {
  std::string network;                    // "192.0.2.64/30"
  std::string term;                       // that lets its clients pass, as published
  std::string record_of;                  // the domain in whose record it is
  std::optional<std::uint64_t> distance;  // from the client to its nearest address; empty: 2^53 or more
  int shared_bits = 0;                    // leading bits that the client and that address have in common
  bool is_above = false;                  // that address is above the client

  friend bool operator==(const Nearest&, const Nearest&) = default;
};

// Returns the network of the client's family whose clients pass, and the term that lets them; nothing if there is none.
std::optional<Nearest> find_nearest(const base::IpAddress& client, const Tree& tree, const Reach& reach);

}  // namespace lint
