#include "common/base/text.h"

#include <algorithm>
#include <cstring>

namespace base {

namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

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
    // Bounds of the second byte; RFC 3629 §4 narrows them after some first bytes.
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

}  // namespace base
