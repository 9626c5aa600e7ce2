#include "common/base/appender.h"

#include <limits>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace {

using base::Appender;

TEST_CASE("pieces are appended to the text, however much room was made") {
  for (const std::size_t room : {0U, 1U, 5U, 19U, 20U, 21U, 1000U}) {
    CAPTURE(room);
    std::string text = "before ";
    {
      Appender out(text, room);
      out.add("one");
      out.add(' ');
      out.add(std::string_view());  // appends no bytes
      out.add("two, ");
      out.add_number(0);
      out.add_number(9);
      out.add_number(10);
      out.add_number(std::numeric_limits<unsigned long>::max());
    }
    CHECK(text == "before one two, 091018446744073709551615");
  }
}

TEST_CASE("pieces of any size make their own room, and earlier text stays") {
  std::string text;
  std::string expected;
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    Appender out(text, size % 7);
    for (int i = 0; i < 3; ++i) {
      out.add(piece);
      out.add('|');
      expected += piece + '|';
    }
  }
  CHECK(text == expected);
}

TEST_CASE("bytes that could end a line and bytes that are not US-ASCII are shown as numbers") {
  std::string text;
  {
    Appender out(text, 4);
    out.add_printable("fine");
    out.add_printable("a\r\nb\x7f\x80\xff ~");
    out.add_printable("");
    out.add_escaped("a\"b\\\n");
  }
  CHECK(text == "finea\\x0d\\x0ab\\x7f\\x80\\xff ~a\\\"b\\\\\\\\x0a");
}

}  // namespace
