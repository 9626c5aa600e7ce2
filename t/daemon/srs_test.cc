// Rewriting of senders by the built spfd: the three protocols on one socket, and bad input to each of them.
#include <doctest/doctest.h>
#include <signal.h>
#include <sysexits.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "t/daemon/srs_world.h"

namespace {

using srs_world::netstring;
using srs_world::signed_address;
using srs_world::turned_back;
using srs_world::World;
using std::chrono::milliseconds;
using support::Client;

// Returns the form in which pysrs.m4 sends an address.
std::string rule_set_form(std::string address) { return address.replace(address.rfind('@'), 1, "<@") + ".>"; }

std::string without_line_end(std::string text) {
  REQUIRE(text.ends_with("\n"));
  text.pop_back();
  return text;
}

TEST_CASE("srsd's lines: FORWARD and REVERSE, then the server closes, even if the client has not shut down its side") {
  const World world;
  const std::string rewritten = without_line_end(world.line("FORWARD joe@example.org list@fwd.example"));
  CHECK(rewritten.starts_with("SRS0="));
  CHECK(rewritten.ends_with("=example.org=joe@fwd.example"));
  CHECK(turned_back(rewritten) == "joe@example.org");
  CHECK(world.line("REVERSE " + rewritten) == "joe@example.org\n");
  CHECK(world.line("reverse " + signed_address("a=b+c@example.org")) == "a=b+c@example.org\n");
  // Exim does not shut down its side, and reads to the end.
  Client exim(world.reverse());
  REQUIRE(exim.send("REVERSE " + rewritten + "\nREVERSE ignored@example.org\n"));
  CHECK(exim.read_to_end() == "joe@example.org\n");
  CHECK(world.line("FORWARD joe@fwd.example list@fwd.example") == "joe@fwd.example\n");
  CHECK(world.line("FORWARD  list@fwd.example") == "\n");
  CHECK(world.line("FORWARD " + rewritten + " list@fwd.example") == rewritten + "\n");
}

TEST_CASE("tcp_table: the listener's map sets the direction, the connection stays open, keys and values are encoded") {
  const World world;
  Client forward(world.forward());
  REQUIRE(forward.send("get joe@example.org\n"));
  const std::string first = without_line_end(forward.read_until('\n'));
  REQUIRE(first.starts_with("200 SRS0="));
  CHECK(turned_back(first.substr(4)) == "joe@example.org");
  REQUIRE(forward.send("get joe@fwd.example\nget \"a%20b\"@example.org\nget joe%zz@example.org\nput a b\nget nobody\n"));
  CHECK(forward.read_until('\n') == "500 the sender is in one of our domains\n");
  const std::string quoted = without_line_end(forward.read_until('\n'));
  CHECK(quoted.starts_with("200 \"SRS0="));
  CHECK(quoted.ends_with("=example.org=a%20b\"@fwd.example"));
  CHECK(forward.read_until('\n').starts_with("400 the key has a % without"));
  CHECK(forward.read_until('\n').starts_with("400 the request is not \"get KEY\""));
  CHECK(forward.read_until('\n').starts_with("500 "));

  Client reverse(world.reverse());
  REQUIRE(reverse.send("get " + first.substr(4) + "\nget joe@example.org\nget SRS0=AAAA=22=example.org=joe@fwd.example\n"));
  CHECK(reverse.read_until('\n') == "200 joe@example.org\n");
  REQUIRE(reverse.send("get " + quoted.substr(4) + "\n"));
  CHECK(reverse.read_until('\n') == "500 it is not an SRS address\n");
  CHECK(reverse.read_until('\n') == "500 the hash is wrong\n");
  CHECK(reverse.read_until('\n') == "200 \"a%20b\"@example.org\n");
  CHECK_FALSE(reverse.is_readable(milliseconds(50)));
}

TEST_CASE("socketmap: the map's name sets the direction, on any --srs socket") {
  const World world;
  Client client(world.reverse());
  REQUIRE(client.send(netstring("forward joe@example.org")));
  const std::string answer = client.read_until(',');
  const std::size_t begin = answer.find("OK ");
  REQUIRE(begin != std::string::npos);
  const std::string address = answer.substr(begin + 3, answer.size() - begin - 4);
  CHECK(turned_back(address) == "joe@example.org");
  REQUIRE(client.send(netstring("reverse " + address) + netstring("reverse_srs " + rule_set_form(address)) +
                      netstring("aliases joe") + netstring("forward joe@fwd.example") + netstring("nothing")));
  CHECK(client.read_until(',') == netstring("OK joe@example.org"));
  CHECK(client.read_until(',') == netstring("OK joe<@example.org.>"));
  CHECK(client.read_until(',') == netstring("PERM there is no map \"aliases\""));
  CHECK(client.read_until(',') == netstring("NOTFOUND the sender is in one of our domains"));
  CHECK(client.read_until(',') == netstring("PERM the request is not \"map key\""));
  CHECK_FALSE(client.is_readable(milliseconds(50)));
}

TEST_CASE("100 pipelined requests are answered in order, also if sent in single bytes") {
  const World world;
  for (const bool is_slow : {false, true}) {
    std::string requests;
    std::string answers;
    for (int i = 0; i < 100; ++i) {
      const std::string sender = "u" + std::to_string(i) + "@example.org";
      requests += netstring("reverse " + signed_address(sender));
      answers += netstring("OK " + sender);
    }
    Client client(world.forward());
    if (is_slow) {
      for (const char byte : requests.substr(0, 300)) client.send(std::string(1, byte));
      requests.erase(0, 300);
    }
    client.send(requests);
    client.end_of_input();
    CHECK(client.read_to_end() == answers);
  }
}

TEST_CASE("an address that does not verify is never reversed: forged hash, wrong or future day, endless stamp, no local part") {
  const World world;
  const auto day = srs_world::today();
  const std::string good = signed_address("joe@example.org");
  std::string other_hash = good;
  other_hash[5] = other_hash[5] == 'A' ? 'B' : 'A';
  std::string other_day = good;
  other_day[10] = other_day[10] == '2' ? '3' : '2';
  const std::vector<std::pair<std::string, std::string>> cases = {
      {other_hash, "the hash is wrong"},
      {other_day, "the hash is wrong"},
      {signed_address("joe@example.org", day, "another secret"), "the hash is wrong"},
      {signed_address("joe@example.org", day - 23), "the day stamp is "},
      {signed_address("joe@example.org", day + 2), "the day stamp is in the future"},
      {"SRS0=AAAA=" + std::string(3000, 'Q') + "=example.org=joe@fwd.example", "the hash is wrong"},
      {"SRS0=AAAA=22=example.org=@fwd.example", "a field is missing"},
      {"SRS0=AAAA=22=example.org@fwd.example", "a field is missing"},
      {"SRS0=AA=22=example.org=joe@fwd.example", "the hash has 2 characters"},
      {"SRS0=@fwd.example", "a field is missing"},
      {"SRS1=AAAA=other.example==AAAA=22=example.org=joe@fwd.example", "the hash is wrong"},
      {"@fwd.example", ""},
      {"SRS0=AAAA=22=example.org=joe", ""},
      {"joe@example.org", "it is not an SRS address"},
      {std::string(signed_address("joe@example.org"), 0, good.find('@')) + "@elsewhere.example", "another domain"},
      {"SRS0=\xff\xfe=22=example.org=joe@fwd.example", ""},
      {"SRS0=AAAA=22=example.org=j\x01oe@fwd.example", ""},
  };
  for (const auto& one : cases) {
    const std::string& address = one.first;
    CAPTURE(address);
    const std::string line = world.line("REVERSE " + address);
    CHECK(line.starts_with("ERROR: "));
    CHECK(line.find(one.second) != std::string::npos);
    CHECK(world.talk(world.forward(), netstring("reverse " + address)).find(":NOTFOUND ") != std::string::npos);
    std::string coded;
    for (const char c : address) coded += c > 0x20 && c < 0x7f ? std::string(1, c) : c == 1 ? "%01" : c == '\xff' ? "%ff" : "%FE";
    CHECK(world.talk(world.reverse(), "get " + coded + "\n").starts_with("500 "));
  }
  CHECK(world.line("REVERSE " + good) == "joe@example.org\n");
}

TEST_CASE("RFC 5321 §4.5.3.1.1: a local part of more than 64 octets is written with a warning, unless a lower limit is set") {
  const std::string sender = std::string(64, 'x') + "@example.org";
  {
    const World world({"--srs-max-local-part=64"});
    CHECK(world.line("FORWARD " + sender + " l@fwd.example") ==
          "ERROR: the local part would be 89 octets long; the limit is 64\n");
    CHECK(world.talk(world.forward(), "get " + sender + "\n").starts_with("500 the local part would be 89"));
    CHECK(world.talk(world.forward(), netstring("forward " + sender)).find("NOTFOUND the local part would be 89") !=
          std::string::npos);
  }
  const World world({"--srs-outgoing=192.0.2.10"}, "none.test SOA a.test b.test 1 2 3 4 5\n");
  CHECK(world.line("FORWARD " + std::string(64, 'x') + "@none.test l@fwd.example").starts_with("SRS0="));
  world.spfd().wait_for_log("reason=\"SPF would be none; the new local part has 87 octets; some servers accept only 64\"");
  const World plain;
  CHECK(plain.line("FORWARD " + sender + " l@fwd.example").starts_with("SRS0="));
  plain.spfd().wait_for_log("reason=\"the new local part has 89 octets; some servers accept only 64\"");
}

TEST_CASE("input without a request gets the error of its protocol, and the next client is served") {
  const World world;
  CHECK(world.line("HELLO world").starts_with("ERROR: the request is neither FORWARD nor REVERSE"));
  CHECK(world.line("FORWARD joe@example.org").starts_with("ERROR: FORWARD takes"));
  CHECK(world.line("FORWARD joe@example.org not..a..domain").starts_with("ERROR: "));
  CHECK(world.line("").starts_with("ERROR: "));
  CHECK(world.talk(world.forward(), "").empty());
  CHECK(world.talk(world.forward(), std::string(100'000, 'x')).starts_with("ERROR: the line is longer"));
  CHECK(world.talk(world.forward(), "get " + std::string(100'000, 'x')).starts_with("500 the request is longer"));
  CHECK(world.talk(world.forward(), "get " + std::string(100'000, 'x') + "\nget joe@example.org\n").find("200") ==
        std::string::npos);
  for (const char* length : {"2147483648:", "2147483647:", "4294967296:", "18446744073709551616:", "100001:", "-1:", "007:x,"}) {
    CAPTURE(length);
    const std::string answer = world.talk(world.forward(), length + std::string("forward joe@example.org,"));
    const bool is_netstring = length[0] != '-';
    CHECK((is_netstring ? answer.find(":PERM ") != std::string::npos : answer.starts_with("ERROR: ")));
  }
  CHECK(world.talk(world.forward(), "5:abc").find(":PERM the input ended within a netstring,") != std::string::npos);
  CHECK(world.talk(world.forward(), "3:abcX").find(":PERM the netstring does not end with a comma") != std::string::npos);
  CHECK(world.talk(world.forward(), netstring("forward " + std::string(90'000, 'x'))).find(":NOTFOUND ") != std::string::npos);
  CHECK(world.line("FORWARD joe@example.org l@fwd.example").starts_with("SRS0="));
}

TEST_CASE("a client that leaves in the middle, or never reads, does no harm") {
  const World world({"--write-timeout=200ms"});
  for (const char* part : {"", "g", "get", "get joe", "FORW", "12", "12:", "12:forward jo"}) {
    Client client(world.forward());
    client.send(part);
  }
  Client deaf(world.forward());
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += netstring("forward joe@example.org");
  // spfd closes in the end, because nobody reads the answers.
  support::wait_until("the close", [&] { return !deaf.send(requests); });
  CHECK(world.line("FORWARD joe@example.org l@fwd.example").starts_with("SRS0="));
}

TEST_CASE("a partial request has --idle-timeout; a mail server's connection may be idle between requests") {
  const World world({"--idle-timeout=200ms"});
  Client silent(world.forward());
  Client slow_line(world.forward());
  REQUIRE(slow_line.send("FORWARD joe@exa"));
  Client slow_table(world.forward());
  REQUIRE(slow_table.send("get joe@exa"));
  Client slow_map(world.forward());
  REQUIRE(slow_map.send("24:forward joe@exa"));
  Client kept(world.reverse());
  REQUIRE(kept.send("get joe@example.org\n"));
  CHECK(kept.read_until('\n') == "500 it is not an SRS address\n");
  CHECK(silent.read_to_end().empty());
  CHECK(slow_line.read_to_end() == "ERROR: the request was not complete in time\n");
  CHECK(slow_table.read_to_end() == "400 the request was not complete in time\n");
  CHECK(slow_map.read_to_end() == netstring("TEMP the request was not complete in time"));
  std::this_thread::sleep_for(milliseconds(300));
  REQUIRE(kept.send("get " + signed_address("joe@example.org") + "\n"));
  CHECK(kept.read_until('\n') == "200 joe@example.org\n");

  const World strict({"--mta-idle-timeout=100ms"});
  Client idle(strict.reverse());
  REQUIRE(idle.send("get joe@example.org\n"));
  CHECK(idle.read_until('\n') == "500 it is not an SRS address\n");
  CHECK(idle.read_to_end().empty());
}

TEST_CASE("SIGTERM: received requests are answered, and kept connections end") {
  World world;
  Client kept(world.forward());
  REQUIRE(kept.send("get joe@fwd.example\n"));
  CHECK(kept.read_until('\n') == "500 the sender is in one of our domains\n");
  REQUIRE(kept.send("get joe@fwd.example\nget joe@fw"));
  world.spfd().signal(SIGTERM);
  CHECK(kept.read_to_end() == "500 the sender is in one of our domains\n400 the request was not complete in time\n");
}

TEST_CASE("TCP; log and counters report each rewriting") {
  const World world({"--srs", "inet:127.0.0.1:0,map=reverse"});
  const std::string log = world.spfd().log();
  const std::string name = "srs-reverse inet:127.0.0.1:";
  const std::size_t begin = log.find(name);
  REQUIRE(begin != std::string::npos);
  const std::size_t port = begin + name.size();
  const std::string address = "inet:127.0.0.1:" + log.substr(port, log.find_first_not_of("0123456789", port) - port);
  CHECK(world.talk(address, "get " + signed_address("joe@example.org") + "\n") == "200 joe@example.org\n");
  CHECK(world.line("FORWARD joe@example.org l@fwd.example").starts_with("SRS0="));
  CHECK(world.line("FORWARD joe@fwd.example l@fwd.example") == "joe@fwd.example\n");
  CHECK(world.line("REVERSE SRS0=AAAA=22=example.org=joe@fwd.example").starts_with("ERROR: "));
  CHECK(world.line("nonsense").starts_with("ERROR: "));
  world.spfd().wait_for_log("srs=forward reply=ok address=joe@example.org alias=l@fwd.example answer=\"SRS0=");
  world.spfd().wait_for_log("srs=forward reply=unchanged address=joe@fwd.example alias=l@fwd.example reason=\"the sender is");
  world.spfd().wait_for_log("reason=\"the hash is wrong\" ms=0 door=srs-reverse\n");
  world.spfd().wait_for_log("srs=invalid reply=permanent reason=");
  world.spfd().signal(SIGUSR1);
  world.spfd().wait_for_log("counters: doors query=0 policy=0 milter=0 srs-forward=3 srs-reverse=2");
  world.spfd().wait_for_log("counters: srs ok=2 unchanged=1 not-found=1 temporary=0 timeout=0 permanent=1");
}

}  // namespace
