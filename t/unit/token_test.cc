// The tokens of why-url (common/token): what they carry, who can read them, and their size.
#include <doctest/doctest.h>

#include <string>

#include "common/base/base64url.h"
#include "common/base/text.h"
#include "common/token/token.h"
#include "t/support/show.h"

namespace {

using token::Cause;
using token::Facts;
using token::Keys;
using token::Refusal;

constexpr std::uint64_t kNow = 29'000'000;  // minutes

Keys keys_of(const std::vector<std::string>& secrets) {
  auto made = Keys::make(secrets);
  REQUIRE(made.ok());
  return *made;
}

Facts facts(const char* client = "192.0.2.1") {
  return {.minute = kNow,
          .client = *base::IpAddress::parse(client),
          .domain = "example.com",
          .helo = "mail-out_1.example.net",
          .result = spf::Result::fail,
          .cause = Cause::last_word};
}

bool is_refused(const base::Result<token::Opened, Refusal>& read, Refusal why) { return !read && read.error() == why; }

}  // namespace

TEST_CASE("a token carries the facts, and only our keys can write it") {
  const Keys ours = keys_of({"new", "old"});
  for (const char* client : {"192.0.2.1", "2001:db8::1"}) {
    Facts said = facts(client);
    said.identity = spf::Identity::helo;
    const std::string text = ours.write(said, "Alice");
    CHECK(text.size() <= token::kMaxToken);
    const auto read = ours.read(text, kNow);
    REQUIRE(read.ok());
    CHECK(static_cast<const Facts&>(*read) == said);
    CHECK(ours.is_for(*read, "alice"));
    CHECK_FALSE(ours.is_for(*read, "bob"));
    CHECK(text.find("lice") == std::string::npos);
    CHECK(is_refused(keys_of({"other"}).read(text, kNow), Refusal::forged));
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string changed = text;
      changed[i] = changed[i] == 'x' ? 'y' : 'x';
      CHECK_FALSE(ours.read(changed, kNow).ok());
      CHECK_FALSE(ours.read(text.substr(0, i), kNow).ok());
    }
    CHECK_FALSE(ours.read(text + "A", kNow).ok());
  }
}

TEST_CASE("the first key signs, and all verify") {
  const Keys before = keys_of({"old"});
  const Keys after = keys_of({"new", "old"});
  const auto read = after.read(before.write(facts(), "u"), kNow);
  REQUIRE(read.ok());
  CHECK(after.is_for(*read, "u"));
  CHECK(is_refused(before.read(after.write(facts(), "u"), kNow), Refusal::forged));
  CHECK(before == keys_of({"old"}));
  CHECK_FALSE(before == after);
  CHECK_FALSE(Keys::make({}).ok());
}

TEST_CASE("a token is valid for 30 days, and clocks of a pool may differ by an hour") {
  const Keys keys = keys_of({"key"});
  const std::string text = keys.write(facts(), "u");
  CHECK(keys.read(text, kNow + std::uint64_t{30} * 24 * 60).ok());
  CHECK(is_refused(keys.read(text, kNow + std::uint64_t{30} * 24 * 60 + 1), Refusal::expired));
  CHECK(keys.read(text, kNow - 60).ok());
  CHECK(is_refused(keys.read(text, kNow - 61), Refusal::expired));
}

TEST_CASE("a HELO name that does not fit is left out, and a domain that does not fit has no token") {
  const Keys keys = keys_of({"key"});
  const std::string label(63, 'a');
  Facts said = facts("2001:db8::1");
  said.helo = label + ".example";
  std::string text = keys.write(said, "u");
  CHECK(text.size() <= token::kMaxToken);
  CHECK(keys.read(text, kNow)->helo.empty());
  CHECK(keys.read(text, kNow)->domain == "example.com");
  said.helo = "a+b";  // a character without a number
  CHECK(keys.read(keys.write(said, "u"), kNow)->helo.empty());
  said.domain = label + "." + label + ".example";
  CHECK(keys.write(said, "u").empty());
  said.domain = "a+b.example";
  CHECK(keys.write(said, "u").empty());
  said.domain = "";
  CHECK(keys.write(said, "u").empty());
  for (std::size_t size = 1; size <= 72; ++size) {
    said.domain = std::string(size, 'a');
    text = keys.write(said, "u");
    CHECK(text.size() <= token::kMaxToken);
    CHECK(text.empty() == (size > 72));
    if (!text.empty()) CHECK(keys.read(text, kNow)->domain == said.domain);
  }
  said.domain = std::string(73, 'a');
  CHECK(keys.write(said, "u").empty());
}

TEST_CASE("a text that is not a token is malformed") {
  const Keys keys = keys_of({"key"});
  for (const std::string& text : {std::string(), std::string("?"), std::string(1, '\0'), std::string(10000, 'A'),
                                  std::string("EA"), base::base64url(std::string(20, '\x10')), std::string("\xff\xfe")}) {
    CHECK(is_refused(keys.read(text, kNow), Refusal::malformed));
  }
  CHECK(is_refused(keys.read(base::base64url(std::string(60, '\x10')), kNow), Refusal::forged));
}

TEST_CASE("RFC 4648 §5, §10: base 64 for URLs") {
  CHECK(base::base64url("") == "");
  CHECK(base::base64url("f") == "Zg");
  CHECK(base::base64url("fo") == "Zm8");
  CHECK(base::base64url("foobar") == "Zm9vYmFy");
  CHECK(base::base64url("\xfb\xff") == "-_8");
  for (const char* text : {"", "Zg", "Zm8", "Zm9v", "-_8"}) CHECK(base::base64url(*base::bytes_of_base64url(text)) == text);
  for (const char* text : {"A", "Zh", "Zm9", "Zg==", "+/8", "Z g"}) CHECK_FALSE(base::bytes_of_base64url(text).has_value());
}
