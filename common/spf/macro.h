// Macro strings (RFC 7208 §7): parsed once, expanded for each check.
//
// Expansion is bounded: texts are cut at a limit, and a string that would copy more than kMaxExpansionWork bytes on the way is
// given up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/dns/name.h"

namespace spf {

// Where a macro string stands decides what may be in it (RFC 7208 §7.1, §7.2).
enum class MacroContext : std::uint8_t {
  domain_spec,  // of a mechanism, redirect or exp: ends in a top label or a macro; no %{c} %{r} %{t}
  modifier,     // of an unknown modifier: any macro
  explanation,  // of the TXT record that exp names, or of our own default explanation: any macro, and blanks
};

// What the letters stand for in one check. Views: the owner must outlive the expansion.
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

// Bytes of a macro string. No TXT record is longer.
inline constexpr std::size_t kMaxMacroText = 65535;
inline constexpr std::size_t kMaxExpansionWork = std::size_t{1} << 20;  // bytes

class MacroString {
 public:
  MacroString() = default;
  friend bool operator==(const MacroString&, const MacroString&) = default;

  // The error is a sentence for the owner of the record.
  static base::Result<MacroString, std::string> parse(std::string_view text, MacroContext context);

  // As published.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  // What it keeps beside its text.
  [[nodiscard]] std::size_t parts_bytes() const { return parts_.capacity() * sizeof(Part); }
  // Letter in lower case.
  [[nodiscard]] bool uses(char letter) const { return (letters_ & bit(letter)) != 0; }
  [[nodiscard]] bool has_macros() const { return letters_ != 0; }
  // Depends on sender, HELO or client: such a string is not expanded ahead of its turn, so that nothing leaks.
  [[nodiscard]] bool is_personal() const;

  // At most `limit` bytes, the rest is cut off. Nothing, or false, when it is too much work.
  [[nodiscard]] std::optional<std::string> expand(const MacroValues& values, std::size_t limit) const;
  [[nodiscard]] bool append_expansion(const MacroValues& values, std::size_t limit, std::string& out) const;
  // As a target name (RFC 7208 §4.8, §7.3): what is longer than 253 characters loses labels from the left.
  // Nothing when a label is empty, longer than 63 characters or not printable, be it one that would be removed.
  [[nodiscard]] std::optional<dns::Name> expand_name(const MacroValues& values) const;
  // Returns whether expand_name() gives a name when each macro is as short as it can be. Otherwise the text itself is wrong,
  // whatever sender, HELO name and client are.
  [[nodiscard]] bool can_be_name() const;

 private:
  struct Part {
    // Small, since a hostile string has a part for every two of its bytes.
    // Literal: its text is text_[from, from + size). Macro: its delimiters stand there.
    std::uint16_t from = 0;
    std::uint16_t size = 0;
    // 'a' to 'z': macro letter in lower case; '=': literal; '%', '_', '-': the escapes of that name.
    char kind = '=';
    bool url_escape : 1 = false;
    bool reverse : 1 = false;
    std::uint16_t keep = 0;  // right-hand parts to keep; 0: all

    friend bool operator==(const Part&, const Part&) = default;
  };

  static constexpr std::uint32_t bit(char letter) { return 1U << (letter - 'a'); }
  [[nodiscard]] std::string_view span(const Part& part) const { return std::string_view(text_).substr(part.from, part.size); }
  // The text that a part stands for; `storage` keeps it where it must be made.
  [[nodiscard]] std::string_view expand_part(const Part& part, const MacroValues& values, std::string& storage) const;

  std::string text_;
  std::vector<Part> parts_;
  std::uint32_t letters_ = 0;
  int name_labels_ = 0;  // of text_, where that is a dns::Name's own text; else 0

  friend class MacroParser;
};

}  // namespace spf
