// How each server under load is asked, where its answer ends and what it looks like for a result.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "t/bench/world.h"

namespace bench {

struct Dialect {
  std::string_view name;
  // The client half-closes behind a question that has a connection of its own, and the server closes behind its answer.
  bool server_closes;
  std::string (*question)(const Check& check, std::uint64_t serial, bool keep);
  // Bytes of the first answer; 0 while it is not whole. at_end: the server has closed.
  std::size_t (*answer_size)(std::string_view input, bool at_end);
  bool (*says)(std::string_view answer, std::string_view result);
};

// spfd; bare (t/bench/bare_server.cc); mail-spf (the spfd of Mail::SPF); libspf2 (the spfd of libspf2); policy (a Postfix policy
// server: policyd-spf). Null for any other name.
const Dialect* find_dialect(std::string_view name);

}  // namespace bench
