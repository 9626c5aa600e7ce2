// Characters that editors, word processors and web pages put into records, where a blank, a sign or nothing was meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lint {

struct Stray {
  std::string_view name;     // "a no-break space (U+00A0)"
  std::string_view instead;  // "a blank", "nothing", or the sign that was meant
  bool is_ascii = false;
};

// Returns the first of them in the term, or nothing.
std::optional<Stray> find_stray(std::string_view term);

// Returns the term without them: blanks and signs as they were meant.
std::string without_strays(std::string_view term);
// Returns the term without them and without anything in their place, and without all other bytes that are not printable US-ASCII.
std::string printable_part(std::string_view term);

}  // namespace lint
