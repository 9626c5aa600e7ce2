#include "common/base/text.h"

#include <algorithm>
#include <cstring>

namespace base {

namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

constexpr std::size_t kEscape = 4;  // bytes of "\xNN"

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// Returns how many bytes before `at` the "\xNN" begins that a cut there would divide; 0 when it divides none.
std::size_t bytes_of_divided_escape(std::string_view text, std::size_t at) {
  for (std::size_t before = 1; before < kEscape && before <= at; ++before) {
    const std::string_view escape = text.substr(at - before, kEscape);
    if (escape.size() == kEscape && escape.starts_with("\\x") && is_hex_digit(escape[2]) && is_hex_digit(escape[3]))
      return before;
  }
  return 0;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text.size(), '\0');
  copy_lower(text, out.data());
  return out;
}

void copy_lower(std::string_view text, char* out) {
  if (text.size() < kBlock) {
    for (const char c : text) *out++ = to_lower(c);
    return;
  }
  const auto copy_block = [&](std::size_t at) {
    Block block = load_block(text.data() + at);
    block |= is_between(block, 'A', 'Z') & 0x20;
    std::memcpy(out + at, &block, kBlock);
  };
  const std::size_t last = text.size() - kBlock;
  for (std::size_t at = 0; at < last; at += kBlock) copy_block(at);
  copy_block(last);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool is_ascii(std::string_view text) {
  return !has_any(text, [](Block block) { return block & 0x80; });
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    std::size_t more = 0;
    // Of the second byte; RFC 3629 §4 narrows it behind some first bytes.
    unsigned char least = 0x80;
    unsigned char most = 0xbf;
    if (first < 0x80) {
      more = 0;
    } else if (first >= 0xc2 && first <= 0xdf) {
      more = 1;
    } else if (first >= 0xe0 && first <= 0xef) {
      more = 2;
      if (first == 0xe0) least = 0xa0;
      if (first == 0xed) most = 0x9f;
    } else if (first >= 0xf0 && first <= 0xf4) {
      more = 3;
      if (first == 0xf0) least = 0x90;
      if (first == 0xf4) most = 0x8f;
    } else {
      return false;
    }
    if (text.size() < 1 + more) return false;
    for (std::size_t i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if (next < least || next > most) return false;
      least = 0x80;
      most = 0xbf;
    }
    text.remove_prefix(1 + more);
  }
  return true;
}

std::string_view strip_right(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return strip_right(text);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0;;) {
    const auto to = text.find(separator, from);
    parts.push_back(text.substr(from, to - from));
    if (to == std::string_view::npos) return parts;
    from = to + 1;
  }
}

std::optional<unsigned long> parse_number(std::string_view text, unsigned long maximum) {
  if (text.empty()) return std::nullopt;
  unsigned long value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<unsigned long>(c - '0');
    if (digit > maximum || value > (maximum - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::array<char, 4> byte_escape(char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xf]};
}

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

void append_printable(std::string& out, std::string_view text) {
  if (all_printable(text)) return append(out, text);
  for (const char c : text) {
    if (is_printable(c)) {
      out += c;
    } else {
      const auto escape = byte_escape(c);
      out.append(escape.data(), escape.size());
    }
  }
}

void make_printable(std::string& text) {
  if (!all_printable(text)) text = printable(text);
}

std::string without_controls(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c >= 0 && c < 0x20) || c == 0x7f) {
      append_printable(out, {&c, 1});
    } else {
      out += c;
    }
  }
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
    // As it is shown it is longer, and what is beyond the limit is cut off in any case.
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

std::string in_quotes(std::string_view text, std::size_t limit) { return "\"" + clip(text, limit) + "\""; }

}  // namespace base
