#include "common/base/printable.h"

#include "common/base/hex.h"
#include "common/base/text.h"

namespace base {

namespace {

constexpr std::size_t kEscape = 4;  // bytes of "\xNN"

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// Returns how many bytes before `at` an "\xNN" begins that a cut at `at` would divide; 0 if there is none.
std::size_t bytes_of_divided_escape(std::string_view text, std::size_t at) {
  for (std::size_t before = 1; before < kEscape && before <= at; ++before) {
    const std::string_view escape = text.substr(at - before, kEscape);
    if (escape.size() == kEscape && escape.starts_with("\\x") && is_hex_digit(escape[2]) && is_hex_digit(escape[3]))
      return before;
  }
  return 0;
}

template <class Stays>
void append_escaped(std::string& out, std::string_view text, Stays&& stays) {
  for (const char c : text) {
    if (stays(c)) {
      out += c;
    } else {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(c));
    }
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

void append_printable(std::string& out, std::string_view text) {
  if (all_printable(text)) return append(out, text);
  append_escaped(out, text, is_printable);
}

std::string without_controls(std::string_view text) {
  std::string out;
  append_escaped(out, text, [](char c) { return (c < 0 || c >= 0x20) && c != 0x7f; });
  return out;
}

std::string clip(std::string_view text, std::size_t limit) {
  std::string out;
  append_clipped(out, text, limit);
  return out;
}

void append_clipped(std::string& out, std::string_view text, std::size_t limit) {
  if (text.empty()) return;
  if (!all_printable(text.substr(0, limit))) {
    // Escapes only make the text longer, so bytes beyond the limit are cut off in any case.
    const std::string shown = printable(text.substr(0, limit + 1));
    return append_clipped(out, shown, limit);
  }
  if (text.size() <= limit) {
    out += text;
  } else {
    const std::size_t end = limit - 3;
    append(out, text.substr(0, end - bytes_of_divided_escape(text, end)), "...");
  }
}

std::string clip_middle(std::string_view text, std::size_t limit) {
  std::string out;
  append_clipped_middle(out, text, limit);
  return out;
}

void append_clipped_middle(std::string& out, std::string_view text, std::size_t limit) {
  if (text.size() <= limit && all_printable(text)) {
    out += text;
    return;
  }
  const std::string shown = printable(text);
  if (shown.size() <= limit) {
    out += shown;
    return;
  }
  const std::string_view whole = shown;
  std::size_t head = (limit - 3) / 3;
  std::size_t tail = whole.size() - (limit - 3 - head);
  head -= bytes_of_divided_escape(whole, head);
  if (const std::size_t before = bytes_of_divided_escape(whole, tail); before != 0) tail += kEscape - before;
  append(out, whole.substr(0, head), "...", whole.substr(tail));
}

std::string in_quotes(std::string_view text, std::size_t limit, char quote) {
  std::string inner;
  append_escaped(inner, text.substr(0, limit + 1), [quote](char c) { return is_printable(c) && c != quote; });
  return quote + clip(inner, limit) + quote;
}

std::string quoted_string(std::string_view text) {
  std::string out;
  append_quoted_string(out, text);
  return out;
}

void append_quoted_string(std::string& out, std::string_view text) {
  out += '"';
  if (all_printable<'"', '\\'>(text)) {
    out += text;
  } else {
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

}  // namespace base
