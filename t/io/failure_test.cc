#include "common/io/failure.h"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>

#include "common/io/upstreams.h"
#include "t/support/show.h"

namespace {

using io::Trouble;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Phase = io::OpenQuestion::Phase;

std::shared_ptr<const io::Upstreams::List> with_one_server(io::Upstreams& servers) {
  servers.set({io::NameServer{}});
  return servers.list();
}

// A question that began at kBegin and was sent to the one server at once.
struct World {
  using Time = std::chrono::steady_clock::time_point;

  World() : servers(loop, random, counters, nullptr), question(loop, with_one_server(servers), [] {}) {
    question.begin = kBegin;
    question.phase = Phase::asking;
    question.sent.push_back({.at = kBegin, .ticket = {}});
  }

  // The asker's patience has ended.
  void end(milliseconds after) {
    question.is_at_end = true;
    question.end = kBegin + after;
  }
  void answer_others() { servers.list()->front()->health.on_answer(kBegin); }
  [[nodiscard]] dns::Cause cause() const { return failure_of(question, options).cause; }

  static constexpr Time kBegin{std::chrono::hours{1}};
  // One server gets all its tries in this time.
  static constexpr milliseconds kFull{10500};

  io::Loop loop;
  io::RandomIds random;
  io::ResolverCounters counters;
  io::Upstreams servers;
  io::ResolverOptions options{.servers = {}, .try_timeout = milliseconds{1500}, .tries = 3, .tcp_timeout = seconds{3}};
  io::OpenQuestion question;
};

const Trouble kSilent{Trouble::Kind::timed_out, "timed out"};

}  // namespace

TEST_CASE("silence says something about a name if the server answered others and had its full time") {
  CHECK(World().options.schedule() == World::kFull);
  for (const bool answers_others : {false, true}) {
    for (const bool is_full : {false, true}) {
      for (const bool is_brief : {false, true}) {
        CAPTURE(answers_others);
        CAPTURE(is_full);
        CAPTURE(is_brief);
        World world;
        world.question.note(kSilent);
        world.question.is_brief = is_brief;
        world.end(is_full ? World::kFull : World::kFull - milliseconds{1});
        if (answers_others) world.answer_others();
        const dns::Cause chance = answers_others ? dns::Cause::no_answer : dns::Cause::unavailable;
        CHECK(world.cause() == (is_full || is_brief ? chance : dns::Cause::local));
        CHECK(failure_of(world.question, world.options).problem == "timed out");
      }
    }
  }
}

TEST_CASE("a refusal or an unreadable answer is reported by the server") {
  for (const auto kind : {Trouble::Kind::refused, Trouble::Kind::unreadable, Trouble::Kind::strays}) {
    World world;
    world.question.note({kind, "SERVFAIL"});
    CHECK(world.cause() == dns::Cause::reported);
    CHECK(failure_of(world.question, world.options).problem == "SERVFAIL");
  }
}

TEST_CASE("a trouble that says less does not replace one that says more") {
  World world;
  world.question.note({Trouble::Kind::refused, "REFUSED"});
  world.question.note(kSilent);
  CHECK(failure_of(world.question, world.options).problem == "REFUSED");
}

TEST_CASE("a limit of our own says nothing about DNS") {
  SUBCASE("no slot") {
    World world;
    world.question.note(kSilent);
    world.question.phase = Phase::queued;
    CHECK(failure_of(world.question, world.options) == dns::failure_answer("too many questions in flight", dns::Cause::local));
    world.question.phase = Phase::tcp_queued;
    CHECK(failure_of(world.question, world.options) == dns::failure_answer("too many questions over TCP", dns::Cause::local));
  }
  SUBCASE("no server is configured") {
    const dns::Answer expected = dns::failure_answer("no server could be reached", dns::Cause::local);
    World world;
    CHECK(failure_of(world.question, world.options) == expected);
  }
  SUBCASE("no descriptor") {
    World world;
    world.question.note({Trouble::Kind::no_socket, "no socket"});
    CHECK(world.cause() == dns::Cause::local);
    world.end(World::kFull);
    world.question.sent.clear();
    CHECK(world.cause() == dns::Cause::local);
  }
  SUBCASE("no descriptor for TCP") {
    World world;
    world.question.note({Trouble::Kind::no_socket, "no socket"});
    world.question.phase = Phase::tcp_backing_off;
    world.end(World::kFull);
    CHECK(world.cause() == dns::Cause::local);
  }
}

TEST_CASE("nothing listens at any server: that says nothing about the name") {
  World world;
  world.question.note({Trouble::Kind::unreachable, "connection refused"});
  world.question.sent.clear();
  world.end(World::kFull);
  CHECK(world.cause() == dns::Cause::unavailable);
  world.end(World::kFull - milliseconds{1});
  CHECK(world.cause() == dns::Cause::local);
}

TEST_CASE("TCP that fails says nothing about the name; a connection that was cut short says nothing about DNS") {
  World world;
  world.question.phase = Phase::tcp;
  world.question.note({Trouble::Kind::tcp_failed, "TCP failed: connection closed"});
  world.answer_others();
  CHECK(world.cause() == dns::Cause::unavailable);
  world.end(World::kFull);
  world.question.tcp_begin = world.question.end - world.options.tcp_timeout;
  CHECK(world.cause() == dns::Cause::unavailable);
  world.question.tcp_begin += milliseconds{1};
  CHECK(world.cause() == dns::Cause::local);
}

TEST_CASE("silence about a name, or a slow SERVFAIL, is silence of its zone") {
  const auto is_silence = [](const World& world, dns::Cause cause, milliseconds after) {
    return io::is_silence_of_zone(world.question, cause, World::kBegin + after);
  };
  World world;
  world.question.note(kSilent);
  CHECK(is_silence(world, dns::Cause::no_answer, World::kFull));
  CHECK_FALSE(is_silence(world, dns::Cause::unavailable, World::kFull));
  CHECK_FALSE(is_silence(world, dns::Cause::local, World::kFull));
  world.question.note({Trouble::Kind::refused, "SERVFAIL"});
  CHECK(is_silence(world, dns::Cause::reported, seconds{1}));
  CHECK_FALSE(is_silence(world, dns::Cause::reported, milliseconds{999}));
  world.question.sent.clear();
  CHECK_FALSE(is_silence(world, dns::Cause::no_answer, World::kFull));
}
