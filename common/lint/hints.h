// Guesses what the owner of a record meant by a term with a syntax error.
#pragma once

#include <string>
#include <string_view>

namespace lint {

struct Fault {
  std::string_view id = "S01";  // of the finding
  std::string detail;           // a clause that follows a colon
  std::string fix;              // empty: the one of the table
};

// Explains a term that the parser refuses. `term` must not be empty; `problem` is the parser's reason; `next` is the term after
// it, or empty.
Fault explain_fault(std::string_view term, std::string_view problem, std::string_view next);

// Returns whether the text consists of terms without a fault, none of which is an unknown modifier, and has at least one.
bool are_sound_terms(std::string_view text);

// Returns the term without the characters that editors and web pages put into records: blanks and signs as they were meant.
std::string without_strays(std::string_view term);

}  // namespace lint
