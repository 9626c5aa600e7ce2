#include "common/base/text.h"
#include "common/base/blocks.h"
#include "common/base/printable.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "t/support/show.h"

namespace {

using namespace std::string_literals;
using Parts = std::vector<std::string_view>;

// Literal and not computed, so that the tests do not repeat a range of the code.
const std::string kDigits = "0123456789";
const std::string kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const std::string kPrintable = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" + kDigits + kLetters;
const std::string kControls =
    "\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"s +
    '\0';

TEST_CASE("case: ASCII letters only") {
  CHECK(base::lower("aZ[@`{\xc4") == "az[@`{\xc4");
  CHECK(base::equals_ignoring_case("V=spf1", "v=SPF1"));
  CHECK(base::equals_ignoring_case("", ""));
  CHECK_FALSE(base::equals_ignoring_case("a", "ab"));
  CHECK_FALSE(base::equals_ignoring_case("@", "`"));
  CHECK_FALSE(base::equals_ignoring_case("\xc4", "\xe4"));
  CHECK(base::starts_with_ignoring_case("Include:x", "include:"));
  CHECK(base::starts_with_ignoring_case("x", ""));
  CHECK_FALSE(base::starts_with_ignoring_case("incl", "include"));
}

TEST_CASE("RFC 3629: text is either well-formed UTF-8 or not UTF-8") {
  for (const std::string_view text :
       {"", "a\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"}) {
    CHECK(base::is_utf8(text));
  }
  for (const std::string_view text :
       {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xc2z", "\xc2\xc0", "\xe0\x9f\xbf", "\xe2\x82", "\xe2\x82z",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe4"}) {
    CHECK_FALSE(base::is_utf8(text));
  }
}

TEST_CASE("classes of characters, for every byte") {
  REQUIRE(kPrintable.size() == 95);
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const auto is_in = [c](const std::string& set) { return set.find(c) != std::string::npos; };
    CAPTURE(i);
    CHECK(base::is_printable(c) == is_in(kPrintable));
    CHECK(base::is_digit(c) == is_in(kDigits));
    CHECK(base::is_alpha(c) == is_in(kLetters));
    CHECK(base::is_alphanumeric(c) == is_in(kDigits + kLetters));
    CHECK(base::is_ascii(std::string(1, c)) == is_in(kPrintable + kControls));
  }
  CHECK(base::is_ascii(""));
}

TEST_CASE("blocks: every byte, at every position, against every range") {
  int wrong = 0;
  for (int first = 0; first < 256; ++first) {
    for (int last = first; last < 256 && last - first <= 127; ++last) {
      for (int c = 0; c < 256; ++c) {
        base::Block block{};
        const auto place = static_cast<std::size_t>(c) % base::kBlock;
        block[place] = static_cast<unsigned char>(c);
        const base::Block found = base::is_between(block, static_cast<char>(first), static_cast<char>(last));
        if (found[place] != (c >= first && c <= last ? 0xff : 0)) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("strip: blanks, tabs and CR, not LF") {
  CHECK(base::strip_right(" a \t\r") == " a");
  CHECK(base::strip_right(" \t\r").empty());
  CHECK(base::strip_right("").empty());
  CHECK(base::strip(" \t a b \r") == "a b");
  CHECK(base::strip(" \t ").empty());
  CHECK(base::strip("\na\n") == "\na\n");
}

TEST_CASE("split: always one part more than separators") {
  CHECK(base::split("a.b", '.') == Parts{"a", "b"});
  CHECK(base::split("", '.') == Parts{""});
  CHECK(base::split(".", '.') == Parts{"", ""});
  CHECK(base::split("a..", '.') == Parts{"a", "", ""});
}

TEST_CASE("numbers: digits only, up to a maximum, without overflow") {
  CHECK(base::parse_number("0", 10) == 0);
  CHECK(base::parse_number("10", 10) == 10);
  CHECK(base::parse_number("0010", 10) == 10);
  CHECK_FALSE(base::parse_number("11", 10).has_value());
  CHECK_FALSE(base::parse_number("1", 0).has_value());
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0"}) {
    CAPTURE(text);
    CHECK_FALSE(base::parse_number(text, 1000).has_value());
  }
  CHECK(base::parse_number("18446744073709551615", ~0UL) == ~0UL);
  CHECK_FALSE(base::parse_number("18446744073709551616", ~0UL).has_value());
  CHECK_FALSE(base::parse_number("2147483648", 2147483647).has_value());
  CHECK_FALSE(base::parse_number(std::string(100000, '9'), ~0UL).has_value());
}

TEST_CASE("printable: the result is one line of ASCII") {
  CHECK(base::printable(std::string_view("a\0b\r\n\t\x7f\x80\xff \"~", 12)) == "a\\x00b\\x0d\\x0a\\x09\\x7f\\x80\\xff \"~");
  CHECK(base::printable("").empty());
  // The code reads blocks of sixteen bytes or fewer, so each position in a block and each neighbour must be right.
  for (std::size_t size = 0; size < 36; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(size, '~');
        if (at > 0) text[at - 1] = ' ';
        text[at] = static_cast<char>(c);
        REQUIRE(base::all_printable(text) == (kPrintable.find(static_cast<char>(c)) != std::string::npos));
      }
    }
  }
}

TEST_CASE("clip: the shown text has a bounded number of bytes, and no escape is cut in two") {
  CHECK(base::clip("abcdef", 6) == "abcdef");
  CHECK(base::clip("abcdefg", 6) == "abc...");
  CHECK(base::clip("a\xff", 5) == "a\\xff");
  CHECK(base::clip("ab\xff", 5) == "ab...");
  CHECK(base::clip("a\xff\xff", 8) == "a\\xff...");
  CHECK(base::clip_middle("abcdefghij", 9) == "ab...ghij");
  CHECK(base::clip_middle("\xff\xff\xff", 11) == "...\\xff");
  CHECK(base::in_quotes("\n") == "\"\\x0a\"");
  CHECK(base::in_quotes("a\"b'c") == "\"a\\x22b'c\"");
  CHECK(base::in_quotes("a\"b'c", 100, '\'') == "'a\"b\\x27c'");
  CHECK(base::in_quotes("a''", 5, '\'') == "'a...'");  // no escape is divided
  CHECK(base::in_quotes("''", 8, '\'') == "'\\x27\\x27'");

  // An escape is the four bytes "\xNN"; after their removal no part of an escape may be left.
  const auto is_whole = [](std::string text) {
    for (std::size_t at = 0; (at = text.find("\\xff")) != std::string::npos;) text.erase(at, 4);
    return text.find_first_of("\\x") == std::string::npos && text.find('f') == std::string::npos;
  };
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t bad = 1; bad < 8; ++bad) {
      std::string text(size, 'a');
      for (std::size_t at = bad - 1; at < size; at += bad) text[at] = '\xff';
      for (std::size_t limit = 3; limit < 90; ++limit) {
        CAPTURE(size);
        CAPTURE(bad);
        CAPTURE(limit);
        const bool fits = base::printable(text).size() <= limit;
        for (const std::string& shown : {base::clip(text, limit), base::clip_middle(text, limit)}) {
          REQUIRE(shown.size() <= limit);
          REQUIRE(base::all_printable(shown));
          REQUIRE(is_whole(shown));
          REQUIRE((shown == base::printable(text)) == fits);
        }
        // Some texts are first made printable and then cut.
        REQUIRE(base::clip(base::printable(text), limit) == base::clip(text, limit));
      }
    }
  }
}

}  // namespace
