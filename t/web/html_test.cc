// HTML, parameters and languages of spfweb: untrusted values remain text.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "spfweb/html.h"
#include "spfweb/language.h"
#include "spfweb/parameters.h"
#include "spfweb/text_rows.h"
#include "spfweb/texts.h"

namespace {

using namespace spfweb;

std::string text_of(std::string_view value) { return (Html() << value).text(); }

}  // namespace

TEST_CASE("text is escaped for content and for attributes") {
  CHECK(text_of("<script>alert(1)</script>") == "&lt;script&gt;alert(1)&lt;/script&gt;");
  CHECK(text_of("\" onload='x' &amp;") == "&quot; onload=&#39;x&#39; &amp;amp;");
  CHECK(text_of("Grüße 你好 ~all") == "Grüße 你好 ~all");
  CHECK((Html() << "<b>"_html << std::string("<") << std::uint64_t{12} << "</b>"_html).text() == "<b>&lt;12</b>");
}

TEST_CASE("characters that change how other text is shown are escapes") {
  CHECK(text_of(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(text_of("a\r\nb\x1b\x7f") == "a\\x0d\\x0ab\\x1b\\x7f");
  CHECK(text_of("a\u202eb\u200f\u2066\ufeff") == "a\\u202eb\\u200f\\u2066\\ufeff");
  CHECK(text_of("\xff\xc0\xaf\xed\xa0\x80") == "\\xff\\xc0\\xaf\\xed\\xa0\\x80");
  CHECK(text_of("\xe2\x82") == "\\xe2\\x82");
}

TEST_CASE("long untrusted values are cut, between characters, and isolated") {
  const std::string shown = Html().show(std::string(100'000, 'x')).text();
  CHECK(shown == "<bdi>" + std::string(kMaxShown, 'x') + "…</bdi>");
  std::string accents;
  while (accents.size() < 1000) accents += "é";
  CHECK(Html().show("x" + accents).text().find("\\x") == std::string::npos);
}

TEST_CASE("parameters of a URL") {
  const Parameters form("a=1&b=x+y%20z&a=2&c&=&%3Cd%3E=%22&e=%zz%4");
  CHECK(form.value("a") == "1");
  CHECK(form.all("a").size() == 2);
  CHECK(form.value("b") == "x y z");
  CHECK(form.has("c"));
  CHECK(form.value("<d>") == "\"");
  CHECK(form.value("e") == "%zz%4");
  CHECK(form.value("none") == "");
  CHECK(form.without("a") == "b=x%20y%20z&c=&=&%3Cd%3E=%22&e=%25zz%254");
  const Parameters old("s=mfrom;id=u%40example.com;ip=192.0.2.1;r=mx");
  CHECK(old.value("id") == "u@example.com");
  CHECK(old.value("ip") == "192.0.2.1");
}

TEST_CASE("parameters are bounded in number and size") {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "a=1&";
  CHECK(Parameters(many).all("a").size() == Parameters::kMaxCount);
  CHECK(Parameters("a=" + std::string(Parameters::kMaxValue, 'x')).value("a").size() == Parameters::kMaxValue);
  CHECK_FALSE(Parameters("a=" + std::string(Parameters::kMaxValue + 1, 'x')).has("a"));
  CHECK(Parameters("a=%00%0a%20b%20").value("a") == std::string_view("\0\n b", 4));
}

TEST_CASE("RFC 9110 §12.5.4: the language with the greatest weight") {
  CHECK(preferred_language("") == Language::en);
  CHECK(preferred_language("de-AT,de;q=0.9,en;q=0.8") == Language::de);
  CHECK(preferred_language("pt-BR, fr;q=0.5, es;q=0.7") == Language::es);
  CHECK(preferred_language("en;q=0.1,zh-Hans;q=0.2") == Language::zh);
  CHECK(preferred_language("fr;q=0, de;q=x, es;q=1.5") == Language::en);
  CHECK(preferred_language("*") == Language::en);
  CHECK(preferred_language(std::string(100'000, ',') + "de") == Language::en);
  CHECK(language_of("DE") == Language::de);
  CHECK_FALSE(language_of("deutsch").has_value());
}

TEST_CASE("no text is missing in any language, and all have the same placeholders") {
  const auto places = [](std::string_view text) {
    std::multiset<char> found;
    for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
      REQUIRE(at + 2 < text.size());
      CHECK(text[at + 2] == '}');
      found.insert(text[at + 1]);
    }
    return found;
  };
  CHECK(texts_of_why().size() + texts_of_check().size() == kTexts);
  std::size_t number = 0;
  for (const auto& rows : {texts_of_why(), texts_of_check()}) {
    for (const TextRow& row : rows) {
      CAPTURE(row.in[0]);
      CHECK(static_cast<std::size_t>(row.text) == number++);
      for (const std::string_view text : row.in) {
        CHECK_FALSE(text.empty());
        CHECK(places(text) == places(row.in[0]));
      }
    }
  }
}

TEST_CASE("the placeholders of a text get values that are escaped already") {
  const Html said = say(Language::en, Text::bad_domain, {shown("<x>")});
  CHECK(said.text() == "<bdi>&lt;x&gt;</bdi> is not a domain name.");
  CHECK(say(Language::en, Text::cause_last_word, {shown("{1}"), shown("{0}")}).text() ==
        "The server <bdi>{0}</bdi> is not among those that <bdi>{1}</bdi> allows to send its mail.");
}
