// Many small pieces put behind a text, cheaper than by std::string::append: room for them is made once, and cut to size at last.
#pragma once

#include <string>
#include <string_view>

namespace base {

// While it lives, nobody else may touch the string.
class Appender {
 public:
  // room: bytes that are expected; for more, more room is made.
  Appender(std::string& out, std::size_t room) : out_(out), to_(out.data() + out.size()), end_(to_) { grow(room); }
  ~Appender() { out_.resize(size()); }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  void add(std::string_view piece) {
    if (static_cast<std::size_t>(end_ - to_) < piece.size()) [[unlikely]]
      grow(piece.size());
    to_ += piece.copy(to_, piece.size());
  }
  void add(char c) {
    if (to_ == end_) [[unlikely]]
      grow(1);
    *to_++ = c;
  }
  void add_number(unsigned long number);
  // As base::printable() shows it.
  void add_printable(std::string_view piece);
  // The same for what stands in quotes: quotes and backslashes get a backslash before them.
  void add_escaped(std::string_view piece);

 private:
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(to_ - out_.data()); }
  void grow(std::size_t bytes);

  std::string& out_;
  char* to_;
  char* end_;
};

}  // namespace base
