#include "common/io/check_answers.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "common/spf/evaluate.h"
#include "t/io/driver_world.h"
#include "t/support/single.h"

using namespace std::chrono_literals;
using support::question;
using support::texts;

namespace {

const io::Clock::time_point kStart{1000h};
constexpr io::CheckAnswers::Limits kLimits{160, std::size_t{1} << 20};

dns::Answer alias(const std::string& target, std::uint32_t ttl) { return dns::alias_answer(*dns::Name::parse(target), ttl); }

struct World {
  io::Cache cache{std::size_t{4} << 20};
  io::CheckAnswers answers{cache, nullptr, kLimits, {}};

  World() { answers.set_now(kStart); }
  void know(const std::string& name, dns::Answer answer, io::Clock::time_point came = kStart) {
    cache.complete(question(name), std::move(answer), came);
  }
  std::string find(const std::string& name) {
    const spf::KnownAnswer* const known = answers.find(question(name));
    if (known == nullptr) return "(not known)";
    if (known->answer.is_void()) return "(void)";
    return known->answer.texts.empty() ? known->answer.problem : known->answer.texts[0];
  }
  std::uint32_t ttl(const std::string& name) { return answers.ttl_of(question(name), *answers.find(question(name))); }
};

}  // namespace

TEST_CASE("RFC 1035 §3.2.1: the reported TTL is the remaining time, also for a pinned answer") {
  World world;
  world.know("example.com", texts({"v=spf1 -all"}, 300), kStart - 100s);
  world.know("other.example", texts({"x"}, 300));
  CHECK(world.ttl("example.com") == 200);
  CHECK(world.ttl("other.example") == 300);
  world.answers.set_now(kStart + 15s);
  CHECK(world.ttl("example.com") == 185);
  CHECK(world.ttl("other.example") == 285);
  world.answers.set_now(kStart + 250s);
  CHECK(world.find("example.com") == "v=spf1 -all");
  CHECK(world.ttl("example.com") == 0);
}

TEST_CASE("the TTL of a verdict is the shortest remaining TTL of its answers") {
  World world;
  world.know("example.com", texts({"v=spf1 include:b.example -all"}, 300), kStart - 100s);
  world.know("b.example", texts({"v=spf1 ip4:192.0.2.1 -all"}, 3600), kStart - 3599s);
  const auto query = support::mailfrom_query(*base::IpAddress::parse("192.0.2.1"), "a@example.com", "h.example");
  CHECK(support::evaluate(query, {}, world.answers).verdict.value().ttl == 1);
  World later;
  later.know("example.com", texts({"v=spf1 -all"}, 300), kStart - 100s);
  CHECK(support::evaluate(query, {}, later.answers).verdict.value().ttl == 200);
}

TEST_CASE("aliases without their target are followed; the TTL is the shortest in the chain") {
  World world;
  world.know("a.example", alias("b.example", 300), kStart - 50s);
  world.know("b.example", alias("c.example", 100));
  CHECK(world.find("a.example") == "(not known)");
  const auto missing = world.answers.missing(question("a.example"));
  CHECK(missing.what == io::CheckAnswers::Missing::What::to_be_asked);
  CHECK(missing.question == question("c.example"));
  world.know("c.example", texts({"here"}, 3600));
  CHECK(world.find("a.example") == "here");
  CHECK(world.ttl("a.example") == 100);
  CHECK(world.ttl("c.example") == 3600);
  CHECK(world.answers.slots().size() == 3);  // each link counts
  // Another check that asks only for the end of the chain gets the TTL of the end, and the alias is not stored with it.
  World other;
  other.know("c.example", texts({"here"}, 3600));
  CHECK(other.ttl("c.example") == 3600);
}

TEST_CASE("the number of CNAMEs that lead to an answer, in answers and between them") {
  World world;
  dns::Answer last = texts({"v=spf1 -all"}, 300);
  last.cnames = 2;
  world.know("a.example", dns::alias_answer(*dns::Name::parse("b.example"), 300, 3));
  world.know("b.example", alias("c.example", 100));
  world.know("c.example", last);
  const auto cnames = [&world](const char* name) {
    return world.answers.cnames_to(question(name), *world.answers.find(question(name)));
  };
  CHECK(cnames("a.example") == 6);
  CHECK(cnames("c.example") == 2);
}

TEST_CASE("an alias of a missing name is void; an alias of a failure is a failure") {
  World world;
  dns::Answer nothing;
  nothing.status = dns::Status::name_error;
  nothing.ttl = 30;
  world.know("a.example", alias("gone.example", 300));
  world.know("gone.example", nothing);
  world.know("b.example", alias("broken.example", 300));
  world.know("broken.example", dns::failure_answer("SERVFAIL"));
  CHECK(world.find("a.example") == "(void)");
  CHECK(world.ttl("a.example") == 30);
  CHECK(world.find("b.example") == "SERVFAIL");
}

TEST_CASE("an endless chain of aliases is a failure: a loop, and more than 8 links") {
  World world;
  world.know("a.example", alias("b.example", 300));
  world.know("b.example", alias("a.example", 300));
  CHECK(world.find("a.example") == "CNAME loop");
  CHECK(world.answers.missing(question("a.example")).what == io::CheckAnswers::Missing::What::nothing);
  CHECK(world.answers.slots().size() == 2);
  for (const int links : {8, 9}) {
    World chain;
    for (int i = 0; i < links; ++i) {
      chain.know("c" + std::to_string(i) + ".example", alias("c" + std::to_string(i + 1) + ".example", 300));
    }
    chain.know("c" + std::to_string(links) + ".example", texts({"end"}));
    CHECK(chain.find("c0.example") == (links == 8 ? "end" : "CNAME loop"));
  }
}

TEST_CASE("the links of a chain count as questions of a check, cached or not") {
  io::Cache cache(std::size_t{1} << 20);
  cache.complete(question("a.example"), alias("b.example", 300), kStart);
  cache.complete(question("b.example"), alias("c.example", 300), kStart);
  cache.complete(question("c.example"), texts({"end"}), kStart);
  for (const std::size_t limit : {2U, 3U}) {
    io::CheckAnswers answers(cache, nullptr, {limit, std::size_t{1} << 20}, {});
    answers.set_now(kStart);
    for (int i = 0; i < 2; ++i) {
      const spf::KnownAnswer* const known = answers.find(question("a.example"));
      REQUIRE(known != nullptr);
      if (limit == 2) {
        CHECK(known->answer.problem == "too many questions");
      } else {
        CHECK(known->answer.texts.at(0) == "end");
      }
    }
  }
}

TEST_CASE("pinned answers of a check have a limit in bytes: an answer that does not fit is a failure, and stays one") {
  io::Cache cache(std::size_t{64} << 20);
  const auto name = [](int i) { return "n" + std::to_string(i) + ".example"; };
  for (int i = 0; i < 20; ++i) cache.complete(question(name(i)), texts({std::string(60000, 'x')}), kStart);
  cache.complete(question("small.example"), texts({"small"}), kStart);
  io::CheckAnswers answers(cache, nullptr, {160, 200000}, {});
  answers.set_now(kStart);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) {
      const spf::KnownAnswer* const known = answers.find(question(name(i)));
      REQUIRE(known != nullptr);
      CHECK(known->answer.texts.size() == (i < 3 ? 1 : 0));
      if (i >= 3) CHECK(known->answer.problem == "the DNS answers are too large for one check");
    }
    CHECK(answers.find(question("small.example"))->answer.texts.size() == 1);
  }
  // A failure of our own is a temperror.
  io::CheckAnswers none(cache, nullptr, {160, 1000}, {});
  none.set_now(kStart);
  const auto query = support::mailfrom_query(*base::IpAddress::parse("192.0.2.1"), "a@n1.example", "h.example");
  CHECK(support::evaluate(query, {}, none).verdict.value().result == spf::Result::temperror);
}

TEST_CASE("each identity has its own byte limit: answers for a HELO name take nothing from MAIL FROM") {
  const auto name = [](int i) { return "n" + std::to_string(i) + ".example"; };
  constexpr std::size_t kMailFrom = spf::AnswerSource::kParts / 2;
  for (const bool is_cached : {true, false}) {
    CAPTURE(is_cached);
    io::Cache cache(std::size_t{64} << 20);
    io::CheckAnswers answers(cache, nullptr, {160, 200000}, {});
    // One step, as in a check: HELO asks for n0 to n9, MAIL FROM for n5 to n7. DNS is asked after it.
    std::array<int, 2> texts_of{};
    int missing = 0;
    const auto step = [&] {
      answers.set_now(kStart);
      texts_of = {};
      missing = 0;
      const auto find = [&](int i, std::size_t identity) {
        const spf::KnownAnswer* const known = answers.find(question(name(i)));
        if (known == nullptr) {
          ++missing;
        } else {
          texts_of.at(identity) += static_cast<int>(known->answer.texts.size());
        }
      };
      answers.begin_part(0);
      for (int i = 0; i < 10; ++i) find(i, 0);
      answers.begin_part(kMailFrom);
      for (int i = 5; i < 8; ++i) find(i, 1);
    };
    const auto answer_all = [&] {
      for (int i = 0; i < 10; ++i) {
        const auto wanted = answers.missing(question(name(i)));
        if (wanted.what != io::CheckAnswers::Missing::What::to_be_asked) continue;
        const std::size_t slot = answers.open_slot(wanted.question, 1).value();
        answers.settle(slot, std::make_shared<const io::KeptAnswer>(texts({std::string(60000, 'x')}), kStart));
      }
    };
    if (is_cached) {
      for (int i = 0; i < 10; ++i) cache.complete(question(name(i)), texts({std::string(60000, 'x')}), kStart);
    }
    step();
    for (int round = 0; missing > 0 && round < 5; ++round) {
      answer_all();
      step();
    }
    CHECK(missing == 0);
    CHECK(texts_of[1] == 3);
    CHECK(texts_of[0] >= 3);
    CHECK(texts_of[0] <= 6);
  }
}

TEST_CASE("if the check that asked has exceeded a limit of its own, a check that joined asks again, a few times") {
  World world;
  const dns::Question asked = question("a.example");
  const io::SharedAnswer local = io::own_failure("too many questions in flight");
  const std::size_t slot = world.answers.open_slot(asked, 1).value();
  world.answers.slots()[slot].has_joined = true;
  for (int i = 1; i < io::CheckAnswers::kMaxTimes; ++i) {
    world.answers.settle_or_reopen(slot, local);
    CHECK(world.find("a.example") == "(not known)");
    CHECK(world.answers.missing(asked).what == io::CheckAnswers::Missing::What::to_be_asked);
    CHECK(world.answers.open_slot(asked, 1) == slot);
    CHECK(world.answers.missing(asked).what == io::CheckAnswers::Missing::What::under_way);
  }
  world.answers.settle_or_reopen(slot, local);
  CHECK(world.find("a.example") == "too many questions in flight");

  const std::size_t own = world.answers.open_slot(question("b.example"), 1).value();
  world.answers.settle_or_reopen(own, local);  // it asked itself
  CHECK(world.find("b.example") == "too many questions in flight");
}

TEST_CASE("check answers: all checks of a driver pin a bounded number of bytes, and those with small answers always find room") {
  io::Cache cache(std::size_t{16} << 20);
  for (int i = 0; i < 8; ++i)
    cache.complete(question("big" + std::to_string(i) + ".test"), texts({std::string(50000, 'x')}), kStart);
  cache.complete(question("small.test"), texts({"v=spf1 -all"}), kStart);
  io::PinnedBytes pinned{.limit = std::size_t{4} << 20};
  const auto make = [&] {
    return std::make_unique<io::CheckAnswers>(cache, nullptr, kLimits, io::CheckAnswers::Slots{}, &pinned);
  };
  std::vector<std::unique_ptr<io::CheckAnswers>> hostile;
  int failed = 0;
  for (int i = 0; i < 200; ++i) {
    io::CheckAnswers& answers = *hostile.emplace_back(make());
    answers.set_now(kStart);
    for (int n = 0; n < 8; ++n) {
      const dns::Answer& got = answers.find(question("big" + std::to_string(n) + ".test"))->answer;
      if (got.status == dns::Status::ok) continue;
      CHECK(got == dns::failure_answer("too little room for the answers of all checks", dns::Cause::local));
      ++failed;
    }
    REQUIRE(pinned.held < pinned.limit);
    io::CheckAnswers small(cache, nullptr, kLimits, {}, &pinned);
    small.set_now(kStart);
    REQUIRE(small.find(question("small.test"))->answer.status == dns::Status::ok);
  }
  CHECK(failed > 1000);
  const std::size_t held = pinned.held;
  CHECK(held > std::size_t{3} << 20);
  // The bytes go with the state of a check, and are given back at its end.
  {
    const io::CheckAnswers begun(cache, *hostile[0]);
    hostile[0].reset();
    CHECK(pinned.held == held);
  }
  CHECK(pinned.held < held);
  hostile.clear();
  CHECK(pinned.held == 0);
}

TEST_CASE("check answers: checks that each hold a little less than the one before leave room for ordinary answers") {
  constexpr std::array<std::size_t, 9> kSizes = {50000, 50000, 25000, 9000, 3000, 1000, 300, 100, 30};
  io::Cache cache(std::size_t{16} << 20);
  for (std::size_t i = 0; i < kSizes.size(); ++i)
    cache.complete(question("big" + std::to_string(i) + ".test"), texts({std::string(kSizes[i], 'x')}), kStart);
  for (int i = 0; i < 5; ++i)
    cache.complete(question("usual" + std::to_string(i) + ".test"), texts({"v=spf1 " + std::string(500, 'a')}), kStart);
  io::PinnedBytes pinned{.limit = std::size_t{4} << 20};
  std::vector<std::unique_ptr<io::CheckAnswers>> hostile;
  for (int i = 0; i < 1000; ++i) {
    hostile.push_back(std::make_unique<io::CheckAnswers>(cache, nullptr, kLimits, io::CheckAnswers::Slots{}, &pinned));
    hostile.back()->set_now(kStart);
    for (std::size_t n = 0; n < kSizes.size(); ++n) hostile.back()->find(question("big" + std::to_string(n) + ".test"));
    CHECK(pinned.held <= pinned.limit + hostile.size() * io::PinnedBytes::kForEach);
  }
  io::CheckAnswers usual(cache, nullptr, kLimits, {}, &pinned);
  usual.set_now(kStart);
  for (int i = 0; i < 5; ++i)
    CHECK(usual.find(question("usual" + std::to_string(i) + ".test"))->answer.status == dns::Status::ok);
}
