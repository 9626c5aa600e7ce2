// spfctl --json: one JSON object for each command, and for each error.
#include <doctest/doctest.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "t/daemon/control_world.h"

namespace {

using control_world::has;
using control_world::World;
using support::Client;

// YAML contains JSON.
YAML::Node parse(const std::string& output) {
  CAPTURE(output);
  REQUIRE(!output.empty());
  CHECK(output.find('\n') == output.size() - 1);
  CHECK(base::all_printable(std::string_view(output).substr(0, output.size() - 1)));
  YAML::Node object = YAML::Load(output);
  REQUIRE(object.IsMap());
  return object;
}

YAML::Node answer(const World& world, std::vector<std::string> words) {
  words.insert(words.begin(), "--json");
  YAML::Node object = parse(world.output(words));
  CHECK(object["ok"].as<bool>());
  return object;
}

YAML::Node refusal(const World& world, std::vector<std::string> words) {
  words.insert(words.begin(), "--json");
  const support::Finished finished = world.ctl(words);
  CHECK(finished.exit_code == 1);
  YAML::Node object = parse(finished.output);
  CHECK_FALSE(object["ok"].as<bool>());
  CHECK(!object["error"].as<std::string>().empty());
  return object;
}

TEST_CASE("control: --json has the facts of the text, as numbers where they are numbers") {
  support::DnsServer dns(control_world::records);
  const World world({.arguments = {"--nameserver", dns.address()}});
  const auto ask = [&](const std::string& ip, const std::string& domain) {
    return world.spfd().ask("ip=" + ip + "\nsender=u@" + domain + "\ntimeout=2\n\n");
  };
  CHECK(ask("192.0.2.10", "known.test").starts_with("result=pass"));
  CHECK(ask("192.0.2.99", "known.test").starts_with("result=fail"));
  CHECK(ask("192.0.2.99", "servfail.test").starts_with("result=temperror"));
  CHECK(ask("192.0.2.99", "missing.test").starts_with("result=none"));

  const YAML::Node status = answer(world, {"status"});
  CHECK(status["state"].as<std::string>() == "running");
  CHECK(status["pid"].as<int>() == world.spfd().pid());
  CHECK(status["cache_limit"].as<std::size_t>() == 64U << 20U);
  const std::string output = world.output({"--json", "status"});
  CHECK(has(output, "\"pid\": " + std::to_string(world.spfd().pid()) + ","));

  const YAML::Node stats = answer(world, {"stats"});
  CHECK(stats["questions"].as<int>() == 4);
  CHECK(stats["doors"]["query"].as<int>() == 4);
  CHECK(stats["dns"]["sent"].as<int>() >= 3);
  CHECK(stats["log"]["lost-lines"].as<int>() == 0);

  const YAML::Node top = answer(world, {"top", "refused"});
  REQUIRE(top["top"].size() == 1);
  CHECK(top["top"][0]["domain"].as<std::string>() == "known.test");
  CHECK(top["top"][0]["count"].as<int>() == 1);
  CHECK(top["top"][0]["at_least"].as<int>() == 1);
  CHECK(answer(world, {"top", "slow"})["top"].size() == 0);

  const YAML::Node known = answer(world, {"lookup", "known.test", "TXT"});
  CHECK(known["name"].as<std::string>() == "known.test");
  REQUIRE(known["answers"].size() == 1);
  CHECK(known["answers"][0]["type"].as<std::string>() == "TXT");
  CHECK(known["answers"][0]["state"].as<std::string>() == "ok");
  CHECK(known["answers"][0]["ttl"].as<int>() > 200);
  CHECK(known["answers"][0]["records"][0].as<std::string>() == "v=spf1 ip4:192.0.2.10 -all");
  CHECK(answer(world, {"lookup", "missing.test"})["answers"][0]["state"].as<std::string>() == "no such name");
  const YAML::Node failed = answer(world, {"lookup", "servfail.test"});
  CHECK(failed["answers"][0]["state"].as<std::string>() == "failure");
  CHECK(failed["answers"][0]["problem"].as<std::string>() == "SERVFAIL");
  CHECK(answer(world, {"lookup", "unknown.test"})["answers"].size() == 0);

  CHECK(answer(world, {"flush", "known.test"})["removed"].as<int>() == 1);
  CHECK(answer(world, {"reload"})["lines"][0].as<std::string>() == "reloaded");
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"drain"}, {"undrain"}, {"loglevel", "info"}, {"dry_run", "on"}, {"dry_run", "off"}})
    CHECK(answer(world, words).size() == 1);
  CHECK(answer(world, {"stop"}).size() == 1);
  CHECK(world.spfd().wait() == 0);
}

TEST_CASE("control: --json of explain has the trace and the JSON answer of the query lines") {
  const World world({.zone = "pass.test TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"});
  const YAML::Node explained = answer(world, {"explain", "ip=198.18.0.99", "helo=x.test", "sender=u@pass.test", "id=7"});
  CHECK(explained["trace"].size() > 2);
  CHECK(explained["answer"]["result"].as<std::string>() == "fail");
  CHECK(explained["answer"]["change"]["name"].as<std::string>() == "pass.test");
  CHECK(explained["answer"]["id"].as<std::string>() == "7");
  CHECK(has(refusal(world, {"explain", "sender=u@pass.test"})["error"].as<std::string>(), "ip"));
}

TEST_CASE("control: --json of what is refused is an object, too") {
  const World world;
  CHECK(has(refusal(world, {"make", "coffee"})["error"].as<std::string>(), "\"make\" is not a command"));
  CHECK(has(refusal(world, {"flush"})["error"].as<std::string>(), "usage: flush"));
  CHECK(has(refusal(world, {"dump_cache"})["error"].as<std::string>(), "no cache-file"));
  CHECK(has(refusal(world, {"stats", "openmetrics"})["error"].as<std::string>(), "JSON"));
  CHECK(world.ctl({"--json", "--openmetrics", "stats"}).exit_code == 255);
  // The word is not a command, and is read once.
  CHECK(world.send("json json status\n").starts_with("{\"ok\": false, \"error\": \"\\\"json\\\" is not a command"));
  CHECK(world.send("json\n").starts_with("error: \"json\" is not a command"));
  CHECK(world.send("json \n") == "{\"ok\": false, \"error\": \"there is no command in the line\"}\n");
}

TEST_CASE("control: peers shows the processes of the clients on UNIX sockets") {
  const World world;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(std::make_unique<Client>(world.spfd().address()));
  const std::string expected = "3 user " + std::to_string(::geteuid()) + ": pid " + std::to_string(::getpid()) + " (3)\n";
  support::wait_until("the connections", [&] { return world.output({"peers"}) == expected; });
  const YAML::Node peers = answer(world, {"peers"})["peers"];
  REQUIRE(peers.size() == 1);
  CHECK(peers[0]["connections"].as<int>() == 3);
  CHECK(peers[0]["processes"].as<int>() == 1);
  CHECK(peers[0]["largest"][0]["pid"].as<int>() == ::getpid());
  const World inet({.on_tcp = true});
  const Client client(inet.spfd().address());
  support::wait_until("the connection", [&] { return inet.output({"peers"}) == "1 127.0.0.1\n"; });
}

TEST_CASE("control: 32 explain commands that wait for DNS leave room for other commands") {
  support::DnsServer dns(control_world::records);
  const World world({.arguments = {"--nameserver", dns.address(), "--timeout", "20s"}});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 32; ++i) {
    clients.push_back(std::make_unique<Client>("unix:" + world.path()));
    clients.back()->send("explain ip=192.0.2.1 helo=x.test sender=u@" + std::to_string(i) + ".slow.test\n");
  }
  for (int i = 0; i < 5; ++i) CHECK(has(world.output({"status"}), "state=running\n"));
  // Twelve wait, as long as DNS may take; the others were refused at once.
  int refused = 0;
  for (const auto& client : clients) {
    const std::string answer = client->read_to_end();
    if (answer == "error: too many of these commands are under way: try again later\n") {
      ++refused;
    } else {
      CHECK(answer.starts_with("ok\n"));
    }
  }
  CHECK(refused > 0);
  CHECK(refused <= 20);
}

}  // namespace
