// spfquery --why: the explanation after the four lines, in JSON, from a server, and in files of requests.
#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "t/query/child.h"
#include "t/query/fake_server.h"
#include "t/query/zone.h"

namespace {

using query_test::FakeServer;
using query_test::Outcome;
using query_test::run_query;
using query_test::ZoneFile;
using Words = std::vector<std::string>;

constexpr std::string_view kZone = R"zone($TTL 300
example.          SOA  ns.example. hostmaster.example. 1 3600 600 86400 300
shop.example.     TXT  "v=spf1 a:mail.shop.example/30 include:esp.example -all"
mail.shop.example. A   198.18.0.64
new.shop.example. A    198.18.0.69
esp.example.      TXT  "v=spf1 ip4:198.51.100.0/24 -all"
typo.example.     TXT  "v=spf1 ipv4:198.18.0.1 -all"
odd.example.      TXT  "v=spf1 x=\"q\\ ~all"
in-addr.arpa.     SOA  ns.example. hostmaster.example. 1 3600 600 86400 300
69.0.18.198.in-addr.arpa. PTR new.shop.example.
)zone";

Words request(const std::string& ip, const std::string& sender, const Words& more = {}) {
  Words words = {"--why", "--ip", ip, "--sender", sender};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_CASE("--why: sentences and a line for the zone file after the four lines; the exit code is that of the check") {
  const ZoneFile zone(kZone);
  const Outcome got = run_query(zone.with(request("198.18.0.69", "u@shop.example")));
  CHECK(got.exit_code == 1);
  CHECK(got.err == "");
  const Words lines = got.lines();
  REQUIRE(lines.size() == 11);
  CHECK(lines[0] == "fail");
  CHECK(lines[3].starts_with("Received-SPF: fail "));
  CHECK(lines[4] == "");
  CHECK(lines[5] == "No term before '-all' in the record of shop.example matches 198.18.0.69: the result is fail.");
  CHECK(
      lines[6] ==
      "198.18.0.69 is 2 addresses after 198.18.0.64/30, which 'a:mail.shop.example/30' in the record of shop.example lets pass.");
  CHECK(lines[7] == "Its name new.shop.example leads back to it, and belongs to the zone of shop.example.");
  CHECK(lines[8] ==
        "If this host is to send mail for shop.example, add 'a:new.shop.example' to its record: then the client passes, with at "
        "most 3 of 10 DNS terms.");
  CHECK(lines[9] == "");
  CHECK(lines[10] == "shop.example. TXT \"v=spf1 a:mail.shop.example/30 include:esp.example a:new.shop.example -all\"");
  CHECK(run_query(zone.with(request("198.51.100.1", "u@shop.example"))).exit_code == 0);
}

TEST_CASE("--why: the record that is shown lets the client pass") {
  const ZoneFile zone(kZone);
  const std::string text = run_query(zone.with(request("198.18.0.69", "u@shop.example", {"--json"}))).out;
  const YAML::Node object = YAML::Load(text);
  CHECK(object["result"].as<std::string>() == "fail");
  CHECK(object["why"]["nearest"]["distance"].as<int>() == 2);
  CHECK(object["why"]["text"].size() == 4);
  CHECK(object["why"]["missing"].size() == 0);
  const YAML::Node change = object["change"];
  REQUIRE(change.IsMap());
  CHECK(change["lookups"].as<int>() == 3);
  const std::string record = change["name"].as<std::string>() + "=" + change["record"].as<std::string>();
  CHECK(run_query(zone.with({"--ip", "198.18.0.69", "--sender", "u@shop.example", "--record", record})).exit_code == 0);

  const YAML::Node typo = YAML::Load(run_query(zone.with(request("198.18.0.69", "u@typo.example", {"--json"}))).out);
  CHECK(typo["why"]["term"].as<std::string>() == "ipv4:198.18.0.1");
  CHECK(typo["change"]["record"].as<std::string>() == "v=spf1 ip4:198.18.0.1 -all");
}

TEST_CASE("--why: quotes and backslashes of a record are escaped in the line for the zone file") {
  const ZoneFile zone(kZone);
  const Words lines = run_query(zone.with(request("198.18.0.1", "u@odd.example"))).lines();
  CHECK(lines.back() == R"(odd.example. TXT "v=spf1 x=\"q\\ ip4:198.18.0.1 ~all")");
}

TEST_CASE("--why for a file: each answer is explained") {
  const ZoneFile zone(kZone);
  const Outcome got =
      run_query(zone.with({"--why", "--json", "--file", "-"}), "198.18.0.69 u@shop.example\n198.18.0.69 u@typo.example\n");
  REQUIRE(got.lines().size() == 2);
  for (const std::string& line : got.lines()) CHECK(YAML::Load(line)["why"].IsMap());
}

TEST_CASE("--why --server: the explanation of the server, escaped; or that it does not explain") {
  const auto ask = [](const std::string& answer) {
    const FakeServer server([&](const std::string& /*question*/) { return FakeServer::Reply{.bytes = answer}; });
    const Outcome got =
        run_query(request("198.18.0.1", "u@a.example", {"--server", "inet:127.0.0.1:" + std::to_string(server.port())}));
    REQUIRE(server.questions().size() == 1);
    CHECK(server.questions().front().find("\nexplain=1\n") != std::string::npos);
    return got.lines();
  };
  const Words lines =
      ask("result=fail\nsmtp_comment=c\nheader_comment=h\nreceived_spf_header=Received-SPF: fail\nwhy=one. \x1b[31mtwo.\n"
          "why_missing='PTR x'\nchange_name=a.example\nchange_record=v=spf1 \"x -all\nchange_lookups=0\n\n");
  REQUIRE(lines.size() == 9);
  CHECK(lines[5] == "one. \\x1b[31mtwo.");
  CHECK(lines[6] == "not known: 'PTR x'");
  CHECK(lines[8] == R"(a.example. TXT "v=spf1 \"x -all")");
  CHECK(ask("result=fail\nsmtp_comment=c\nheader_comment=h\n\n").back() == "not known: the server does not explain");
}

TEST_CASE("--why explains checks, not examinations") { CHECK(run_query({"--why", "--lint", "a.example"}).exit_code == 64); }

}  // namespace
