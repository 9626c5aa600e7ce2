// The sender rewriting scheme. The vectors come from Mail::SRS, libsrs2, postsrsd and Exim, at 2020-01-01 00:01:00 UTC.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "common/base/printable.h"
#include "common/srs/address.h"
#include "common/srs/rewriter.h"
#include "t/support/show.h"
#include "t/unit/srs_rewriter.h"

namespace {

using srs::Config;
using srs::Reason;
using srs::Rewriter;
using srs_rewriter::forward;
using srs_rewriter::kAlias;
using srs_rewriter::kDay;
using srs_rewriter::make;
using srs_rewriter::outcome;
using srs_rewriter::Outcome;
using srs_rewriter::reverse;
using srs_rewriter::sign;
using srs_rewriter::why_not_forward;
using srs_rewriter::why_not_reverse;
using srs_rewriter::with_secret;

TEST_CASE("SRS: vectors of Mail::SRS, forward") {
  const Rewriter rewriter = make();
  CHECK(sign("2Wotherdomain.comtest") == "vmyz7BwaV7BFsJiaZTJeJaQF2Ys");
  CHECK(forward(rewriter, "test@otherdomain.com") == "SRS0=vmyz=2W=otherdomain.com=test@example.com");
  CHECK(forward(rewriter, "Test@OtherDomain.COM") == "SRS0=vmyz=2W=OtherDomain.COM=Test@example.com");
  CHECK(forward(rewriter, "a=b+c@otherdomain.com") == "SRS0=Oqla=2W=otherdomain.com=a=b+c@example.com");
  CHECK(forward(rewriter, "test@example.com") == "test@example.com");
  CHECK(forward(rewriter, "test@EXAMPLE.com") == "test@EXAMPLE.com");
  CHECK(forward(rewriter, "SRS0=opaque+string@otherdomain.com") == "SRS1=chaI=otherdomain.com==opaque+string@example.com");
  CHECK(forward(rewriter, "srs0=opaque+string@otherdomain.com") == "SRS1=chaI=otherdomain.com==opaque+string@example.com");
  CHECK(forward(rewriter, "SRS0+HHHH=TT=first.org=user@otherdomain.com") ==
        "SRS1=+fmu=otherdomain.com=+HHHH=TT=first.org=user@example.com");
  CHECK(forward(rewriter, "SRS1=X=thirddomain.com==opaque+string@otherdomain.com") ==
        "SRS1=JIBX=thirddomain.com==opaque+string@example.com");
  CHECK(forward(rewriter, "SRS1+X=thirddomain.com=+opaque+string@otherdomain.com") ==
        "SRS1=gczA=thirddomain.com=+opaque+string@example.com");
  // The alias may be an address.
  CHECK(forward(rewriter, "test@otherdomain.com", "bob@example.com") == "SRS0=vmyz=2W=otherdomain.com=test@example.com");
  CHECK(forward(rewriter, "test@otherdomain.com", "\"b@c\"@example.com") == "SRS0=vmyz=2W=otherdomain.com=test@example.com");

  Config config = with_secret();
  config.separator = '+';
  CHECK(forward(make(config), "test@otherdomain.com") == "SRS0+vmyz=2W=otherdomain.com=test@example.com");
  CHECK(forward(make(config), "SRS0=opaque+string@otherdomain.com") == "SRS1+chaI=otherdomain.com==opaque+string@example.com");
  config.separator = '-';
  CHECK(forward(make(config), "test@otherdomain.com") == "SRS0-vmyz=2W=otherdomain.com=test@example.com");
  config = with_secret();
  config.hash_length = 8;
  CHECK(forward(make(config), "test@otherdomain.com") == "SRS0=vmyz7Bwa=2W=otherdomain.com=test@example.com");
  config = with_secret();
  config.always_rewrite = true;
  CHECK(forward(make(config), "test@example.com") == "SRS0=e/ne=2W=example.com=test@example.com");
  config = with_secret();
  config.secrets = {"tops3cr3t\n"};
  CHECK(forward(make(config), "test@otherdomain.com") == "SRS0=FHfC=2W=otherdomain.com=test@example.com");
}

TEST_CASE("SRS: vectors of Mail::SRS, reverse") {
  const Rewriter rewriter = make();
  CHECK(reverse(rewriter, "SRS0=vmyz=2W=otherdomain.com=test@example.com") == "test@otherdomain.com");
  CHECK(reverse(rewriter, "SRS0=XjO9=2V=otherdomain.com=test@example.com") == "test@otherdomain.com");
  CHECK(reverse(rewriter, "srs0=VMYZ=2w=OTHERDOMAIN.com=TEST@example.com") == "TEST@OTHERDOMAIN.com");
  CHECK(reverse(rewriter, "SRS0+vmyz=2W=otherdomain.com=test@example.com") == "test@otherdomain.com");
  CHECK(reverse(rewriter, "SRS0-vmyz=2W=otherdomain.com=test@example.com") == "test@otherdomain.com");
  CHECK(reverse(rewriter, "SRS0=Oqla=2W=otherdomain.com=a=b+c@example.com") == "a=b+c@otherdomain.com");
  CHECK(reverse(rewriter, "SRS0=0bVp=2W=otherdomain.com=\"a b\"@example.com") == "\"a b\"@otherdomain.com");
  CHECK(reverse(rewriter, "SRS0=e/ne=2W=example.com=test@example.com") == "test@example.com");
  CHECK(reverse(rewriter, "SRS1=JIBX=thirddomain.com==opaque+string@example.com") == "SRS0=opaque+string@thirddomain.com");
  CHECK(reverse(rewriter, "SRS1=chaI=otherdomain.com==opaque+string@example.com") == "SRS0=opaque+string@otherdomain.com");
  CHECK(reverse(rewriter, "srs1-CHAI=otherdomain.com==opaque+string@example.com") == "SRS0=opaque+string@otherdomain.com");
  CHECK(reverse(rewriter, "SRS1=gczA=thirddomain.com=+opaque+string@example.com") == "SRS0+opaque+string@thirddomain.com");
  // More characters of the hash than we write are accepted if they are right.
  CHECK(reverse(rewriter, "SRS0=vmyz7Bwa=2W=otherdomain.com=test@example.com") == "test@otherdomain.com");
  CHECK(reverse(rewriter, "SRS0=vmyz7BwaV7BFsJiaZTJeJaQF2Ys=2W=otherdomain.com=test@example.com") == "test@otherdomain.com");
}

TEST_CASE("SRS: senders of our own domains and excluded ones are unchanged") {
  Config config = with_secret();
  config.rewriting_domain = "srs.example.com";
  config.rewriting_domains = {{"Shop.Example", "bounce.shop.example"}};
  config.local_domains = {"example.org", ".example.org"};
  config.excluded_domains = {"partner.example", ".sub.example"};
  const Rewriter rewriter = make(config);
  CHECK(outcome(rewriter, "a@example.com") == Outcome::own_domain);  // domain of the alias
  CHECK(outcome(rewriter, "a@srs.example.com", "x@example.net") == Outcome::own_domain);
  CHECK(outcome(rewriter, "a@bounce.shop.example", "x@example.net") == Outcome::own_domain);
  CHECK(outcome(rewriter, "a@EXAMPLE.org", "x@example.net") == Outcome::own_domain);
  CHECK(outcome(rewriter, "a@example.org.", "x@example.net") == Outcome::own_domain);
  CHECK(outcome(rewriter, "a@deep.er.example.org", "x@example.net") == Outcome::own_domain);
  CHECK(outcome(rewriter, "a@partner.example") == Outcome::excluded);
  CHECK(outcome(rewriter, "a@x.partner.example") == Outcome::rewritten);
  CHECK(outcome(rewriter, "a@x.sub.example") == Outcome::excluded);
  CHECK(outcome(rewriter, "a@sub.example") == Outcome::rewritten);
  CHECK(outcome(rewriter, "a@notexample.org") == Outcome::rewritten);

  config.always_rewrite = true;
  const Rewriter always = make(config);
  CHECK(outcome(always, "a@example.com") == Outcome::rewritten);
  CHECK(outcome(always, "a@example.org") == Outcome::rewritten);
  CHECK(outcome(always, "a@partner.example") == Outcome::excluded);
}

TEST_CASE("SRS: each of our domains may have its own rewriting domain") {
  Config config = with_secret();
  config.rewriting_domains = {{"Shop.Example", "bounce.shop.example"},
                              {"b\xc3\xbc"
                               "cher.example",
                               "srs.buch.example"}};
  CHECK(forward(make(config), "test@otherdomain.com", "bob@SHOP.example") ==
        "SRS0=vmyz=2W=otherdomain.com=test@bounce.shop.example");
  CHECK(forward(make(config), "test@otherdomain.com", "xn--bcher-kva.example") ==
        "SRS0=vmyz=2W=otherdomain.com=test@srs.buch.example");
  CHECK(forward(make(config), "test@otherdomain.com", "bob@Else.example") == "SRS0=vmyz=2W=otherdomain.com=test@Else.example");
  CHECK(why_not_forward(make(config), "test@otherdomain.com", "") == Reason::alias);
  config.rewriting_domain = "srs.example.com";
  CHECK(forward(make(config), "test@otherdomain.com", "bob@else.example") == "SRS0=vmyz=2W=otherdomain.com=test@srs.example.com");
  CHECK(forward(make(config), "test@otherdomain.com", "") == "SRS0=vmyz=2W=otherdomain.com=test@srs.example.com");
  CHECK(forward(make(config), "test@otherdomain.com", "shop.example") == "SRS0=vmyz=2W=otherdomain.com=test@bounce.shop.example");
  // If the configuration lists all rewriting domains, addresses in other domains are not ours.
  CHECK(reverse(make(config), "SRS0=vmyz=2W=otherdomain.com=test@bounce.shop.example") == "test@otherdomain.com");
  CHECK(reverse(make(config), "SRS0=vmyz=2W=otherdomain.com=test@SRS.example.com.") == "test@otherdomain.com");
  CHECK(why_not_reverse(make(config), "SRS0=vmyz=2W=otherdomain.com=test@else.example") == Reason::own_domain);
}

TEST_CASE("SRS: one of our own SRS addresses as sender is unchanged if it is valid") {
  Config config = with_secret();
  config.always_rewrite = true;
  const Rewriter rewriter = make(config);
  CHECK(outcome(rewriter, "SRS0=vmyz=2W=otherdomain.com=test@example.com") == Outcome::already_ours);
  CHECK(outcome(rewriter, "SRS1=JIBX=thirddomain.com==opaque+string@example.com") == Outcome::already_ours);
  CHECK(outcome(make(), "SRS0=vmyz=2W=otherdomain.com=test@example.com") == Outcome::already_ours);
  CHECK(outcome(make(), "SRS0=FAKE=2W=otherdomain.com=test@example.com") == Outcome::own_domain);
  // The same fields at another host belong to that host.
  CHECK(outcome(rewriter, "SRS0=vmyz=2W=otherdomain.com=test@example.net") == Outcome::rewritten);
  CHECK(forward(rewriter, "SRS0=FAKE=2W=otherdomain.com=test@example.com").starts_with("SRS1="));
  // A text that resembles SRS1 but cannot be reversed is an ordinary local part.
  for (const std::string_view sender : {"SRS1=x@otherdomain.com", "SRS1=x=@otherdomain.com", "SRS1=x=host@otherdomain.com",
                                        "SRS1=x=host=nothing@otherdomain.com", "SRS1=x===y@otherdomain.com"}) {
    CAPTURE(sender);
    CHECK(forward(rewriter, sender).starts_with("SRS0="));
    CHECK(reverse(rewriter, forward(rewriter, sender)) == sender);
  }
}

TEST_CASE("SRS: the null sender is unchanged") {
  CHECK(outcome(make(), "") == Outcome::null_sender);
  CHECK(outcome(make(), "<>") == Outcome::null_sender);
  CHECK(outcome(make(), "\"\"") == Outcome::null_sender);  // Postfix
  CHECK(outcome(make(), "", "") == Outcome::null_sender);
}

TEST_CASE("SRS: a text that is not an address is neither rewritten nor reversed") {
  const Rewriter rewriter = make();
  const auto bad = [&](const std::string& text, Reason reason) {
    CAPTURE(text);
    CHECK(why_not_forward(rewriter, text) == reason);
    CHECK(why_not_reverse(rewriter, text) == reason);
  };
  bad("nobody", Reason::at_sign);
  bad("@otherdomain.com", Reason::local_part);
  bad("@", Reason::local_part);
  bad("a@", Reason::domain);
  bad("a@.otherdomain.com", Reason::domain);
  bad("a@other..com", Reason::domain);
  bad("a@other=domain.com", Reason::domain);  // "=" would end the field
  bad("a@other domain.com", Reason::domain);
  bad("a@otherdomain.com>", Reason::domain);
  bad("<a@otherdomain.com>", Reason::domain);
  bad("a@other\ndomain.com", Reason::domain);
  bad("a@[]", Reason::domain);
  bad("a@[192.0.2.1", Reason::domain);
  bad("a@[192.0.2]", Reason::domain);
  bad("a@[x]", Reason::domain);
  bad("a@[2001:db8::1]", Reason::domain);
  bad("a@[IPv6:192.0.2.1]", Reason::domain);
  bad("a@[", Reason::domain);
  bad("a@\xff.com", Reason::domain);
  bad("a@" + std::string(256, 'a'), Reason::domain);
  bad("a@b@otherdomain.com", Reason::at_sign);
  bad("\"a@b\"@otherdomain.com", Reason::at_sign);
  bad("a b@otherdomain.com", Reason::characters);
  bad("a\tb@otherdomain.com", Reason::characters);
  bad("\"a\nb\"@otherdomain.com", Reason::characters);
  bad("\"a\rb\"@otherdomain.com", Reason::characters);
  bad(std::string("a\0b@otherdomain.com", 19), Reason::characters);
  bad("a\x7f@otherdomain.com", Reason::characters);
  bad("\"ab@otherdomain.com", Reason::local_part);
  bad("\"ab\\\"@otherdomain.com", Reason::local_part);
  bad("a\"b@otherdomain.com", Reason::local_part);
  // Bytes of Latin-1, and invalid UTF-8.
  bad("j\xfcrgen@otherdomain.com", Reason::characters);
  bad("a\xc0\xaf@otherdomain.com", Reason::characters);
  bad("a\xed\xa0\x80@otherdomain.com", Reason::characters);
  bad("a\xe2\x82@otherdomain.com", Reason::characters);

  for (const std::string_view alias : {"bob@", "bob@exa mple.com", "bob@example.com\n", "-@=", "a=b"}) {
    CAPTURE(alias);
    CHECK(why_not_forward(rewriter, "test@otherdomain.com", alias) == Reason::alias);
  }
}

TEST_CASE("SRS: an SRS address with a missing field, or with fields that are not an address") {
  const Rewriter rewriter = make();
  CHECK(why_not_reverse(rewriter, "bob@example.com") == Reason::tag);
  CHECK(why_not_reverse(rewriter, "SRS0@example.com") == Reason::tag);
  CHECK(why_not_reverse(rewriter, "SRS0vmyz=2W=otherdomain.com=test@example.com") == Reason::tag);
  CHECK(why_not_reverse(rewriter, "SRS2=vmyz=2W=otherdomain.com=test@example.com") == Reason::tag);
  CHECK(why_not_reverse(rewriter, "SRS0=@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS0=vmyz@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS0=vmyz=2W@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS0=vmyz=2W=otherdomain.com@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS0====@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS1=@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS1=JIBX@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS1=JIBX=thirddomain.com@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS1=JIBX=thirddomain.com=@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS1=JIBX=thirddomain.com=opaque@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS1=JIBX===opaque@example.com") == Reason::fields);
  // The form of Mail::SRS before SRS1 had a hash.
  CHECK(why_not_reverse(rewriter, "SRS1=thirddomain.com==opaque+string@example.com") == Reason::fields);
  // The hash does not cover the borders between the fields (in all implementations): the fields must still be an address.
  CHECK(why_not_reverse(rewriter, "SRS0=vmyz=2W==otherdomain.comtest@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS0=vmyz=2W=otherdomain.comtest=@example.com") == Reason::fields);
  CHECK(why_not_reverse(rewriter, "SRS0=vmyz==2Wotherdomain.com=test@example.com") == Reason::stamp_form);
  // Signed by somebody without a check.
  const std::string hash = sign("2Wa bc.comtest").substr(0, 4);
  CHECK(why_not_reverse(rewriter, "SRS0=" + hash + "=2W=\"a b\"c.com=test@example.com") == Reason::hash);
  const std::string other = sign("2W..test").substr(0, 4);
  CHECK(why_not_reverse(rewriter, "SRS0=" + other + "=2W=..=test@example.com") == Reason::fields);
}

TEST_CASE("RFC 5321 §4.5.3.1.1: a local part longer than 64 octets is written with a warning: bulk senders have long ones") {
  // A bounce address in the form of Amazon SES.
  const std::string sender = "0100018c2d3e4f5a-1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9-000000@eu-west-1.amazonses.com";
  const auto result = make().forward(sender, kAlias, kDay);
  REQUIRE(result.ok());
  CHECK(result->outcome == Outcome::rewritten);
  CHECK(result->warning == "the new local part has 97 octets; some servers accept only 64");
  CHECK(reverse(make(), result->address) == sender);
  const auto longest = make().forward(std::string(64 - 29, 'a') + "@otherdomain.com", kAlias, kDay);
  REQUIRE(longest.ok());
  CHECK(longest->warning.empty());
}

TEST_CASE("RFC 5321 §4.5.3.1: a sender that would exceed the limit is not rewritten") {
  Config strict = with_secret();
  strict.max_local_part = 64;
  const Rewriter rewriter = make(strict);
  // "SRS0=vmyz=2W=" and "=otherdomain.com=" take 29 octets.
  const std::string longest(64 - 29, 'a');
  const std::string rewritten = forward(rewriter, longest + "@otherdomain.com");
  CHECK(rewritten.find('@') == 64);
  CHECK(reverse(rewriter, rewritten) == longest + "@otherdomain.com");
  CHECK(why_not_forward(rewriter, longest + "a@otherdomain.com") == Reason::local_part_length);
  CHECK(why_not_forward(rewriter, std::string(64, 'a') + "@otherdomain.com") == Reason::local_part_length);
  CHECK(rewriter.forward(std::string(64, 'a') + "@otherdomain.com", kAlias, kDay).error().text ==
        "the local part would be 93 octets long; the limit is 64");
  CHECK(why_not_forward(rewriter, "SRS0=" + std::string(60, 'a') + "@otherdomain.com") == Reason::local_part_length);
  // The limit applies to rewritten senders: an unchanged sender may have any length.
  CHECK(outcome(rewriter, std::string(64, 'a') + "@example.com") == Outcome::own_domain);

  Config config = with_secret();
  config.max_local_part = 200;
  CHECK(forward(make(config), std::string(64, 'a') + "@otherdomain.com").starts_with("SRS0="));
  const std::string alias = std::string(63, 'b') + "." + std::string(63, 'b') + "." + std::string(62, 'b');
  CHECK(alias.size() == 190);
  CHECK(forward(make(config), std::string(34, 'a') + "@otherdomain.com", alias).size() == 254);
  CHECK(why_not_forward(make(config), longest + "@otherdomain.com", alias) == Reason::path_length);
}

TEST_CASE("SRS: internationalized addresses are rewritten as UTF-8 (RFC 6531)") {
  const Rewriter rewriter = make();
  const std::string sender =
      "j\xc3\xbcrgen@b\xc3\xbc"
      "cher.example";
  const std::string rewritten = forward(rewriter, sender);
  CHECK(
      rewritten.ends_with("=2W=b\xc3\xbc"
                          "cher.example=j\xc3\xbcrgen@example.com"));
  CHECK(reverse(rewriter, rewritten) == sender);
  Config config = with_secret();
  config.local_domains = {"xn--bcher-kva.example"};
  CHECK(outcome(make(config), sender) == Outcome::own_domain);
  CHECK(outcome(make(config),
                "a@b\xc3\xbc"
                "cher\xe3\x80\x82"
                "example\xe3\x80\x82") == Outcome::own_domain);  // UTS 46 §4.5: U+3002 is a dot
  for (const char* domain : {"\xe3\x80\x82"
                             "b.org",
                             "a.\xe3\x80\x82"
                             "org"}) {
    CAPTURE(domain);
    CHECK_FALSE(srs::is_domain(domain));
  }
}

TEST_CASE("SRS: quotes around the whole local part, as Postfix writes them") {
  const Rewriter rewriter = make();
  CHECK(reverse(rewriter, "\"SRS0=0bVp=2W=otherdomain.com=a b\"@example.com") == "\"a b\"@otherdomain.com");
  CHECK(reverse(rewriter, "\"SRS0=0bVp=2W=otherdomain.com=\\\"a b\\\"\"@example.com") == "\"a b\"@otherdomain.com");
  CHECK(reverse(rewriter, "\"SRS0=vmyz=2W=otherdomain.com=test\"@example.com") == "test@otherdomain.com");
  CHECK(reverse(rewriter, "\"SRS1=JIBX=thirddomain.com==opaque+string\"@example.com") == "SRS0=opaque+string@thirddomain.com");
  CHECK(why_not_reverse(rewriter, "\"SRS0=0bVp=2W=otherdomain.com=a c\"@example.com") == Reason::hash);
  CHECK(srs::unquoted("\"a\\\"b\\\\\"") == "a\"b\\");
  CHECK(srs::unquoted("\"\"") == "");
  for (const std::string_view local : {"", "a", "\"", "\"a\"b", "\"a\"\"b\"", "a\"b\"", "\"a\\\""}) {
    CAPTURE(local);
    CHECK_FALSE(srs::unquoted(local).has_value());
  }
  for (const std::string_view content : {"", "a b", "\\", "\"", "a\\\"b", "a@b"})
    CHECK(srs::unquoted(base::quoted_string(content)) == content);
}

TEST_CASE("SRS: the original sender of one of our SRS addresses") {
  Config config = with_secret();
  config.rewriting_domain = "example.com";
  const Rewriter rewriter = make(config);
  CHECK(rewriter.original_sender("SRS0=vmyz=2W=otherdomain.com=test@example.com", kDay) == "test@otherdomain.com");
  CHECK(rewriter.original_sender("SRS1=chaI=otherdomain.com==opaque+string@example.com", kDay) ==
        "SRS0=opaque+string@otherdomain.com");
  // Twice through us: our SRS0 address returned from a host that made it SRS1.
  config.secrets = {"tops3cr3t"};
  const std::string twice = forward(make(), "SRS0=vmyz=2W=otherdomain.com=test@example.com", "example.net");
  CHECK(twice.starts_with("SRS1="));
  CHECK(rewriter.original_sender(twice.substr(0, twice.find('@')) + "@example.com", kDay) == "test@otherdomain.com");
  for (const std::string_view sender : {"", "test@otherdomain.com", "SRS0=FAKE=2W=otherdomain.com=test@example.com",
                                        "SRS0=vmyz=2W=otherdomain.com=test@example.net",
                                        "SRS0=g4hs=2A=otherdomain.com=test@example.com", "SRS0=x@otherdomain.com"}) {
    CAPTURE(sender);
    CHECK_FALSE(rewriter.original_sender(sender, kDay).has_value());
  }
}

}  // namespace
