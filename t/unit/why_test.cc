// Explanations of verdicts (common/lint/why.h): for each cause a world that has it, and the most similar world without it.
#include "common/lint/why.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "common/base/text.h"
#include "common/lint/why_change.h"
#include "common/spf/question_budget.h"
#include "t/unit/why_world.h"

namespace {

using support::World;
using why_test::bare;
using why_test::explain;
using why_test::Explained;
using why_test::with;

// ---- the term that decided -------------------------------------------------------------------------------------------------

TEST_CASE("why: pass names the innermost term, and the one that leads to it") {
  const Explained direct = explain(with("v=spf1 ip4:198.18.0.0/24 -all"), "198.18.0.1");
  CHECK(direct.text() == "'ip4:198.18.0.0/24' in the record of example.com matches 198.18.0.1: the result is pass.\n");
  CHECK(direct.questions == 1);
  CHECK_FALSE(direct.why.change);
  const World world = with("v=spf1 include:a.example include:b.example -all")
                          .txt("a.example", "v=spf1 -all")
                          .txt("b.example", "v=spf1 ip4:198.18.0.0/24 -all");
  const Explained included = explain(world, "198.18.0.1");
  CHECK(included.why.term == "ip4:198.18.0.0/24");
  CHECK(included.why.record_of == "b.example");
  CHECK(included.says("'include:b.example' in the record of example.com leads to it."));
}

TEST_CASE("why: a client that the last word refuses can be added; one that is excluded explicitly cannot") {
  const Explained last = explain(with("v=spf1 ip4:198.51.100.1 -all"), "198.18.0.1");
  CHECK(last.says("No term before '-all' in the record of example.com matches 198.18.0.1: the result is fail."));
  REQUIRE(last.why.change);
  CHECK(*last.why.change == lint::Change{"example.com", "v=spf1 ip4:198.51.100.1 ip4:198.18.0.1 -all", 0});
  const Explained excluded = explain(with("v=spf1 -ip4:198.18.0.1 ip4:198.51.100.1 -all"), "198.18.0.1");
  CHECK(excluded.says("'-ip4:198.18.0.1' in the record of example.com matches 198.18.0.1: the result is fail."));
  CHECK_FALSE(excluded.why.change);
}

TEST_CASE("why: a domain that sends no mail needs no change") {
  const Explained none = explain(with("v=spf1 -all"), "198.18.0.1");
  CHECK(none.says("The record of example.com consists of '-all': example.com sends no mail at all."));
  CHECK_FALSE(none.why.change);
  const Explained misread = explain(with("v=spf1 ip4=198.18.0.1 -all"), "198.18.0.1");
  CHECK(misread.says("The record of example.com has no mechanism before '-all': the result is fail for every client."));
  CHECK(misread.says("'ip4=198.18.0.1' is ignored: a mechanism has a colon in place of the equals sign."));
  CHECK_FALSE(misread.why.change);
  CHECK(explain(with("v=spf1 ~all"), "198.18.0.1").why.change);
  const World redirected = with("v=spf1 redirect=none.example").txt("none.example", "v=spf1 -all");
  CHECK_FALSE(explain(redirected, "198.18.0.1").why.change);
}

TEST_CASE("why: a domain that accepts no mail has no senders (RFC 7505 §4.2)") {
  constexpr std::string_view kNoSender =
      "example.com has a null MX: it accepts no mail, not even bounces, so it should not be the domain of a sender.";
  const auto null_mx = [](std::string record) { return with(std::move(record)).mx("example.com", ""); };
  const Explained boilerplate = explain(null_mx("v=spf1 mx -all"), "198.18.0.1");
  CHECK(boilerplate.says(kNoSender));
  CHECK_FALSE(boilerplate.why.change);
  CHECK_FALSE(explain(with("v=spf1 mx -all").mx("example.com", "mx.example.com"), "198.18.0.1").says("null MX"));
  CHECK(explain(with("v=spf1 mx -all").mx("example.com", "mx.example.com"), "198.18.0.1").why.change);
  // The owner may have decided otherwise: some host may send.
  const Explained sends = explain(null_mx("v=spf1 ip4:198.51.100.1 -all"), "198.18.0.1");
  CHECK(sends.says(kNoSender));
  CHECK(sends.added() == "ip4:198.18.0.1");
  CHECK(explain(null_mx("v=spf1 exists:%{i}.example.com -all"), "198.18.0.1").why.change);
  // An explicit decision, a record that says it itself, and a HELO name have no use for it.
  for (const char* record : {"v=spf1 -all", "v=spf1 -ip4:198.18.0.1 ip4:198.51.100.1 -all"})
    CHECK_FALSE(explain(null_mx(record), "198.18.0.1").says("null MX"));
  const Explained helo = explain(null_mx("v=spf1 mx -all"), "198.18.0.1", "", "example.com");
  CHECK_FALSE(helo.says("null MX"));
  CHECK(helo.added() == "ip4:198.18.0.1");
  // Without a record, only the one that says so fits.
  const Explained bare_null = explain(bare().mx("example.com", ""), "198.18.0.1");
  CHECK(bare_null.says(kNoSender));
  CHECK(bare_null.says("If example.com sends no mail at all, publish 'v=spf1 -all'."));
  REQUIRE(bare_null.why.change);
  CHECK(bare_null.why.change->record == "v=spf1 -all");
  // MX that was not answered proves nothing.
  World unknown = with("v=spf1 ip4:198.51.100.1 -all");
  unknown.failure("example.com", dns::Type::mx);
  CHECK(explain(unknown, "198.18.0.1").added() == "ip4:198.18.0.1");
}

TEST_CASE("why: the term is added before all, else before redirect, else at the end") {
  CHECK(lint::with_term("v=spf1 a -ALL exp=x.example", "mx") == "v=spf1 a mx -ALL exp=x.example");
  CHECK(lint::with_term("v=spf1 redirect=b.example a", "mx") == "v=spf1 mx redirect=b.example a");
  CHECK(lint::with_term("v=spf1 redirect=b.example a all", "mx") == "v=spf1 redirect=b.example a mx all");
  CHECK(lint::with_term("v=spf1 a  ", "mx") == "v=spf1 a mx");
  CHECK(lint::with_term("v=spf1", "mx") == "v=spf1 mx");
  CHECK(lint::with_term("v=spf1 a:all.example ?all", "mx") == "v=spf1 a:all.example mx ?all");
  const World redirected = with("v=spf1 redirect=b.example").txt("b.example", "v=spf1 ip4:198.51.100.1 ~all");
  const Explained got = explain(redirected, "198.18.0.1");
  REQUIRE(got.why.change);
  CHECK(got.why.change->record == "v=spf1 ip4:198.18.0.1 redirect=b.example");
  CHECK(got.why.record_of == "b.example");
}

// ---- the nearest network -----------------------------------------------------------------------------------------------------

TEST_CASE("why: the nearest network that passes, across the tree") {
  const World world = with("v=spf1 ip4:198.51.100.0/24 include:p.example -all")
                          .txt("p.example", "v=spf1 a:mail.example.com/30 -ip4:198.18.0.70 ip4:198.18.0.70/31 -all")
                          .a("mail.example.com", "198.18.0.64");
  const Explained got = explain(world, "198.18.0.73");
  REQUIRE(got.why.nearest);
  CHECK(*got.why.nearest == lint::Nearest{"198.18.0.70/31", "ip4:198.18.0.70/31", "p.example", 2, 28});
  CHECK(got.says(
      "198.18.0.73 is 2 addresses after 198.18.0.70/31, which 'ip4:198.18.0.70/31' in the record of p.example lets pass."));
  // An earlier term excludes the client from its network.
  CHECK(explain(world, "198.18.0.70")
            .says("198.18.0.70 is 1 address before 198.18.0.71, which 'ip4:198.18.0.70/31' in the record"));
  const Explained below = explain(world, "198.18.0.68");
  CHECK(
      below.says("198.18.0.68 is 1 address after 198.18.0.64/30, which 'a:mail.example.com/30' in the record of p.example lets"));
  CHECK_FALSE(explain(with("v=spf1 ?all"), "198.18.0.69").why.nearest);
  CHECK_FALSE(explain(with("v=spf1 ip6:2001:dba::1 -all"), "198.18.0.69").why.nearest);
}

TEST_CASE("why: IPv6 networks are near by the bits that they have in common") {
  const World world = with("v=spf1 ip6:2001:dba:1::/48 -all");
  const Explained near = explain(world, "2001:dba:1::1:0:0:1");
  CHECK(near.says("the result is pass"));
  CHECK(explain(world, "2001:dba:2::1").says("2001:dba:2::1 is 2 addresses after 2001:dba:1::/48, which"));
  const Explained other = explain(world, "2001:dba:3::1");
  REQUIRE(other.why.nearest);
  CHECK_FALSE(other.why.nearest->distance);
  CHECK(other.why.nearest->shared_bits == 46);
  CHECK(other.says("2001:dba:3::1 has the first 46 bits in common with 2001:dba:1::/48, which"));
  CHECK(other.added() == "ip6:2001:dba:3::1");
  CHECK_FALSE(explain(world, "2001:dead::1").says("in common"));
  CHECK(explain(with("v=spf1 ip6:2001:dba::8 -all"), "2001:dba::5").says("2001:dba::5 is 3 addresses before 2001:dba::8, which"));
}

// ---- whose the client is -----------------------------------------------------------------------------------------------------

TEST_CASE("why: a host of the domain is added by its name if that leads back to the client") {
  const World world =
      with("v=spf1 ip4:198.51.100.1 -all").ptr("198.18.0.1", "mail.example.com").a("mail.example.com", "198.18.0.1");
  CHECK(explain(world, "198.18.0.1").added() == "a:mail.example.com");
  CHECK(explain(world, "198.18.0.1").why.client_name == "mail.example.com");
  const World forged =
      with("v=spf1 ip4:198.51.100.1 -all").ptr("198.18.0.1", "mail.example.com").a("mail.example.com", "198.18.0.2");
  CHECK(explain(forged, "198.18.0.1").added() == "ip4:198.18.0.1");
  CHECK(explain(forged, "198.18.0.1").why.client_name.empty());
  // The HELO name serves, too.
  const World no_ptr = with("v=spf1 ip4:198.51.100.1 -all").a("mail.example.com", "198.18.0.1");
  CHECK(explain(no_ptr, "198.18.0.1", "u@example.com", "mail.example.com").added() == "a:mail.example.com");
  CHECK(explain(no_ptr, "198.18.0.1").added() == "ip4:198.18.0.1");
}

TEST_CASE("why: a host beside the domain is its own only if the domain above both sends or receives mail with it") {
  const auto world = [](const std::string& mx, const std::string& record) {
    return World()
        .txt("a.eu.example", "v=spf1 ip4:198.51.100.1 -all")
        .ptr("198.18.0.1", "mail.b.eu.example")
        .a("mail.b.eu.example", "198.18.0.1")
        .mx("eu.example", mx)
        .txt("eu.example", record);
  };
  const auto added = [](const World& all) { return explain(all, "198.18.0.1", "u@a.eu.example").added(); };
  CHECK(added(world("mail.b.eu.example", "v=spf1 -all")) == "a:mail.b.eu.example");
  CHECK(added(world("mx.eu.example", "v=spf1 ip4:198.18.0.1 -all")) == "a:mail.b.eu.example");
  const Explained stranger = explain(world("mx.eu.example", "v=spf1 -all"), "198.18.0.1", "u@a.eu.example");
  CHECK(stranger.added() == "ip4:198.18.0.1");
  CHECK(stranger.says("nothing connects eu.example with a.eu.example."));
}

TEST_CASE("why: no change exceeds the limits, for any client (RFC 7208 §4.6.4)") {
  const auto record = [](int terms) {
    std::string text = "v=spf1";
    for (int i = 0; i < terms; ++i) text += " a:h.example";
    return text + " -all";
  };
  const auto world = [&](int terms) {
    return with(record(terms))
        .a("h.example", "198.51.100.1")
        .a("h.example", "2001:dba::1")
        .ptr("198.18.0.1", "mail.example.com")
        .a("mail.example.com", "198.18.0.1")
        .a("mail.example.com", "2001:dba::2");
  };
  CHECK(explain(world(9), "198.18.0.1").added() == "a:mail.example.com");
  CHECK(explain(world(9), "198.18.0.1").why.change->lookups == 10);
  CHECK(explain(world(10), "198.18.0.1").added() == "ip4:198.18.0.1");
  CHECK(explain(world(10), "198.18.0.1").why.change->lookups == 10);
  CHECK(explain(world(10), "198.18.0.1").says("With 'a:mail.example.com' in the record, a check would exceed the limits"));
  // Names without AAAA are void look-ups of IPv6 clients.
  const auto voids = [](const std::string& text) {
    return with(text)
        .a("h.example", "198.51.100.1")
        .a("i.example", "198.51.100.2")
        .ptr("198.18.0.1", "mail.example.com")
        .a("mail.example.com", "198.18.0.1");
  };
  CHECK(explain(voids("v=spf1 a:h.example -all"), "198.18.0.1").added() == "a:mail.example.com");
  CHECK(explain(voids("v=spf1 a:h.example a:i.example -all"), "198.18.0.1").added() == "ip4:198.18.0.1");
}

TEST_CASE("why: a provider is added by the record that it publishes for its customers, if that lets the client pass") {
  const auto world = [](const std::string& record) {
    return with("v=spf1 ip4:198.51.100.1 -all")
        .ptr("198.18.0.1", "out.esp.example")
        .a("out.esp.example", "198.18.0.1")
        .txt("_spf.esp.example", record);
  };
  const Explained provider = explain(world("v=spf1 ip4:198.18.0.0/24 -all"), "198.18.0.1");
  CHECK(provider.added() == "include:_spf.esp.example");
  CHECK(provider.says("If esp.example is to send mail for example.com, add"));
  const Explained other = explain(world("v=spf1 ip4:192.0.3.0/24 -all"), "198.18.0.1");
  CHECK(other.added() == "ip4:198.18.0.1");
  CHECK(other.says("nothing connects esp.example with example.com"));
}

TEST_CASE("why: a provider in the tree should add its host to its own record") {
  const auto world = [](const std::string& provider) {
    return with("v=spf1 include:" + provider + " -all")
        .ptr("198.18.0.1", "out.esp.example")
        .a("out.esp.example", "198.18.0.1")
        .txt("all.esp.example", "v=spf1 ip4:198.51.100.1 -all")
        .txt("other.example", "v=spf1 ip4:198.51.100.1 -all");
  };
  const Explained known = explain(world("all.esp.example"), "198.18.0.1");
  CHECK_FALSE(known.why.change);
  CHECK(known.says("esp.example should add it to its own record"));
  CHECK(explain(world("other.example"), "198.18.0.1").added() == "ip4:198.18.0.1");
}

TEST_CASE("why: a host that receives or sends the mail of another domain looks like a forwarder") {
  const auto world = [](const std::string& mx, const std::string& record) {
    return with("v=spf1 ip4:198.51.100.1 -all")
        .ptr("198.18.0.1", "mx1.uni.example")
        .a("mx1.uni.example", "198.18.0.1")
        .a("mx2.uni.example", "198.18.0.2")
        .mx("uni.example", mx)
        .txt("uni.example", record);
  };
  const Explained receives = explain(world("mx1.uni.example", "v=spf1 -all"), "198.18.0.1");
  CHECK(receives.why.forwarder_of == "uni.example");
  CHECK(receives.says("The client looks like a forwarder: it receives the mail of uni.example."));
  CHECK_FALSE(receives.why.change);
  const Explained sends = explain(world("mx2.uni.example", "v=spf1 ip4:198.18.0.1 -all"), "198.18.0.1");
  CHECK(sends.why.forwarder_of == "uni.example");
  CHECK_FALSE(sends.why.change);
  const Explained neither = explain(world("mx2.uni.example", "v=spf1 ip4:198.18.0.2 -all"), "198.18.0.1");
  CHECK(neither.why.forwarder_of.empty());
  CHECK(neither.added() == "ip4:198.18.0.1");
}

TEST_CASE("why: an address from which no mail comes is not to be added") {
  for (const std::string_view address : {"10.1.2.3", "127.0.0.1", "172.31.0.1", "192.168.1.1", "169.254.0.1", "fe80::1",
                                         "fd00::1", "192.0.2.1", "203.0.113.1", "2001:db8::1"}) {
    CAPTURE(address);
    for (const World& world : {with("v=spf1 ip4:198.51.100.1 -all"), World().mx("example.com", "mail.example.com")}) {
      const Explained got = explain(world, address);
      CHECK((!got.why.change || got.why.change->record == "v=spf1 mx -all"));
      CHECK(got.says("from which no mail comes over the Internet"));
    }
  }
  CHECK(explain(with("v=spf1 ip4:198.51.100.1 -all"), "192.0.2.1")
            .says("192.0.2.1 is a special address (for documentation), from which no mail comes over the Internet"));
  CHECK(explain(with("v=spf1 ip4:198.51.100.1 -all"), "172.32.0.1").why.change);
}

// ---- what is not known -------------------------------------------------------------------------------------------------------

TEST_CASE("why: questions that DNS did not answer are named; a change is shown only if it is proven") {
  const World world = with("v=spf1 a:h.example -all")
                          .a("h.example", "198.51.100.1")
                          .ptr("198.18.0.1", "mail.example.com")
                          .a("mail.example.com", "198.18.0.1")
                          .failure("h.example", dns::Type::aaaa);
  const Explained got = explain(world, "198.18.0.1");
  CHECK(got.why.missing == std::vector<std::string>{"'AAAA h.example: SERVFAIL'"});
  // The effect of 'a:' on IPv6 clients is not known.
  CHECK(got.added() == "ip4:198.18.0.1");
  CHECK(got.why.change->lookups == 1);
  const Explained nameless =
      explain(with("v=spf1 ip4:198.51.100.1 -all").failure("1.0.18.198.in-addr.arpa", dns::Type::ptr), "198.18.0.1");
  CHECK(nameless.why.missing == std::vector<std::string>{"'PTR 1.0.18.198.in-addr.arpa: SERVFAIL'"});
}

TEST_CASE("why: a record that is too long is not shown") {
  const auto record = [](std::size_t size) { return "v=spf1 padding=" + std::string(size - 20, 'x') + " ~all"; };
  CHECK(explain(with(record(lint::kMaxChanged - 40)), "198.18.0.1").why.change);
  const Explained got = explain(with(record(lint::kMaxChanged)), "198.18.0.1");
  CHECK_FALSE(got.why.change);
  CHECK(got.says("'ip4:198.18.0.1' has to be added to the record"));
}

// ---- hostile worlds ----------------------------------------------------------------------------------------------------------

// Returns the text without the parts in single quotes.
std::string unquoted(const std::string& text) {
  std::string out;
  bool is_quoted = false;
  for (const char c : text) {
    if (c == '\'') is_quoted = !is_quoted;
    if (!is_quoted) out += c;
  }
  CHECK_FALSE(is_quoted);
  return out;
}

void check_texts(const Explained& got) {
  std::size_t size = 0;
  for (const std::vector<std::string>* texts : {&got.why.sentences, &got.why.missing}) {
    for (const std::string& text : *texts) {
      CAPTURE(text);
      CHECK(base::all_printable(text));
      CHECK(unquoted(text).find("EVIL") == std::string::npos);
      size += text.size();
    }
  }
  CHECK(base::all_printable(got.why.term));
  CHECK(base::all_printable(got.why.client_name));
  CHECK(size < 16'000);
  CHECK(got.questions <= spf::QuestionBudget::kMost + 100);
  if (got.why.change) CHECK(base::all_printable(got.why.change->record));
}

TEST_CASE("why: text that others chose cannot be taken for our words") {
  const World names = with("v=spf1 a:h.example -all")
                          .a("h.example", "198.51.100.1")
                          .ptr("198.18.0.1", "EVIL says: it's fine. x.example")
                          .a("evil says: it's fine. x.example", "198.18.0.1");
  check_texts(explain(names, "198.18.0.1"));
  for (const std::string& record :
       std::vector<std::string>{"v=spf1 EVIL'is.fine:x -all", "v=spf1 a:EVIL'.said.so.example -all", "v=spf1 \x01'EVIL\xff -all",
                                "v=spf1 include:EVIL'%_x.example -all", "v=spf1 -exists:EVIL'%{i}.example -all",
                                "v=spf1 redirect=EVIL'%_x.example", "v=spf1 mx:EVIL'.x.example ~all EVIL'=x"}) {
    CAPTURE(record);
    for (const dns::Status status : {dns::Status::ok, dns::Status::failure, dns::Status::name_error}) {
      check_texts(explain(
          [&](const dns::Question& question) {
            dns::Answer answer;
            answer.status = question.name.text() == "example.com" ? dns::Status::ok : status;
            answer.problem = "SERVFAIL";
            if (question.type == dns::Type::txt)
              answer.texts.push_back(question.name.text() == "example.com" ? record : "v=spf1 ip4:198.51.100.1 -all");
            if (question.type == dns::Type::ptr || question.type == dns::Type::mx) answer.names = {"EVIL' mx.example", "?", ""};
            if (question.type == dns::Type::a) answer.addresses.push_back(base::IpAddress::v4({127, 0, 0, 2}));
            return answer;
          },
          "198.18.0.1", "EVIL'@example.com", "EVIL' helo.example"));
    }
  }
}

TEST_CASE("why: trees that explode, loops, records of 60 KB and clients of a thousand names are bounded") {
  const auto tree = [](const std::string& own, int width) {
    return [own, width](const dns::Question& question) {
      dns::Answer answer;
      const std::string name(question.name.text());
      if (question.type == dns::Type::txt) {
        std::string text = "v=spf1";
        for (int i = 0; i < width; ++i) text += fmt::format(" ?include:n{}.{}", i, name.size() > 200 ? "loop.example" : name);
        answer.texts.push_back(name == "example.com" && !own.empty() ? own : text + " ?all");
      }
      if (question.type == dns::Type::ptr) {
        for (int i = 0; i < 1000; ++i) answer.names.push_back(fmt::format("host{}.example.net", i));
      }
      if (question.type == dns::Type::mx) {
        for (int i = 0; i < 10; ++i) answer.names.push_back(fmt::format("mx{}.{}", i, name));
      }
      if (question.type == dns::Type::a) answer.addresses.push_back(*base::IpAddress::parse("198.18.0.1"));
      return answer;
    };
  };
  std::string wide = "v=spf1";
  while (wide.size() < 60'000) wide += fmt::format(" ip4:198.51.{}.{}", wide.size() % 256, wide.size() / 256 % 256);
  std::string macros = "v=spf1";
  for (int i = 0; i < 8; ++i) macros += fmt::format(" exists:%{{l}}.%{{h}}.%{{ir}}.m{}.example", i);
  for (const std::string& own : std::vector<std::string>{"", wide + " -all", macros + " -all", "v=spf1 include:example.com -all",
                                                         "v=spf1 mx mx:b.example mx:c.example a ptr:d.example ~all"}) {
    for (const int width : {0, 1, 10}) {
      CAPTURE(own.substr(0, 100));
      CAPTURE(width);
      check_texts(explain(tree(own, width), "203.0.113.1"));
      check_texts(explain(tree(own, width), "198.18.0.1"));
    }
  }
}

}  // namespace
