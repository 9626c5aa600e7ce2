// The protocol of each server under load: its requests, the end of its answers, and its results.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "t/bench/world.h"

namespace bench {

struct Dialect {
  std::string_view name;
  // A request has a connection of its own: the client half-closes after it, and the server closes after its answer.
  bool server_closes;
  std::string (*question)(const Check& check, std::uint64_t serial, bool keep);
  // Returns the bytes of the first answer, or 0 if it is incomplete. at_end: the server has closed.
  std::size_t (*answer_size)(std::string_view input, bool at_end);
  bool (*says)(std::string_view answer, std::string_view result);
};

// Finds spfd; bare (t/bench/bare_server.cc); mail-spf (the spfd of Mail::SPF); libspf2 (the spfd of libspf2); policy (a Postfix
// policy server: policyd-spf). Null for any other name.
const Dialect* find_dialect(std::string_view name);

}  // namespace bench
