#include "common/spf/macro.h"

#include <doctest/doctest.h>

#include "common/base/ip.h"
#include "t/support/show.h"

namespace {

using spf::MacroContext;
using spf::MacroString;

struct Values {
  explicit Values(std::string_view address)
      : client(*base::IpAddress::parse(address)), dotted(client.dotted()), text(client.text()) {}

  [[nodiscard]] spf::MacroValues get() const {
    return {.sender = "strong-bad@email.example.com",
            .local_part = "strong-bad",
            .sender_domain = "email.example.com",
            .domain = "email.example.com",
            .dotted_client = dotted,
            .validated = "mx.example.org",
            .family = client.is_v6() ? "ip6" : "in-addr",
            .helo = "mail.example.com",
            .client = text,
            .receiver = "receiver.example.org",
            .time = "1000000000"};
  }

  base::IpAddress client;
  std::string dotted;
  std::string text;
};

std::string expand(std::string_view text, std::string_view address = "192.0.2.3") {
  const auto macros = MacroString::parse(text, MacroContext::explanation);
  REQUIRE(macros.ok());
  return macros->expand(Values(address).get(), 4096).value();
}

std::string name_of(std::string_view text, const spf::MacroValues& values) {
  const auto macros = MacroString::parse(text, MacroContext::domain_spec);
  REQUIRE(macros.ok());
  const auto name = macros->expand_name(values);
  return name ? std::string(name->text()) : "malformed";
}

TEST_CASE("RFC 7208 §7.4: the examples with one macro") {
  CHECK(expand("%{s}") == "strong-bad@email.example.com");
  CHECK(expand("%{o}") == "email.example.com");
  CHECK(expand("%{d}") == "email.example.com");
  CHECK(expand("%{d4}") == "email.example.com");
  CHECK(expand("%{d3}") == "email.example.com");
  CHECK(expand("%{d2}") == "example.com");
  CHECK(expand("%{d1}") == "com");
  CHECK(expand("%{dr}") == "com.example.email");
  CHECK(expand("%{d2r}") == "example.email");
  CHECK(expand("%{l}") == "strong-bad");
  CHECK(expand("%{l-}") == "strong.bad");
  CHECK(expand("%{lr}") == "strong-bad");
  CHECK(expand("%{lr-}") == "bad.strong");
  CHECK(expand("%{l1r-}") == "strong");
}

TEST_CASE("RFC 7208 §7.4: the examples of whole strings") {
  CHECK(expand("%{ir}.%{v}._spf.%{d2}") == "3.2.0.192.in-addr._spf.example.com");
  CHECK(expand("%{lr-}.lp._spf.%{d2}") == "bad.strong.lp._spf.example.com");
  CHECK(expand("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}") == "bad.strong.lp.3.2.0.192.in-addr._spf.example.com");
  CHECK(expand("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}") == "3.2.0.192.in-addr.strong.lp._spf.example.com");
  CHECK(expand("%{d2}.trusted-domains.example.net") == "example.com.trusted-domains.example.net");
  CHECK(expand("%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01") ==
        "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com");
}

TEST_CASE("RFC 7208 §7.2: the letters of explanations") {
  CHECK(expand("%{c} %{r} %{t} %{h} %{p}", "2001:db8::cb01") ==
        "2001:db8::cb01 receiver.example.org 1000000000 mail.example.com mx.example.org");
  for (const char* text : {"%{c}.example.com", "%{r}.example.com", "%{t}.example.com", "%{C}.example.com"}) {
    CHECK_FALSE(MacroString::parse(text, MacroContext::domain_spec).ok());
    CHECK(MacroString::parse(text, MacroContext::explanation).ok());
    CHECK(MacroString::parse(text, MacroContext::modifier).ok());
  }
}

TEST_CASE("RFC 7208 §7.3: upper-case letters escape for URLs") {
  CHECK(expand("%{S}") == "strong-bad%40email.example.com");
  CHECK(expand("%{L-}") == "strong.bad");
  CHECK(expand("%{I}", "2001:db8::1").find('%') == std::string::npos);
  CHECK(expand("%{C}", "2001:db8::1") == "2001%3Adb8%3A%3A1");
}

TEST_CASE("RFC 7208 §7.1: escapes") {
  CHECK(expand("100%% a%_b%-c") == "100% a b%20c");
  for (const char* text : {"%", "%(", "%{", "%{}", "%{x}", "%{d", "%{dx}", "%{dr2}", "%{d|}", "%{d.example.com", "%{d0}",
                           "%{d00}", "% {d}", "%{ d}"}) {
    CAPTURE(text);
    CHECK_FALSE(MacroString::parse(text, MacroContext::explanation).ok());
  }
  for (const char* text : {"%{dR}", "%{D2R.-+,/_=}", "%{d01}", "%{d127}", "%{d2147483648}", "%{d99999999999999999999}"}) {
    CAPTURE(text);
    CHECK(MacroString::parse(text, MacroContext::explanation).ok());
  }
  CHECK(expand("%{d01}") == "com");
  CHECK(expand("%{d2147483648}") == "email.example.com");
}

TEST_CASE("RFC 7208 §7.1: a domain-spec ends in a top label or a macro") {
  for (const char* text : {"example.com", "example.com.", "%{d}", "foo.%{d}", "foo.com%%", "%{d}.example.com", ".com", "a.b-c",
                           "a.1-2", "x.museum", "foo:bar/baz.example.com", "%%.example.com"}) {
    CAPTURE(text);
    CHECK(MacroString::parse(text, MacroContext::domain_spec).ok());
  }
  for (const char* text : {"", "example", "example..", "example.com..", "%{d}com", "%{d}.", "example.123", "example.-com",
                           "example.com-", "example.c_m", "abc.com/24", "foo bar.com"}) {
    CAPTURE(text);
    CHECK_FALSE(MacroString::parse(text, MacroContext::domain_spec).ok());
  }
}

TEST_CASE("RFC 7208 §7.3: a name of more than 253 characters loses labels from the left until it fits") {
  spf::MacroValues values;
  std::string domain;
  for (int i = 0; i < 30; ++i) domain += "label" + std::to_string(100 + i) + ".";
  domain += "example";
  values.domain = domain;  // 30 * 9 + 7 = 277
  const std::string name = name_of("x.%{d}", values);
  CHECK(name.size() <= 253);
  CHECK(domain.ends_with(name));
  CHECK(name.size() + 9 > 253);
  // Exactly 253 characters stay whole; one more loses the first label.
  const std::string exact =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
  values.domain = exact;
  CHECK(name_of("%{d}", values) == exact);
  CHECK(name_of("x.%{d}", values) == exact);
  values.domain = "aa";
  std::string left;
  for (int i = 0; i < 300; ++i) left += "x.";
  CHECK(name_of(left + "%{d}", values) == left.substr(600 - 250) + "aa");
  const std::string endless(300, 'x');
  values.domain = endless;
  CHECK(name_of("%{d}", values) == "malformed");
}

TEST_CASE("RFC 7208 §4.8: a malformed target name is distinguished") {
  spf::MacroValues values;
  values.local_part = "a..b";
  values.domain = "example.com";
  CHECK(name_of("%{l}.%{d}", values) == "malformed");
  values.local_part = std::string_view("a\0b", 3);
  CHECK(name_of("%{l}.%{d}", values) == "malformed");
  values.local_part = "A_b";
  CHECK(name_of("%{l}.example.com.", values) == "a_b.example.com");
  CHECK(name_of("%{l}.%{d}", values) == "a_b.example.com");
}

TEST_CASE("RFC 7208 §7.3, §4.8: a bad label makes a name malformed, even if it would be removed from the left") {
  spf::MacroValues values;
  values.domain = "example.com";
  const std::string good = std::string(63, 'x');
  for (std::size_t size = 1; size <= 600; ++size) {
    CAPTURE(size);
    const std::string local_part(size, 'k');
    values.local_part = local_part;
    CHECK(name_of("%{l}._spf.%{d}", values) == (size <= 63 ? local_part + "._spf.example.com" : "malformed"));
  }
  const std::string legal = good + "." + good + "." + good + "." + good;
  for (const std::string& bad : {std::string(64, 'x'), std::string(), std::string("\x01"), std::string("a..b")}) {
    CAPTURE(bad);
    const std::string local_part = bad + "." + legal;
    values.local_part = local_part;
    CHECK(name_of("%{l}._spf.%{d}", values) == "malformed");
  }
  values.local_part = legal;
  CHECK(name_of("%{l}._spf.%{d}", values) == legal.substr(64) + "._spf.example.com");
}

TEST_CASE("a target name without macros is its text as a name") {
  const std::string longest =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(58, 'd') + ".ex";
  for (const std::string& text : {std::string("example.com"), std::string("_spf.Example.COM"), std::string("a.example.com."),
                                  std::string("x..example.com"), std::string(64, 'x') + ".com", longest, longest + "."}) {
    CAPTURE(text);
    const auto macros = MacroString::parse(text, MacroContext::domain_spec);
    REQUIRE(macros.ok());
    const auto name = macros->expand_name({});
    const auto wanted = dns::Name::parse(text);
    CHECK(name == wanted);
    if (name) CHECK(name->labels() == wanted->labels());
  }
}

TEST_CASE("a malicious macro string needs bounded time and memory") {
  const std::string sender(4000, 'x');
  spf::MacroValues values;
  values.local_part = sender;
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "%{l1}";
  const auto macros = MacroString::parse(text, MacroContext::explanation);
  REQUIRE(macros.ok());
  CHECK(macros->expand(values, 2048)->size() == 2048);
  const std::string dots(60000, '.');
  values.local_part = dots;
  CHECK_FALSE(macros->expand(values, 2048).has_value());
  CHECK_FALSE(macros->expand_name(values).has_value());
}

TEST_CASE("macros of sender, HELO and client are personal") {
  for (const char* text : {"%{s}", "%{l}", "%{o}", "%{i}", "%{p}", "%{v}", "%{h}"})
    CHECK(MacroString::parse(text, MacroContext::domain_spec)->is_personal());
  for (const char* text : {"%{d}", "example.com", "%{d2}.example.com"})
    CHECK_FALSE(MacroString::parse(text, MacroContext::domain_spec)->is_personal());
}

TEST_CASE("RFC 7208 §4.8: one dot at the end of a target name is dropped, a second is an empty label; the root is none") {
  const auto with_helo = [](std::string_view text, std::string_view helo) {
    spf::MacroValues values = Values("192.0.2.3").get();
    values.helo = helo;
    return name_of(text, values);
  };
  CHECK(with_helo("x.%{h}", "a.test") == "x.a.test");
  CHECK(with_helo("x.%{h}", "a.test.") == "x.a.test");
  CHECK(with_helo("x.%{h}", "a.test..") == "malformed");
  CHECK(with_helo("%{h}", "..") == "malformed");
  CHECK(with_helo("%{h}", ".") == "malformed");
}

}  // namespace
