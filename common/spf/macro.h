// Macro strings (RFC 7208 §7): parsed once, expanded for each check.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

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

class MacroString {
 public:
  MacroString() = default;

  // The error is a sentence for the owner of the record.
  static base::Result<MacroString, std::string> parse(std::string_view text, MacroContext context);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  // Letter in lower case.
  [[nodiscard]] bool uses(char letter) const { return (letters_ & bit(letter)) != 0; }
  // Depends on sender, HELO or client: such a string is not expanded ahead of its turn, so that nothing leaks.
  [[nodiscard]] bool is_personal() const;

  // At most `limit` bytes from the left are made; what is longer is cut there.
  [[nodiscard]] std::string expand(const MacroValues& values, std::size_t limit) const;

 private:
  struct Part {
    std::uint32_t from = 0;  // literal: text_[from, from + size); macro: its delimiters
    std::uint32_t size = 0;
    char letter = 0;  // 0: literal
    bool url_escape = false;
    bool reverse = false;
    std::uint32_t keep = 0;  // right-hand parts to keep; 0: all
  };

  static constexpr std::uint32_t bit(char letter) { return 1U << (letter - 'a'); }
  static std::string transform(const Part& part, std::string_view value, std::string_view delimiters);

  std::string text_;
  std::string literals_;  // text of the literal parts, with %% %_ %- resolved, and the delimiters of the macros
  std::vector<Part> parts_;
  std::uint32_t letters_ = 0;
};

}  // namespace spf
