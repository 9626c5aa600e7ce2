// explain=1: explanations of the built spfd, where they are allowed; their bounds; their effect on other clients.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "t/support/dns_server.h"
#include "t/support/spfd_process.h"

namespace {

using support::Answer;
using support::Client;
using support::DnsServer;
using support::SpfdProcess;
using Fault = support::Reaction::Fault;

constexpr std::string_view kZone = R"($TTL 300
test. SOA a.test. b.test. 1 2 3 4 5
shop.test. TXT "v=spf1 a:mail.shop.test/30 -all"
mail.shop.test. A 198.18.0.64
new.shop.test. A 198.18.0.69
soft.test. TXT "v=spf1 ip4:198.18.0.69 ~all"
helo.test. TXT "v=spf1 ip4:198.51.100.1 -all"
in-addr.arpa. SOA a.test. b.test. 1 2 3 4 5
69.0.18.198.in-addr.arpa. PTR new.shop.test.
)";

std::string question(std::string_view more = "explain=1\n", std::string_view sender = "u@shop.test",
                     std::string_view ip = "198.18.0.69") {
  std::string text = "helo=helo.test\n";
  return text.append("ip=").append(ip).append("\nsender=").append(sender).append("\n").append(more).append("\n");
}

TEST_CASE("explain=1: the explanation and the change, before the id; without it, the answer has neither") {
  const SpfdProcess spfd({.arguments = {"--allow-explain"}, .zone = std::string(kZone)});
  const std::string text = spfd.ask(question("explain=1\nid=7\n"));
  CHECK(text.find(
            "\nvoid_lookups=0\nwhy=No term before '-all' in the record of shop.test matches 198.18.0.69: the result is fail. ") !=
        std::string::npos);
  CHECK(text.ends_with(
      "\nchange_name=shop.test\nchange_record=v=spf1 a:mail.shop.test/30 a:new.shop.test -all\nchange_lookups=2\nid=7\n\n"));
  const Answer plain = spfd.answer(question(""));
  for (const char* key : {"why", "why_missing", "change_name"}) CHECK(plain.count(key) == 0);
  const std::string json = spfd.ask(question("explain=1\nformat=json\n"));
  CHECK(json.find(
            ", \"why\": {\"term\": \"-all\", \"record_of\": \"shop.test\", \"nearest\": {\"network\": \"198.18.0.64/30\", ") !=
        std::string::npos);
  CHECK(
      json.ends_with(", \"change\": {\"name\": \"shop.test\", \"record\": \"v=spf1 a:mail.shop.test/30 a:new.shop.test -all\", "
                     "\"lookups\": 2}}\n"));
}

TEST_CASE("explain=1 where it is not allowed: the same answer, and a line that says so") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const Answer answer = spfd.answer(question());
  CHECK(answer.at("result") == "fail");
  CHECK(answer.at("why") == "");
  CHECK(answer.at("why_missing") == "this spfd does not explain (allow-explain)");
  CHECK(answer.count("change_name") == 0);
}

TEST_CASE("explain=1: local policy, clients that are not checked, and the identity that decided") {
  const SpfdProcess spfd({.arguments = {"--allow-explain", "--exempt-clients=203.0.113.0/24", "--trusted-forwarders=198.18.0.70",
                                        "--check-helo=first"},
                          .zone = std::string(kZone)});
  CHECK(spfd.answer(question("explain=1\n", "u@shop.test", "203.0.113.1")).at("why") ==
        "SPF was not checked: 'the client is exempt, 203.0.113.0/24'.");
  // HELO fails first.
  const Answer helo = spfd.answer(question());
  CHECK(helo.at("identity") == "helo");
  CHECK(helo.at("why").starts_with("No term before '-all' in the record of helo.test matches"));
  CHECK(helo.at("change_name") == "helo.test");
  const Answer forwarder = spfd.answer(question("explain=1\nhelo=none.test\n", "u@shop.test", "198.18.0.70"));
  CHECK(forwarder.at("result") == "neutral");
  CHECK(forwarder.at("why").starts_with("Local policy of this host had an effect: 'trusted-forwarders: "));
  CHECK(forwarder.at("why").find("the result is fail") != std::string::npos);
}

TEST_CASE("explain=1: a worker explains eight checks at once; others are answered without, and say so") {
  DnsServer dns([](const dns::Question& /*question*/, bool /*tcp*/) { return support::react(Fault::silence); });
  // Without the reverse zone, the client's names are asked from DNS.
  const std::string zone = std::string(kZone).substr(0, kZone.find("in-addr.arpa."));
  const SpfdProcess spfd(
      {.arguments = {"--allow-explain", "--workers=1", "--nameserver", dns.address(), "--timeout=20s"}, .zone = zone});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Client>(spfd.address()));
    clients.back()->send(question("explain=1\n", "u@shop.test", "198.18.0." + std::to_string(100 + i)));
  }
  support::wait_until("the explanations to ask", [&] {
    int asked = 0;
    for (int i = 0; i < 8; ++i) {
      const auto name = dns::Name::parse(std::to_string(100 + i) + ".0.18.198.in-addr.arpa");
      if (dns.count({*name, dns::Type::ptr}) > 0) ++asked;
    }
    return asked == 8;
  });
  const Answer ninth = spfd.answer(question());
  CHECK(ninth.at("result") == "fail");
  CHECK(ninth.at("why_missing") == "too many explanations are under way: ask again later");
  // Checks without an explanation continue.
  CHECK(spfd.answer(question("", "u@soft.test")).at("result") == "pass");
  // One that is dropped makes room.
  clients.erase(clients.begin());
  support::wait_until("room", [&] {
    const Answer tenth = spfd.answer(question("explain=1\ntimeout=1\n"));
    return tenth.at("why_missing").find("too many") == std::string::npos;
  });
}

TEST_CASE("explain=1: silent DNS about the client costs half of the time, and the answer lists what is not known") {
  DnsServer dns([](const dns::Question& /*question*/, bool /*tcp*/) { return support::react(Fault::silence); });
  const std::string zone = std::string(kZone).substr(0, kZone.find("in-addr.arpa."));
  const SpfdProcess spfd({.arguments = {"--allow-explain", "--nameserver", dns.address(), "--timeout=1s"}, .zone = zone});
  const Answer answer = spfd.answer(question());
  CHECK(answer.at("result") == "fail");
  CHECK(answer.at("why_missing") == "'PTR 69.0.18.198.in-addr.arpa: timed out'");
  CHECK(answer.at("change_record") == "v=spf1 a:mail.shop.test/30 ip4:198.18.0.69 -all");
}

TEST_CASE("explain=1 in Postfix's policy requests is ignored") {
  const SpfdProcess spfd({.arguments = {"--allow-explain"}, .zone = std::string(kZone)});
  const std::string answer = spfd.ask(
      "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=198.18.0.69\nhelo_name=x.test\n"
      "sender=u@shop.test\nrecipient=x@y.test\nexplain=1\n\n");
  CHECK(answer.starts_with("action=550 5.7.23 "));
  CHECK(answer.find("why=") == std::string::npos);
}

}  // namespace
