// Serve stale (RFC 8767) and refresh-ahead on the real daemon: a name server that fails, is silent, and comes back.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "t/daemon/control_world.h"

namespace {

using control_world::has;
using control_world::World;
using support::Reaction;

enum class State : std::uint8_t { answers, fails, is_silent };

// A name server whose answers live for a second.
struct Dns {
  std::shared_ptr<std::atomic<State>> state = std::make_shared<std::atomic<State>>(State::answers);
  support::DnsServer server{[state = state](const dns::Question& question, bool /*tcp*/) {
    if (*state == State::fails) return support::react(dns::failure_answer("SERVFAIL"));
    if (*state == State::is_silent) return support::react(Reaction::Fault::silence);
    dns::Answer answer;
    answer.ttl = 1;
    if (question.type == dns::Type::txt && question.name.text() == "known.test") answer.texts = {"v=spf1 include:part.test -all"};
    if (question.type == dns::Type::txt && question.name.text() == "part.test") answer.texts = {"v=spf1 ip4:192.0.2.10 -all"};
    return support::react(answer);
  }};
};

std::string request(std::string_view ip, std::string_view more = "") {
  return "ip=" + std::string(ip) + "\nhelo=h.test\nsender=u@known.test\ntimeout=3\n" + std::string(more) + "\n";
}

const std::string kPasses = request("192.0.2.10");
const std::string kFails = request("192.0.2.99");

void let_expire() { std::this_thread::sleep_for(std::chrono::milliseconds{1100}); }

TEST_CASE("RFC 8767: with serve-stale, expired answers accept mail that DNS could not decide, and never refuse it") {
  for (const State trouble : {State::fails, State::is_silent}) {
    Dns dns;
    const World world({.arguments = {"--nameserver", dns.server.address(), "--serve-stale", "1h", "--dns-timeout", "200ms",
                                     "--check-helo", "null-sender"}});
    CHECK(world.spfd().answer(kPasses).at("result") == "pass");
    CHECK(world.spfd().answer(kFails).at("action") == "reject");
    let_expire();
    *dns.state = trouble;
    const auto answer = world.spfd().answer(kPasses);
    CHECK(answer.at("result") == "pass");
    CHECK(answer.at("action") == "accept");
    CHECK(answer.at("stale") == "1");
    CHECK(answer.at("local_policy") == "serve-stale: expired DNS answers");
    CHECK(has(answer.at("received_spf_header"), "expired DNS answers"));
    CHECK(has(world.spfd().ask(request("192.0.2.10", "format=json\n")), "\"stale\": 1"));
    const auto refused = world.spfd().answer(kFails);
    CHECK(refused.at("result") == "temperror");
    CHECK(refused.at("action") == "defer");
    CHECK(refused.count("stale") == 0);
    // An unknown domain is deferred as before.
    CHECK(world.spfd().answer("ip=192.0.2.10\nsender=u@other.test\ntimeout=1\n\n").at("result") == "temperror");
    const std::string found = world.output({"lookup", "known.test", "TXT"});
    CAPTURE(found);
    CHECK(has(found, "known.test TXT stale=35"));
    CHECK(has(found, " failure: "));
    CHECK(has(world.output({"stats", "openmetrics"}), "spfd_cache_stale_total 2\n"));
    CHECK(has(world.output({"stats"}), " stale=2 "));
    world.spfd().wait_for_log(" stale=1");

    // The failures are kept for 30 seconds.
    *dns.state = State::answers;
    CHECK(world.output({"flush", "all"}) != "removed=0\n");
    CHECK(world.spfd().answer(kFails).at("action") == "reject");
    CHECK(world.spfd().answer(kPasses).count("stale") == 0);
  }
}

TEST_CASE("RFC 8767: without serve-stale, an expired answer is not used") {
  Dns dns;
  const World world({.arguments = {"--nameserver", dns.server.address()}});
  CHECK(world.spfd().answer(kPasses).at("result") == "pass");
  let_expire();
  *dns.state = State::fails;
  const auto answer = world.spfd().answer(kPasses);
  CHECK(answer.at("result") == "temperror");
  CHECK(answer.count("stale") == 0);
}

}  // namespace
