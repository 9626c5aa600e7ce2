// The model's own parser of macro strings (RFC 7208 §7): slow and plain, written from the ABNF.
//
// Shares no code with common/spf/macro.h, so that tests can compare the two.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace model {

// A macro-literal (letter is 0) or a macro-expand.
struct Piece {
  std::string literal;  // with %% %_ %- already replaced
  char letter = 0;      // in lower case
  bool is_upper = false;
  bool reverse = false;
  std::size_t keep = 0;  // right-hand parts; 0: all
  std::string delimiters;
};

using MacroText = std::vector<Piece>;

inline const std::string kDomainLetters = "slodiphv";
inline const std::string kAllLetters = "slodiphvcrt";

// Parses a macro-string with these letters (in lower case).
std::optional<MacroText> macro_string(const std::string& text, const std::string& letters);
// domain-spec = macro-string domain-end
std::optional<MacroText> domain_spec(const std::string& text);
// explain-string = *( macro-string / SP )
std::optional<MacroText> explain_string(const std::string& text);

// Returns the value of a macro letter. Called once for each macro.
using ValueOf = std::function<std::string(char letter)>;
std::string expand(const MacroText& text, const ValueOf& value_of);

bool uses(const MacroText& text, const std::string& letters);

}  // namespace model
