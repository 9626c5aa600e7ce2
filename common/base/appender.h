// Appends many small pieces to a string faster than std::string::append: it grows the string once and trims it at the end.
#pragma once

#include <string>
#include <string_view>

namespace base {

// Nothing else may use the string during the Appender's lifetime. The destructor trims the string to what was appended.
class Appender {
 public:
  // `room`: the expected number of bytes. The string grows when more are appended.
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
  // Appends the text in the form of base::printable().
  void add_printable(std::string_view piece);
  // Appends printable text for use in double quotes: with a backslash before each double quote and backslash.
  void add_escaped(std::string_view piece);

 private:
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(to_ - out_.data()); }
  void grow(std::size_t bytes);

  std::string& out_;
  char* to_;
  char* end_;
};

}  // namespace base
