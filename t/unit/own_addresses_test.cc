// SRS addresses of ours in incoming mail: forged recipients in any spelling, and what a rewritten sender may put into texts.
#include "common/receiver/own_addresses.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "common/base/printable.h"
#include "common/srs/stamp.h"
#include "t/support/show.h"
#include "t/unit/rules_world.h"

namespace {

constexpr std::uint64_t kDay = 18262;
constexpr std::string_view kOriginal = "joe@example.org";

receiver::OwnAddresses own_addresses() {
  srs::Config config;
  config.secrets = {"tuno-lemo-kari-paso"};
  config.rewriting_domain = "fwd.example";
  config.local_domains = {"ours.example", ".sub.example"};
  receiver::OwnAddresses own;
  own.rewriter = *srs::Rewriter::make(config);
  own.unwraps = own.checks_recipients = true;
  return own;
}

// Returns why the recipient is refused; empty: it is accepted.
std::string refusal(const receiver::OwnAddresses& own, std::string_view recipient) {
  receiver::Request request;
  request.recipient = recipient;
  request.time = kDay * 86400;
  return receiver::forged_recipient(own, request).value_or("");
}

// Spells an address of a forged SRS local part in ways that mail servers understand, or repair, or deliver nevertheless.
class Spelling {
 public:
  std::string next() {
    std::string local = std::string(one_of(2) == 0 ? "SRS0" : "SRS1") + "=+-"[one_of(3)] + "AAAA=22=example.org=joe";
    for (char& c : local) {
      if (one_of(3) == 0 && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    // Characters that are not allowed, after the tag.
    if (one_of(3) == 0) insert(local, 5, std::string(1, "@\"\\ \t\xff\x80\x01(,;<>[]"[one_of(16)]));
    switch (one_of(4)) {
      case 0: local = base::quoted_string(local); break;
      case 1: insert(local, 0, "\"\""); break;
      case 2: insert(local, 0, "\\"); break;
      default: break;
    }
    switch (one_of(5)) {
      case 0: local = "relay.example!" + local; break;
      case 1: local = "@relay.example,@other.example:" + local; break;
      default: break;
    }
    constexpr std::array<const char*, 8> kDomains = {"@fwd.example",   "@FWD.example",     "@fwd.example.", "@ours.example",
                                                     "@a.sub.example", "@\"fwd.example\"", "@ fwd.example", ""};
    // Without a domain, an "@" would begin one.
    const std::size_t domains = kDomains.size() - (local.find('@') == std::string::npos ? 0 : 1);
    const std::string address = local + kDomains.at(one_of(domains));
    return one_of(3) == 0 ? " < " + address + " > " : address;
  }
  std::size_t one_of(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }

 private:
  void insert(std::string& text, std::size_t from, const std::string& what) {
    text.insert(from + one_of(text.size() - from), what);
  }

  std::mt19937 random_{20261126};
};

}  // namespace

TEST_CASE("srs-check-recipients: a forged address is refused in every spelling") {
  const auto own = own_addresses();
  for (const std::string_view forged :
       {"SRS0=AAAA=22=example.org=joe@fwd.example", "srs0+AAAA=22=example.org=joe@fwd.example",
        "\"SRS0=AAAA=22=example.org=joe\"@fwd.example", "\"SRS0\"=AAAA=22=example.org=joe@fwd.example",
        "SR\"S0=AAAA=22=example.org=\"joe@fwd.example", "\\SRS0=AAAA=22=example.org=joe@fwd.example",
        "\"SRS0=AAAA=22=example.org=a@b\"@fwd.example", "SRS0=AAAA=22=example.org=a@b@fwd.example",
        "SRS0=AAAA=22=example.org=j oe@fwd.example", "SRS0=AAAA=22=example.org=jo\xff@fwd.example",
        "SRS0=AAAA=22=example.org=\"joe@fwd.example", "relay!SRS0=AAAA=22=example.org=joe@fwd.example",
        "@relay:SRS0=AAAA=22=example.org=joe@fwd.example", "SRS0=AAAA=22=example.org=joe",
        "SRS0=AAAA=22=example.org=joe%fwd.example@ours.example", "SRS1=AAAA=example.org==B=22=c=joe@fwd.example.",
        "SRS0=@fwd.example", "SRS0==@fwd.example"}) {
    CAPTURE(forged);
    CHECK_FALSE(refusal(own, forged).empty());
  }
  CHECK(refusal(own, "\"SRS0\"=AAAA=22=example.org=joe@fwd.example") == "we do not write addresses in this way");
  Spelling spelling;
  for (int i = 0; i < 20'000; ++i) {
    const std::string address = spelling.next();
    CAPTURE(address);
    REQUIRE_FALSE(refusal(own, address).empty());
  }
}

TEST_CASE("srs-check-recipients: addresses that we made, and those of others, are accepted") {
  const auto own = own_addresses();
  for (const std::string_view sender : {kOriginal, std::string_view("\"j o\"@example.org"), std::string_view("a=b@example.org"),
                                        std::string_view("SRS0=HHH=TT=d.example=joe@example.org")}) {
    const std::string good = own.rewriter->forward(sender, "", kDay)->address;
    const std::string local = good.substr(0, good.rfind('@'));
    const std::string quoted = local.front() == '"' ? local : base::quoted_string(local);
    for (const std::string& address :
         {good, "<" + good + ">", " <" + good + "> ", good + ".", local + "@FWD.EXAMPLE", quoted + "@fwd.example"}) {
      CAPTURE(address);
      CHECK(refusal(own, address).empty());
    }
  }
  for (const std::string_view other :
       {"", "joe@fwd.example", "SRS0@fwd.example", "SRS0joe=a=b=c@fwd.example", "srs0x=a@fwd.example", "not an address",
        "SRS2=a@fwd.example", "joe+SRS0=a@fwd.example", "SRS0=AAAA=22=example.org=joe@elsewhere.example", "@", "\"", "joe"}) {
    CAPTURE(other);
    CHECK(refusal(own, other).empty());
  }
}

TEST_CASE("srs-unwrap: a stranger's local part adds no result to Authentication-Results (RFC 8601 §2.2)") {
  receiver::Policy policy = support::plain_policy();
  policy.own_addresses = own_addresses();
  receiver::Request request = support::request(rules_world::kClient, "");
  request.time = kDay * 86400;
  request.sender =
      policy.own_addresses.rewriter->forward("\"a; spf=pass smtp.mailfrom=bank.example; x\"@plain.example", "", kDay)->address;
  const receiver::Reply reply = rules_world::reply_to(request, policy);
  CAPTURE(reply.authentication_results);
  CHECK(reply.local_policy.find("srs-unwrap: ") != std::string::npos);
  CHECK(reply.authentication_results.find(", spf=pass") != std::string::npos);
  // The results begin after the first semicolon; the second one is in our own words "; local policy:".
  CHECK(std::count(reply.authentication_results.begin(), reply.authentication_results.end(), ';') == 2);
}
