// check_host() (RFC 7208 §4 to §6): results, explanations and traces, whatever a forger chooses.
#include "common/spf/evaluate.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "t/support/evaluate.h"
#include "t/support/single.h"
#include "t/unit/check_host.h"

namespace {

using check_host::from;
using check_host::result;
using check_host::result_for;
using spf::Result;
using support::run;
using support::World;

spf::Settings with_default_explanation(std::string_view text) {
  spf::Settings settings;
  settings.default_explanation = *spf::MacroString::parse(text, spf::MacroContext::explanation);
  return settings;
}

TEST_CASE("RFC 7208 §4.3: no result for a domain that is malformed, has one label, is a literal, or does not exist") {
  const World world;
  const auto none = [&](std::string_view sender) { return run(from("192.0.2.1", sender), world).verdict.result == Result::none; };
  CHECK(none("user@example..com"));
  CHECK(none("user@.example.com"));
  CHECK(none("user@com"));
  CHECK(none("user@[192.0.2.1]"));
  CHECK(none("user@" + std::string(64, 'a') + ".com"));
  CHECK(none("user@example.com"));
  CHECK(none("user@exa\x01mple.com"));
  CHECK(none("user@"));
  CHECK(none(""));
  CHECK(run(from("192.0.2.1", "user@nowhere.example"), world).verdict.problem == "nowhere.example has no SPF record");
}

TEST_CASE("RFC 7208 §2.6: each temperror and permerror has a kind of problem, and no other result has one") {
  const auto kind = [](std::string_view record, const World& more = {}) {
    World world = more;
    world.txt("example.com", std::string(record));
    return run(from("192.0.2.1"), world).verdict.problem_kind;
  };
  using Kind = spf::ProblemKind;
  CHECK(kind("v=spf1 -all") == Kind::none);
  CHECK(kind("v=spf1 ip4:192.0.2.1") == Kind::none);
  CHECK(kind("v=spf1 ipv4:192.0.2.1 -all") == Kind::syntax);
  CHECK(kind("v=spf1 include:none.example -all") == Kind::missing_record);
  CHECK(kind("v=spf1 redirect=none.example") == Kind::missing_record);
  CHECK(kind("v=spf1 include:a..b -all") == Kind::bad_target);
  CHECK(kind("v=spf1 redirect=a..b") == Kind::bad_target);
  CHECK(kind("v=spf1 a:1.x.example a:2.x.example a:3.x.example -all") == Kind::void_lookup_limit);
  CHECK(kind("v=spf1 include:example.com -all") == Kind::lookup_limit);
  World two;
  two.txt("example.com", "v=spf1 -all");
  CHECK(kind("v=spf1 +all", two) == Kind::several_records);
  const auto failed = [&](dns::Cause cause) {
    World world;
    world.failure("x.example.com", dns::Type::a);
    world.at("x.example.com", dns::Type::a).cause = cause;
    return kind("v=spf1 a:x.example.com -all", world);
  };
  CHECK(failed(dns::Cause::reported) == Kind::dns_error);
  CHECK(failed(dns::Cause::no_answer) == Kind::dns_silent);
  CHECK(failed(dns::Cause::unavailable) == Kind::dns_unavailable);
  CHECK(failed(dns::Cause::local) == Kind::own_limit);
}

TEST_CASE("RFC 7208 §4.3: postmaster replaces a missing local part; a dot at the end is accepted") {
  World world;
  world.txt("example.com", "v=spf1 exists:%{l}.%{o}.x.example.com -all").a("postmaster.example.com.x.example.com", "127.0.0.2");
  CHECK(run(from("192.0.2.1", "@example.com"), world).verdict.result == Result::pass);
  CHECK(run(from("192.0.2.1", "example.com"), world).verdict.result == Result::pass);
  World dotted;
  dotted.txt("example.com", "v=spf1 +all");
  CHECK(run(from("192.0.2.1", "a@example.com."), dotted).verdict.result == Result::pass);
}

TEST_CASE("RFC 7208 §2.4: the HELO identity is postmaster at the HELO name") {
  World world;
  world.txt("mail.example.com", "v=spf1 exists:%{s}.x.example.com -all")
      .a("postmaster@mail.example.com.x.example.com", "127.0.0.2");
  CHECK(run(support::helo_query(*base::IpAddress::parse("192.0.2.1"), "mail.example.com"), world).verdict.result == Result::pass);
  CHECK(run(support::helo_query(*base::IpAddress::parse("192.0.2.1"), "[192.0.2.1]"), world).verdict.result == Result::none);
  CHECK(run(support::helo_query(*base::IpAddress::parse("192.0.2.1"), ""), world).verdict.result == Result::none);
}

TEST_CASE("RFC 7208 §4.4: an error in the look-up of the record is a temperror") {
  World world;
  world.failure("example.com", dns::Type::txt, "timed out");
  const auto verdict = run(from("192.0.2.1"), world).verdict;
  CHECK(verdict.result == Result::temperror);
  CHECK(verdict.problem == "TXT example.com: timed out");
  CHECK(verdict.ttl == 0);
}

TEST_CASE("RFC 7208 §4.7: without match and redirect the result is neutral, by default") {
  World world;
  world.txt("example.com", "v=spf1 ip4:198.51.100.1");
  const auto verdict = run(from("192.0.2.1"), world).verdict;
  CHECK(verdict.result == Result::neutral);
  CHECK(verdict.mechanism == "default");
}

TEST_CASE("the verdict names the directive that matched, as published, and the domain that published it") {
  World world;
  world.txt("example.com", "v=spf1 a redirect=_spf.example.com").a("example.com", "198.51.100.9");
  world.txt("_spf.example.com", "v=spf1 IP4:192.0.2.0/24 -all");
  const auto verdict = run(from("192.0.2.1"), world).verdict;
  CHECK(verdict.result == Result::pass);
  CHECK(verdict.mechanism == "IP4:192.0.2.0/24");
  CHECK(verdict.domain == "_spf.example.com");
  CHECK(verdict.record == "v=spf1 a redirect=_spf.example.com");
  CHECK(verdict.lookups == 2);
  CHECK(verdict.ttl == 300);
}

TEST_CASE("RFC 7208 §5.2: the effect of an included record's result") {
  const auto included = [](std::string record) {
    World world;
    world.txt("example.com", "v=spf1 -include:other.example.com ~all").txt("other.example.com", std::move(record));
    return result(world);
  };
  CHECK(included("v=spf1 +all") == Result::fail);  // the outer qualifier stays
  CHECK(included("v=spf1 -all") == Result::softfail);
  CHECK(included("v=spf1 ~all") == Result::softfail);
  CHECK(included("v=spf1 ?all") == Result::softfail);
  CHECK(included("v=spf1") == Result::softfail);
  CHECK(included("v=spf1 moo") == Result::permerror);
  CHECK(included("not spf") == Result::permerror);
  World failing;
  failing.txt("example.com", "v=spf1 include:other.example.com ~all").failure("other.example.com", dns::Type::txt);
  CHECK(result(failing) == Result::temperror);
}

TEST_CASE("RFC 7208 §5.3: a matches only addresses of the client's family") {
  World world;
  world.txt("example.com", "v=spf1 a/24//64 -all").a("example.com", "192.0.2.77").a("example.com", "2001:db8::77");
  CHECK(result(world, "192.0.2.1") == Result::pass);
  CHECK(result(world, "192.0.3.1") == Result::fail);
  CHECK(result(world, "2001:db8::1") == Result::pass);
  CHECK(result(world, "2001:db8:0:1::1") == Result::fail);
  CHECK(result(world, "::ffff:192.0.2.1") == Result::pass);
}

TEST_CASE("RFC 7208 §5.4: no implicit MX, the null MX matches nothing") {
  World world;
  world.txt("example.com", "v=spf1 mx -all").a("example.com", "192.0.2.1");
  CHECK(result(world) == Result::fail);
  World null_mx;
  null_mx.txt("example.com", "v=spf1 mx -all").mx("example.com", "");
  CHECK(result(null_mx) == Result::fail);
}

TEST_CASE("RFC 7208 §5.4: a match among the MX hosts wins over an error at another host") {
  World world;
  world.txt("example.com", "v=spf1 mx -all").mx("example.com", "mx1.example.com").mx("example.com", "mx2.example.com");
  world.failure("mx1.example.com", dns::Type::a).a("mx2.example.com", "192.0.2.1");
  CHECK(result(world, "192.0.2.1") == Result::pass);
  CHECK(result(world, "192.0.2.2") == Result::temperror);
}

TEST_CASE("RFC 7208 §5.6: an ip6 network never matches an IPv4 client, written as mapped address or not") {
  World world;
  world.txt("example.com", "v=spf1 ip6:::ffff:192.0.2.1 ip6:::ffff:192.0.2.1/0 -all");
  CHECK(result(world, "192.0.2.1") == Result::fail);
  CHECK(result(world, "2001:db8::1") == Result::pass);  // /0
}

TEST_CASE("RFC 7208 §5.7: exists asks for A also when the client is IPv6") {
  World world;
  world.txt("example.com", "v=spf1 exists:x.example.com -all").a("x.example.com", "127.0.0.2");
  CHECK(result(world, "2001:db8::1") == Result::pass);
}

TEST_CASE("RFC 7208 §6.1: redirect to a domain without record, or to an invalid name, is permerror") {
  World world;
  world.txt("example.com", "v=spf1 redirect=none.example.com");
  CHECK(result(world) == Result::permerror);
  World malformed;
  malformed.txt("example.com", "v=spf1 redirect=%{l}..example.com");
  CHECK(result(malformed) == Result::permerror);
}

TEST_CASE("RFC 7208 §5.5: ptr requires the forward check, ignores names with errors, and accepts subdomains") {
  World world;
  world.txt("example.com", "v=spf1 ptr -all")
      .ptr("192.0.2.1", "mail.example.com")
      .ptr("192.0.2.2", "mail.example.com")
      .ptr("192.0.2.3", "mail.bad-example.com");
  world.a("mail.example.com", "192.0.2.1").a("mail.bad-example.com", "192.0.2.3");
  CHECK(result(world, "192.0.2.1") == Result::pass);
  CHECK(result(world, "192.0.2.2") == Result::fail);
  CHECK(result(world, "192.0.2.3") == Result::fail);
  world.failure("4.2.0.192.in-addr.arpa", dns::Type::ptr);
  CHECK(result(world, "192.0.2.4") == Result::fail);
}

TEST_CASE(
    "RFC 7208 §6.2: the explanation is that of the failed record, with redirect that of its target, never that of an include") {
  World world;
  world.txt("example.com", "v=spf1 redirect=r.example.com exp=wrong.example.com")
      .txt("r.example.com", "v=spf1 -all exp=why.%{d}");
  world.txt("why.r.example.com", "%{c} is not ours, says %{d} to %{r}").txt("wrong.example.com", "wrong");
  const auto settings = with_default_explanation("%{i} is not allowed by %{o}");
  auto query = from("192.0.2.1");
  query.receiver = "mx.example.org";
  CHECK(run(query, world, settings).verdict.authority_explanation ==
        "192.0.2.1 is not ours, says r.example.com to mx.example.org");
  World include;
  include.txt("example.com", "v=spf1 -include:i.example.com")
      .txt("i.example.com", "v=spf1 +all exp=why.example.com")
      .txt("why.example.com", "wrong");
  const auto verdict = run(from("192.0.2.1"), include, settings).verdict;
  CHECK(verdict.authority_explanation.empty());
  CHECK(verdict.default_explanation == "192.0.2.1 is not allowed by example.com");
}

TEST_CASE("RFC 7208 §6.2: an explanation that is broken, double, missing or not ASCII is replaced by the default") {
  const auto explained = [](const auto& publish) {
    World world;
    world.txt("example.com", "v=spf1 -all exp=why.example.com");
    publish(world);
    return run(from("192.0.2.1"), world, with_default_explanation("default")).verdict;
  };
  for (const auto& verdict : {explained([](World&) {}), explained([](World& w) { w.txt("why.example.com", "%{x}"); }),
                              explained([](World& w) { w.txt("why.example.com", "a").txt("why.example.com", "b"); }),
                              explained([](World& w) { w.failure("why.example.com", dns::Type::txt); }),
                              explained([](World& w) { w.txt("why.example.com", "caf\xc3\xa9"); }),
                              explained([](World& w) { w.txt("why.example.com", "a\r\n250 ok"); })}) {
    CHECK(verdict.result == Result::fail);
    CHECK(verdict.authority_explanation.empty());
    CHECK(verdict.default_explanation == "default");
  }
}

TEST_CASE("an include: the length of the sender's local part does not turn fail into permerror") {
  World world;
  world.txt("inc2.example", "v=spf1 include:%{l}._spf.inc2.example -all");
  for (const std::size_t size : {64U, 200U, 235U, 236U, 260U, 300U, 1000U}) {
    CAPTURE(size);
    CHECK(run(from("192.0.2.1", std::string(size, 'k') + "@inc2.example"), world).verdict.result == Result::fail);
  }
}

TEST_CASE("RFC 8616 §4: U-labels become A-labels; a local part that is not ASCII makes %{s} and %{l} match nothing") {
  World world;
  world.txt("xn--bcher-kva.example", "v=spf1 exists:%{l}.%{o}.x.example.com exists:%{o}.y.example.com -all")
      .a("xn--bcher-kva.example.y.example.com", "127.0.0.2");
  CHECK(run(from("192.0.2.1",
                 "user@b\xc3\xbc"
                 "cher.example"),
            world)
            .verdict.result == Result::pass);
  const auto verdict = run(from("192.0.2.1",
                                "\xc3\xbcser@b\xc3\xbc"
                                "cher.example"),
                           world);
  CHECK(verdict.verdict.result == Result::pass);
  CHECK(verdict.questions() == 2);
  CHECK(run(from("192.0.2.1", "user@\xff\xfe.example"), world).verdict.result == Result::none);
  // UTS 46 §4.5: U+3002, U+FF0E and U+FF61 are dots.
  world.txt("fail.example", "v=spf1 -all");
  for (const char* dot : {"\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1"})
    CHECK(run(from("192.0.2.1", std::string("a@fail") + dot + "example" + dot), world).verdict.result == Result::fail);
}

// ---- what a forger chooses ------------------------------------------------------------------------------------------------

TEST_CASE("RFC 7208 §4.8: no choice of sender, HELO name or client turns an include into an error") {
  const std::string label(64, 'a');
  for (const char* term : {"include:%{l}.i.example", "include:x.%{l}", "include:%{s}", "include:%{l}%{l}.i.example",
                           "include:%{L}.i.example", "include:%{lr-}.i.example", "include:%{l}.%{h}.i.example"}) {
    World world;
    world.txt("example.com", std::string("v=spf1 ") + term + " -all");
    for (const std::string& local : {label, std::string("a..b"), std::string(".a"), std::string("a\tb"), std::string(300, 'a'),
                                     std::string(70'000, 'a'), std::string("\xff\xfe")}) {
      CAPTURE(term);
      CAPTURE(local.substr(0, 80));
      const auto verdict = run(from("192.0.2.1", local + "@example.com"), world).verdict;
      // Texts such as "a" ".b" may be names after the transformation. A valid name has no record (RFC 7208 §5.2).
      if (verdict.problem.find("has no SPF record") == std::string::npos) CHECK(verdict.result == Result::fail);
    }
    CHECK(result_for(world, label + "@example.com") == Result::fail);
  }
  World by_helo;
  by_helo.txt("example.com", "v=spf1 include:x%{h}x.%{h} include:" + std::string(60, 'x') + "%{h} -all");
  CHECK(result_for(by_helo, "u@example.com", std::string(63, 'h') + ".example") == Result::fail);
  World by_domain;  // the record of a wildcard
  by_domain.txt(std::string(63, 's') + ".example.com", "v=spf1 include:_%{d} -all");
  CHECK(result_for(by_domain, "u@" + std::string(63, 's') + ".example.com") == Result::fail);
}

TEST_CASE("RFC 7208 §5.2: an include whose own text is not a name is a permanent error for every sender") {
  for (const std::string& term : {std::string("include:%{l}..i.example"), std::string("include:.%{l}.example"),
                                  "include:" + std::string(63, 'x') + "%{l}.example",
                                  "include:" + std::string(64, 'x') + ".example", std::string("include:%{d}..%{l}")}) {
    World world;
    world.txt("example.com", "v=spf1 " + term + " -all");
    CAPTURE(term);
    CHECK(result_for(world, "u@example.com") == Result::permerror);
    CHECK(result_for(world, std::string(64, 'a') + "@example.com") == Result::permerror);
  }
}

TEST_CASE("RFC 8616 §4: a redirect with a local part that is not US-ASCII does not apply; §6.1: a malformed one is permerror") {
  World world;
  world.txt("example.com", "v=spf1 redirect=%{l}.r.example").txt("u.r.example", "v=spf1 -all");
  CHECK(result_for(world, "u@example.com") == Result::fail);
  const auto verdict = run(from("192.0.2.1", "\xc3\xa4@example.com"), world).verdict;
  CHECK(verdict.result == Result::neutral);
  CHECK(verdict.mechanism == "default");
  CHECK(verdict.lookups == 1);
  CHECK(result_for(world, std::string(64, 'a') + "@example.com") == Result::permerror);
}

TEST_CASE("a name has one value in every macro: without the dot at its end, in the letters of the sender") {
  World world;
  world.txt("example.com", "v=spf1 -all exp=e.example.com").txt("e.example.com", "%{s} %{o} %{d} %{h}");
  const auto explained = [&](const spf::Query& query) { return run(query, world).verdict.authority_explanation; };
  CHECK(explained(from("192.0.2.1", "u@Example.COM.", "Mail.Example.com.")) ==
        "u@Example.COM Example.COM Example.COM Mail.Example.com");
  CHECK(explained(from("192.0.2.1", "u@example.com", "")) == "u@example.com example.com example.com unknown");
  // A text that is not a name has no value.
  for (const char* helo : {"a..b", "..", ".", "\xc3\xa4.example"}) {
    CHECK(explained(from("192.0.2.1", "u@example.com", helo)).ends_with(" unknown"));
  }
  const auto helo = support::helo_query(*base::IpAddress::parse("192.0.2.1"), "Example.com.");
  CHECK(explained(helo) == "postmaster@Example.com Example.com Example.com Example.com");
  // After redirect, %{d} is the domain of its target.
  world.txt("r.example", "v=spf1 redirect=example.com");
  CHECK(explained(from("192.0.2.1", "u@R.example.", "h.example")) == "u@R.example R.example example.com h.example");

  for (const char* macro : {"%{o}", "%{d}", "%{h}"}) {
    World exists;
    exists.txt("example.com", std::string("v=spf1 exists:") + macro + ".ok.example -all")
        .a("example.com.ok.example", "127.0.0.2");
    CHECK(result_for(exists, "u@example.com.", "example.com.") == Result::pass);
  }
  World exists;
  exists.txt("example.org", "v=spf1 exists:%{s}.ok.example -all").a("u@example.org.ok.example", "127.0.0.2");
  CHECK(result_for(exists, "u@example.org.") == Result::pass);
}

TEST_CASE("RFC 7208 §4.5: the problem of a domain without record names the text that resembles one") {
  World world;
  world.txt("example.com", "v=spf1;-all");
  CHECK(run(from("192.0.2.1"), world).verdict.problem ==
        "example.com has no SPF record; a TXT record looks like one, but \"v=spf1\" must be followed by a blank, not by ';-all'");
  World included;
  included.txt("example.com", "v=spf1 include:i.example -all").txt("i.example", "\xef\xbb\xbfv=spf1 +all");
  const auto verdict = run(from("192.0.2.1"), included).verdict;
  CHECK(verdict.result == Result::permerror);
  CHECK(verdict.problem ==
        "the included domain i.example has no SPF record; a TXT record looks like one, but it has a byte order mark before "
        "\"v=spf1\"");
}

TEST_CASE("the trace reports which terms have no effect, and why an exp is not used") {
  const auto notes = [](const World& world, std::string_view sender = "user@example.com") {
    spf::Settings settings;
    settings.trace = true;
    std::string out;
    for (const auto& step : run(from("192.0.2.1", sender), world, settings).verdict.trace) {
      if (step.kind == spf::TraceStep::Kind::note) out += fmt::format("{} {}\n", step.depth, step.text);
    }
    return out;
  };
  World world;
  world.txt("example.com", "v=spf1 foo=bar include:i.example -all a redirect=r.example exp=e.example");
  world.txt("i.example", "v=spf1 -all exp=e.example");
  CHECK(notes(world) ==
        "1 foo=bar is ignored: an unknown modifier\n"
        "1 redirect=r.example is ignored: the record has an \"all\"\n"
        "1 1 term after \"all\" is ignored\n"
        "3 the exp of this record is not used: the record is included\n"
        "0 exp=e.example is not used: e.example has no TXT record\n");
  const auto with_exp = [&](const char* exp, std::vector<std::string> texts, std::string_view sender = "user@example.com") {
    World asked;
    asked.txt("example.com", std::string("v=spf1 -all exp=") + exp);
    for (std::string& text : texts) asked.txt("e.example", std::move(text));
    return notes(asked, sender);
  };
  CHECK(with_exp("e.example", {"fine"}).empty());
  CHECK(with_exp("e.example", {"one", "two"}) == "0 exp=e.example is not used: e.example has 2 TXT records\n");
  CHECK(with_exp("e.example", {"%{x}"}) == "0 exp=e.example is not used: the text at e.example: unknown macro '%{x}'\n");
  CHECK(with_exp("e.example", {"\x01"}).starts_with("0 exp=e.example is not used: the text at e.example: the character 0x01"));
  CHECK(with_exp("e.example", {""}) == "0 exp=e.example is not used: its text is empty or not printable US-ASCII\n");
  CHECK(with_exp("e.example", {"%{l}"}, "\xc3\xa4@example.com").ends_with("its text is empty or not printable US-ASCII\n"));
  CHECK(with_exp("%{l}.e.example", {}, "\xc3\xa4@example.com") ==
        "0 exp=%{l}.e.example is not used: the local part is not US-ASCII\n");
  CHECK(with_exp("%{l}.e.example", {}, "a..b@example.com") ==
        "0 exp=%{l}.e.example is not used: it does not name a valid domain\n");
  World redirected;
  redirected.txt("example.com", "v=spf1 redirect=r.example exp=e.example").txt("r.example", "v=spf1 -all");
  CHECK(notes(redirected) == "1 the exp of this record is not used: redirect leads to another record\n");
}

TEST_CASE("the trace shows the evaluation as a tree") {
  World world;
  world.txt("example.com", "v=spf1 include:%{d}.x.example.com -all").txt("example.com.x.example.com", "v=spf1 ip4:192.0.2.1");
  spf::Settings settings;
  settings.trace = true;
  const auto trace = run(from("192.0.2.1"), world, settings).verdict.trace;
  std::string told;
  for (const auto& step : trace) told += fmt::format("{:>{}}{} -> {}\n", "", step.depth * 2, step.text, step.outcome);
  CHECK(told ==
        "example.com -> pass\n"
        "  TXT example.com -> \"v=spf1 include:%{d}.x.example.com -all\"\n"
        "  v=spf1 include:%{d}.x.example.com -all -> \n"
        "  include:%{d}.x.example.com (= example.com.x.example.com) -> match\n"
        "    example.com.x.example.com -> pass\n"
        "      TXT example.com.x.example.com -> \"v=spf1 ip4:192.0.2.1\"\n"
        "      v=spf1 ip4:192.0.2.1 -> \n"
        "      ip4:192.0.2.1 -> match\n");
}

}  // namespace
