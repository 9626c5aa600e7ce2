// The built spfweb beside the built spfd: pages, tokens, hostile values, languages.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/token/token.h"
#include "spfweb/html.h"
#include "t/support/spfd_process.h"
#include "t/web/spfweb_process.h"

namespace {

using support::SpfdProcess;
using support::TempFolder;
using web_test::facts;
using web_test::has;
using web_test::kZone;
using web_test::SpfwebProcess;
using web_test::token_for;

TEST_CASE("the page of a token: cause, three cases, and the present result") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  std::string page = web.get("/why/" + token_for(facts()));
  CAPTURE(page);
  CHECK(page.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(has(page, "The server <bdi>192.0.2.77</bdi> is not among those that <bdi>fail.test</bdi> allows to send its mail."));
  std::size_t at = 0;
  for (const char* part : {"not among", "Did you send", "somebody forged", "You wrote it in a mail program", "587",
                           "You administer the mail of", "It was forwarded", "SRS", "nothing about the recipient"}) {
    CAPTURE(part);
    at = page.find(part, at);
    REQUIRE(at != std::string::npos);
  }
  CHECK(has(page, "The result is still fail."));
  CHECK(has(page, "https://mx.test/why/"));
  CHECK_FALSE(has(page, "alice"));

  token::Facts repaired = facts();
  repaired.domain = "pass.test";
  repaired.client = *base::IpAddress::parse("192.0.2.10");
  CHECK(has(web.get("/why/" + token_for(repaired)), "The record has changed since: the server would pass now."));
  token::Facts no_mail = facts();
  no_mail.domain = "silent.test";
  no_mail.cause = token::Cause::sends_no_mail;
  CHECK(has(web.get("/why/" + token_for(no_mail)), "sends no mail at all"));
}

TEST_CASE("the page of a token: the deciding term in its tree, the nearest miss, and the smallest change") {
  const SpfdProcess spfd({.arguments = {"--allow-explain"}, .zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  token::Facts near = facts();
  near.client = *base::IpAddress::parse("198.18.0.2");
  const std::string page = web.get("/why/" + token_for(near));
  CAPTURE(page);
  std::size_t at = 0;
  for (const char* part : {"The term that decides: <code><bdi>-all</bdi></code>", "<bdi>include:more.test</bdi>",
                           "<strong><bdi>-all</bdi></strong> <span class=\"decides\">← this term decides</span>", "198.18.0.1",
                           "The smallest change", "With this record the server would pass.",
                           "fail.test. IN TXT &quot;v=spf1 ip4:198.18.0.1 include:more.test ip4:198.18.0.2 -all&quot;</pre>",
                           "DNS look-ups with this record: 1 of 10.", "Publish it only if this server is yours."}) {
    CAPTURE(part);
    at = page.find(part, at);
    REQUIRE(at != std::string::npos);
  }
  CHECK(page.find("this term decides") == page.rfind("this term decides"));
}

TEST_CASE("a page of a refusal has less than 50 KB in all, with one style and one script") {
  const SpfdProcess spfd({.arguments = {"--allow-explain"}, .zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  const std::size_t files = web.get("/style.css").size() + web.get("/script.js").size() + web.get("/icon.svg").size();
  const auto count = [](const std::string& page, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = page.find(part); at != std::string::npos; at = page.find(part, at + 1)) ++found;
    return found;
  };
  for (const std::string& url :
       {"/why/" + token_for(facts()), std::string("/"), std::string("/check?domain=fail.test&ip=192.0.2.1"),
        std::string("/wizard?domain=new.test&made=1&net=8.1.2.3")}) {
    const std::string page = web.get(url);
    CAPTURE(page);
    CHECK(page.starts_with("HTTP/1.1 200 "));
    CHECK(page.size() + files < 50'000);
    CHECK(count(page, "<link rel=\"stylesheet\"") == 1);
    CHECK(count(page, "<script ") == 1);
    CHECK(count(page, " src=") == 1);
  }
}

TEST_CASE("a message that was not refused for its sender's record: the page mentions neither a forgery nor a wrong server") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  token::Facts error = facts();
  error.domain = "wrong.test";
  error.result = spf::Result::permerror;
  error.cause = token::Cause::none;
  const std::string page = web.get("/why/" + token_for(error));
  CAPTURE(page);
  CHECK(has(page, "The SPF record of <bdi>wrong.test</bdi> could not be used to check the server"));
  CHECK(has(page, "The result is still permerror."));
  CHECK(has(page, "to the administrator of the mail of <bdi>wrong.test</bdi>:</p>\n<pre"));
  CHECK(has(page, "https://mx.test/why/"));
  const auto blames_nobody = [](const std::string& text) {
    for (const char* part : {"forged", "Did you send", "mail program", "does not let", "2. ", "forwarded"})
      CHECK_FALSE(has(text, part));
  };
  blames_nobody(page);
  error.identity = spf::Identity::helo;
  CHECK(has(web.get("/why/" + token_for(error)), "The SPF record of <bdi>wrong.test</bdi> could not be used"));
  token::Facts other = facts();
  other.identity = spf::Identity::helo;
  const std::string helo = web.get("/why/" + token_for(other));
  CHECK(has(helo, "called itself <bdi>fail.test</bdi>, but that name does not allow it to send mail."));
  blames_nobody(helo);
  other.cause = token::Cause::site_rule;
  const std::string by_rule = web.get("/why/" + token_for(other));
  CHECK(has(by_rule, "A rule of this site decided"));
  blames_nobody(by_rule);
  error.identity = spf::Identity::mailfrom;
  error.domain = "none.test";
  error.result = spf::Result::none;
  const std::string none = web.get("/why/" + token_for(error));
  CHECK_FALSE(has(none, "No term of the record"));
  CHECK(has(none, "<bdi>none.test</bdi> has no SPF record, so it does not say whether the server"));
  CHECK_FALSE(has(none, "could not be used"));
}

TEST_CASE("a domain's own explanation is quoted as its own, and stays text") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  token::Facts said = facts();
  said.domain = "exp.test";
  const std::string page = web.get("/why/" + token_for(said));
  CHECK(has(page, "<bdi>exp.test</bdi> explains it in its own words, which are not ours:"));
  CHECK(has(page, "<blockquote><p><bdi>&lt;script&gt;alert(&#39;192.0.2.77&#39;)&lt;/script&gt; Call 555</bdi>"));
  CHECK_FALSE(has(page, "<script>"));
}

TEST_CASE("a token that is wrong or old shows the form, and no verdict") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  token::Facts old = facts();
  old.minute -= 31 * 24 * 60;
  std::string changed = token_for(facts());
  changed[10] = changed[10] == 'x' ? 'y' : 'x';
  const std::string foreign = token::Keys::make({"other"})->write(facts(), "alice");
  for (const std::string& text : {token_for(old), changed, foreign, std::string("x"), std::string("%3Cscript%3E"),
                                  std::string(8000, 'A'), std::string("%00"), std::string("..%2f..%2fetc"), std::string("a/b")}) {
    const std::string page = web.get("/why/" + text);
    CAPTURE(page);
    CHECK(page.starts_with("HTTP/1.1 404 "));
    CHECK(has(page, "<form "));
    CHECK_FALSE(has(page, "fail.test"));
    CHECK_FALSE(has(page, "class=\"lead\""));
    CHECK_FALSE(has(page, "<script>"));
  }
  CHECK(has(web.get("/why/" + token_for(old)), "older than 30 days"));
  CHECK(has(web.get("/why/" + foreign), "did not create this link"));
}

TEST_CASE("old forms of links fill in the form and a note reports this") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  for (const char* url : {"/why?s=u%40fail.test&ip=192.0.2.1&r=mx", "/why.html?s=mfrom;id=u%40fail.test;ip=192.0.2.1;r=mx"}) {
    const std::string page = web.get(url);
    CAPTURE(page);
    CHECK(has(page, "This link has an old format."));
    CHECK(has(page, "name=\"sender\" value=\"u@fail.test\""));
    CHECK(has(page, "name=\"ip\" value=\"192.0.2.1\""));
    CHECK_FALSE(has(page, "class=\"lead\""));
  }
  const std::string page = web.get("/why?sender=u%40fail.test&ip=192.0.2.1&helo=");
  CHECK(has(page, "A message of <bdi>u@fail.test</bdi> from the server <bdi>192.0.2.1</bdi> gets the result fail."));
}

TEST_CASE("an examination as page and as JSON, with the result for an address") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  const std::string page = web.get("/check?domain=fail.test&ip=198.18.0.9");
  CAPTURE(page);
  CHECK(has(page, "gets the result pass."));
  CHECK(has(page, "<summary><span class=\"line\">"));
  CHECK(has(page, "include:more.test"));
  CHECK(has(page, "<li>198.18.0.1</li>"));
  const std::string json = web.get("/check?domain=fail.test", "Accept: application/json\r\n");
  CHECK(has(json, "Content-Type: application/json\r\n"));
  CHECK(has(json, "\r\n\r\n{\"domain\": \"fail.test\""));
  CHECK(web.get("/check?domain=x", "Accept: application/json\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(has(web.get("/check?domain=no_domain&ip=1"), "is not a domain name."));
  CHECK(has(web.get("/check?domain=fail.test&ip=1.2.3"), "is not an IP address."));
  CHECK(has(web.get("/check?domain=none.test"), "no SPF record"));
}

TEST_CASE("the wizard fills in the form from the published record, and creates a record") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  const std::string first = web.get("/wizard?domain=fail.test");
  CHECK(has(first, "name=\"net\" value=\"198.18.0.1\""));
  CHECK(has(first, "name=\"include\" value=\"more.test\""));
  CHECK(has(first, "value=\"fail\" checked"));
  const std::string made = web.get("/wizard?domain=new.test&made=1&net=8.1.2.3&all=soft");
  CAPTURE(made);
  CHECK(has(made, ">new.test. 300 IN TXT &quot;v=spf1 ip4:8.1.2.3 ~all&quot;</pre>"));
  CHECK(has(made, "@\nTXT\nv=spf1 ip4:8.1.2.3 ~all</pre>"));
  CHECK(has(web.get("/wizard?domain=new.test&made=1&none=1"), "v=spf1 -all\n\n@\nMX\n0 .\n\n*\nTXT\nv=spf1 -all</pre>"));
  CHECK(has(web.get("/wizard?domain=new.test&made=1&none=1"), "-all&quot;\nnew.test. 300 IN MX 0 .\n*.new.test. 300 IN TXT"));
  CHECK(has(made, "spfquery --record"));
  const std::string bad = web.get("/wizard?domain=new.test&made=1&net=10.0.0.1&include=x");
  CHECK(bad.starts_with("HTTP/1.1 400 "));
  CHECK(has(bad, "is private or reserved"));
  CHECK_FALSE(has(bad, "IN TXT"));
}

TEST_CASE("the wizard for a domain whose record is broken or missing: what could be read, and what could not") {
  const TempFolder folder;
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  const std::string broken = web.get("/wizard?domain=broken.test");
  CAPTURE(broken);
  CHECK(has(broken, "name=\"net\" value=\"198.18.0.1\""));
  CHECK(has(broken, "value=\"fail\" checked"));
  CHECK(has(broken, "no place in it: <code><bdi>ipv4:198.18.0.2</bdi></code> <code><bdi>&lt;b&gt;x</bdi></code>"));
  std::string many = "many.test TXT";
  for (int i = 0; i < 100; ++i) many += std::string(i == 0 ? " \"v=spf1" : " \"") + " ptr:a" + std::to_string(i) + ".test\"";
  const SpfwebProcess with_many(spfd.address(), folder.write("many", many + "\n"));
  const std::string first = with_many.get("/wizard?domain=many.test");
  CHECK(has(first, "<code><bdi>ptr:a49.test</bdi></code> …"));
  CHECK_FALSE(has(first, "<code><bdi>ptr:a50.test"));
  CHECK(has(web.get("/wizard?domain=twice.test"), "has 2 SPF records, so none of them is valid"));
  CHECK(has(web.get("/wizard?domain=none.test"), "The domain has no SPF record now.</p>"));
  CHECK(has(web.get("/wizard?domain=near.test"), "The domain has no SPF record now. <span lang=\"en\">"));
  const SpfwebProcess without(spfd.address(), folder.write("zone", "test. TXT \"v=spf1 -all\"\n"));
  CHECK(has(without.get("/wizard?domain=silent.example"), "could not be looked up, so the form is empty"));
}

TEST_CASE("names for control panels: the whole name for a subdomain, which may be in a zone above it") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  const std::string made = web.get("/wizard?domain=www.new.test&made=1&net=8.1.2.3&below=1");
  CAPTURE(made);
  CHECK(has(made, ">www.new.test\nTXT\nv=spf1 ip4:8.1.2.3 ~all\n\n*.www.new.test\nTXT\nv=spf1 -all</pre>"));
  CHECK(has(made, "Many panels expect the name without that of the zone"));
  CHECK_FALSE(has(web.get("/wizard?domain=new.test&made=1&net=8.1.2.3"), "Many panels"));
}

TEST_CASE("a domain that is more than one word in a zone file or a command is refused") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  for (const char* domain : {"a'$(id)'.test", "x;id.test", "`id`.test", "a b.test", "a\"b.test", "a\\b.test", "*.test",
                             "a@b.test", "<b>.test", "a=b.test", "1.2.3"}) {
    CAPTURE(domain);
    const std::string made = web.get("/wizard?domain=" + spfweb::url_encoded(domain) + "&made=1&net=8.1.2.3");
    CHECK(made.starts_with("HTTP/1.1 400 "));
    CHECK_FALSE(has(made, "spfquery"));
    CHECK(web.get("/check?domain=" + spfweb::url_encoded(domain)).starts_with("HTTP/1.1 400 "));
  }
  CHECK(has(web.get("/wizard?domain=_x.b%C3%BCcher.test&made=1&net=8.1.2.3"), "postmaster@_x.xn--bcher-kva.test</pre>"));
}

TEST_CASE("a page is not many times as large as its request") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  for (const char* url : {"/why/", "/", "/check?a=", "/check?a=x&b="}) {
    CAPTURE(url);
    const std::string page =
        web.get(url + std::string(4000, '\xff') + "&x=" + std::string(4000, '\xff') + "&y=" + std::string(4000, '\xff'));
    CHECK(page.size() < 15'000);
    CHECK(has(page, "hreflang=\"de\""));
  }
}

TEST_CASE("hostile values in every field stay text, and nothing redirects") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  const std::vector<std::string> hostile = {"\"><script>alert(1)</script>",
                                            "' onmouseover='x",
                                            std::string(4000, 'x'),
                                            std::string("a\0b", 3),
                                            "\u202egnp.exe",
                                            "//evil.test/",
                                            "https://evil.test/",
                                            "javascript:alert(1)",
                                            "\r\nLocation: https://evil.test/\r\n\r\n<b>",
                                            "{0}{1}",
                                            "%{s}",
                                            "\xff\xfe"};
  const std::vector<std::string> urls = {"/?x=",
                                         "/why?sender=",
                                         "/why?ip=",
                                         "/why?sender=a.test&ip=192.0.2.1&helo=",
                                         "/why?ip=192.0.2.1&sender=",
                                         "/why?s=",
                                         "/why?s=helo;id=",
                                         "/check?domain=",
                                         "/check?domain=fail.test&ip=",
                                         "/check?lang=",
                                         "/wizard?domain=",
                                         "/wizard?domain=new.test&made=1&net=",
                                         "/wizard?domain=new.test&made=1&host=",
                                         "/wizard?domain=new.test&made=1&include=",
                                         "/wizard?domain=new.test&made=1&by=",
                                         "/wizard?domain=new.test&",
                                         "/",
                                         "/why/",
                                         "//"};
  for (const std::string& url : urls) {
    for (const std::string& value : hostile) {
      const std::string got = web.get(url + spfweb::url_encoded(value));
      CAPTURE(url);
      CAPTURE(value);
      CAPTURE(got);
      REQUIRE(got.starts_with("HTTP/1.1 "));
      CHECK(got.substr(9, 1) != "3");
      const std::string head = got.substr(0, got.find("\r\n\r\n"));
      CHECK_FALSE(has(head, "Location"));
      const std::string body = got.substr(head.size());
      CHECK_FALSE(has(body, "<script>"));
      CHECK_FALSE(has(body, "onmouseover='"));
      CHECK_FALSE(has(body, "\u202e"));
      CHECK_FALSE(has(body, "href=\"//"));
      CHECK_FALSE(has(body, "href=\"http"));
      CHECK_FALSE(has(body, "href=\"javascript"));
      CHECK(body.find('\0') == std::string::npos);
    }
  }
  const std::string script = web.get("/script.js");
  CHECK(has(script, "Content-Type: text/javascript"));
  CHECK(has(web.get("/style.css"), "Content-Type: text/css"));
}

TEST_CASE("languages by header and parameter, and paths with the prefix") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd, {"--prefix", "/spf"});
  CHECK(has(web.get("/", "Accept-Language: de-CH, en;q=0.5\r\n"), "<html lang=\"de\">"));
  const std::string page = web.get("/spf/why/" + token_for(facts()) + "?lang=fr", "Accept-Language: de\r\n");
  CHECK(has(page, "<html lang=\"fr\">"));
  CHECK(has(page, "href=\"/spf/style.css\""));
  CHECK(has(page, "https://mx.test/spf/why/"));
  for (const char* language : {"en", "de", "fr", "es", "zh"}) {
    for (const char* url : {"/", "/why", "/check", "/wizard", "/check?domain=fail.test", "/nothing"}) {
      const std::string got = web.get(std::string(url) + (has(url, "?") ? "&" : "?") + "lang=" + language);
      CHECK(has(got, std::string("<html lang=\"") + language + "\">"));
      CHECK_FALSE(has(got, "{0}"));
      CHECK(got.size() < 50'000);
    }
  }
}

}  // namespace
