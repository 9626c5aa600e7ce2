#include "common/dns/name.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "common/base/text.h"
#include "common/dns/answer.h"
#include "t/support/show.h"

namespace {

using dns::Name;

Name name(std::string_view text) {
  const auto parsed = Name::parse(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

TEST_CASE("names are stored in lower case, without the dot at the end") {
  CHECK(name("Example.COM").text() == "example.com");
  CHECK(name("example.com.").text() == "example.com");
  CHECK(name("example.com") == name("EXAMPLE.com."));
  CHECK(name("example.com") != name("example.co"));
  CHECK(name("a.example") < name("b.example"));
  CHECK(std::unordered_set<Name>{name("a.B"), name("A.b"), name("c")}.size() == 2);
}

TEST_CASE("names of every length are lowered and copied completely") {
  std::string text;
  for (std::size_t size = 1; size <= Name::kMaxText; ++size) {
    text += size % 40 == 39 ? '.' : static_cast<char>('A' + size % 26);
    const auto parsed = Name::parse(text);
    REQUIRE(parsed.has_value());
    CHECK(parsed->text() == base::lower(text.ends_with('.') ? text.substr(0, text.size() - 1) : text));
    CHECK(parsed->labels() == 1 + std::count(parsed->text().begin(), parsed->text().end(), '.'));
    Name copy = name("another.name.that.is.longer.than.some.of.them");
    copy = *parsed;
    CHECK(copy == *parsed);
    CHECK(copy.labels() == parsed->labels());
  }
}

TEST_CASE("the root") {
  for (const char* text : {"", "."}) {
    CHECK(name(text).is_root());
    CHECK(name(text).text().empty());
    CHECK(name(text).labels() == 0);
    CHECK(name(text) == Name());
  }
  CHECK(name("").parent().is_root());
}

TEST_CASE("labels hold every printable byte except a dot: names are not master-file text") {
  CHECK(name("_spf.a b.%{x}.\"\\.com").labels() == 5);
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    CAPTURE(i);
    CHECK(Name::parse(std::string("x") + c + "y").has_value() == (i >= 0x20 && i <= 0x7e));
  }
}

TEST_CASE("empty labels") {
  for (const char* text : {"..", ".a", "a..", "a..b", "a.b.."}) {
    CAPTURE(text);
    CHECK_FALSE(Name::parse(text).has_value());
  }
}

TEST_CASE("RFC 1035 §2.3.4: a label has at most 63 characters, the text of a name at most 253") {
  const std::string label(63, 'x');
  CHECK(name(label).text() == label);
  CHECK_FALSE(Name::parse(label + "x").has_value());
  CHECK_FALSE(Name::parse("a." + label + "x.b").has_value());
  const std::string longest = fmt::format("{0}.{0}.{0}.{1}", label, label.substr(0, 61));
  CHECK(longest.size() == 253);
  CHECK(name(longest).text() == longest);
  CHECK(name(longest + ".").text() == longest);
  CHECK_FALSE(Name::parse(longest + "x").has_value());
  CHECK_FALSE(Name::parse(longest + "..").has_value());
  CHECK_FALSE(Name::parse(std::string(100000, 'x')).has_value());
  std::string most;
  for (int i = 0; i < 127; ++i) most += "a.";
  CHECK(name(most).labels() == 127);
}

TEST_CASE("labels, parents, ancestors") {
  CHECK(name("a").labels() == 1);
  CHECK(name("a.b.c").labels() == 3);
  CHECK(name("a.b.c").parent() == name("b.c"));
  CHECK(name("a.b.c").parent().labels() == 2);
  CHECK(name("a").parent().is_root());
  CHECK(name("a.b.c").is_within(name("b.c")));
  CHECK(name("b.c").is_within(name("b.c")));
  CHECK(name("b.c").is_within(name("")));
  CHECK(name("").is_within(name("")));
  CHECK_FALSE(name("c").is_within(name("b.c")));
  CHECK_FALSE(name("ab.c").is_within(name("b.c")));
  CHECK_FALSE(name("").is_within(name("c")));
}

TEST_CASE("void answers (RFC 7208 §4.6.4)") {
  dns::Answer answer;
  CHECK(answer.is_void());
  answer.status = dns::Status::name_error;
  CHECK(answer.is_void());
  CHECK_FALSE(dns::failure_answer("SERVFAIL").is_void());
  answer.status = dns::Status::ok;
  answer.texts = {""};
  CHECK_FALSE(answer.is_void());
  CHECK(dns::type_name(dns::Type::aaaa) == "AAAA");
}

}  // namespace
