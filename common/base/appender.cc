#include "common/base/appender.h"

#include <array>
#include <charconv>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace base {

void Appender::add_number(unsigned long number) {
  if (number < 10) return add(static_cast<char>('0' + number));  // the usual case
  std::array<char, 20> digits;  // NOLINT(cppcoreguidelines-pro-type-member-init): to_chars writes what is used
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  add({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void Appender::add_printable(std::string_view piece) {
  if (all_printable(piece)) return add(piece);
  add(printable(piece));
}

void Appender::add_escaped(std::string_view piece) {
  if (!all_printable(piece)) return add_escaped(printable(piece));
  for (const char c : piece) {
    if (c == '"' || c == '\\') add('\\');
    add(c);
  }
}

void Appender::grow(std::size_t bytes) {
  const std::size_t before = size();
  out_.resize(before + bytes);
  to_ = out_.data() + before;
  end_ = out_.data() + out_.size();
}

}  // namespace base
