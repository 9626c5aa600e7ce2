// Macro strings (RFC 7208 §7): parsed once, expanded for each check.
//
// Expansion is bounded: the result is cut at a limit, and an expansion that copies more than kMaxExpansionWork bytes fails.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/dns/name.h"

namespace spf {

// The place of a macro string, which determines its syntax (RFC 7208 §7.1, §7.2).
enum class MacroContext : std::uint8_t {
  domain_spec,  // in a mechanism, redirect or exp: ends in a top label or a macro; no %{c} %{r} %{t}
  modifier,     // in an unknown modifier: any macro
  explanation,  // in the TXT record that exp names, or in our default explanation: any macro, and blanks
};

// The values of the macro letters for one query. The viewed texts must outlive the expansion.
struct MacroValues {
  std::string_view sender;         // s
  std::string_view local_part;     // l
  std::string_view sender_domain;  // o
  std::string_view domain;         // d
  std::string_view dotted_client;  // i
  std::string_view validated;      // p: the validated domain name or "unknown"
  std::string_view family;         // v: "in-addr" or "ip6"
  std::string_view helo;           // h
  std::string_view client;         // c
  std::string_view receiver;       // r
  std::string_view time;           // t: seconds since 1970, decimal
};

// Maximum size of a macro string, in bytes. No TXT record is longer.
inline constexpr std::size_t kMaxMacroText = 65535;
// Twenty times the longest usual sender in one macro string. A check expands each string again after each DNS answer.
inline constexpr std::size_t kMaxExpansionWork = std::size_t{16} << 10U;  // bytes

class MacroString {
 public:
  MacroString() = default;
  friend bool operator==(const MacroString&, const MacroString&) = default;

  // Parses a macro string. The error is a text for the owner of the record.
  static base::Result<MacroString, std::string> parse(std::string_view text, MacroContext context);

  // Returns the text as published.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  // Returns the bytes allocated in addition to the text.
  [[nodiscard]] std::size_t parts_bytes() const { return parts_.capacity() * sizeof(Part); }
  // Returns whether the string uses the macro of this letter, given in lower case.
  [[nodiscard]] bool uses(char letter) const { return (letters_ & bit(letter)) != 0; }
  [[nodiscard]] bool has_macros() const { return letters_ != 0; }
  // Returns whether the string depends on sender, HELO name or client. Such a string is not expanded ahead of its turn, so that
  // questions asked ahead reveal nothing about them.
  [[nodiscard]] bool is_personal() const;

  // Expand to at most `limit` bytes; the rest is cut off. Return nothing, or false, when the work exceeds kMaxExpansionWork.
  [[nodiscard]] std::optional<std::string> expand(const MacroValues& values, std::size_t limit) const;
  [[nodiscard]] bool append_expansion(const MacroValues& values, std::size_t limit, std::string& out) const;
  // Expands to a target name (RFC 7208 §4.8, §7.3): a name longer than 253 characters loses labels from the left. Returns nothing
  // when any label, even one that would be removed, is empty, longer than 63 characters or not printable.
  [[nodiscard]] std::optional<dns::Name> expand_name(const MacroValues& values) const;
  // Returns whether expand_name() succeeds when every macro has the shortest possible value. If not, the text itself is invalid,
  // whatever sender, HELO name and client are. This holds for %{d} too: below a wildcard the sender chooses it.
  [[nodiscard]] bool can_be_name() const;

 private:
  struct Part {
    // Kept small, because a hostile string has a part for every two of its bytes.
    // text_[from, from + size) is the text of a literal or the delimiters of a macro.
    std::uint16_t from = 0;
    std::uint16_t size = 0;
    // 'a' to 'z': macro letter in lower case; '=': literal; '%', '_', '-': the escapes "%%", "%_", "%-".
    char kind = '=';
    bool url_escape : 1 = false;
    bool reverse : 1 = false;
    std::uint16_t keep = 0;  // right-hand parts to keep; 0: all

    friend bool operator==(const Part&, const Part&) = default;
  };

  static constexpr std::uint32_t bit(char letter) { return 1U << (letter - 'a'); }
  [[nodiscard]] std::string_view span(const Part& part) const { return std::string_view(text_).substr(part.from, part.size); }
  // Returns the expansion of a part, which is stored in `storage` when it does not exist elsewhere.
  [[nodiscard]] std::string_view expand_part(const Part& part, const MacroValues& values, std::string& storage) const;

  std::string text_;
  std::vector<Part> parts_;
  std::uint32_t letters_ = 0;
  int name_labels_ = 0;  // number of labels if text_ is the text() of a dns::Name; else 0

  friend class MacroParser;
};

}  // namespace spf
