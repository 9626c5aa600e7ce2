// Serve stale (RFC 8767) on random worlds: with expired answers, a reply is the same as without them, or it replaces a temperror
// and accepts the mail.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "common/io/check_answers.h"
#include "common/receiver/receiver.h"
#include "t/model/random_zone.h"
#include "t/support/decide.h"
#include "t/support/sanitized.h"

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kRounds = support::kIsSanitized ? 200 : 1500;
const io::Clock::time_point kStart{1000h};
constexpr std::uint32_t kTtl = 300;
const io::Cache::Waiter kNobody = [](const io::SharedAnswer&) {};

// The behaviour of DNS for a question.
enum class State : std::uint8_t { answers, fails, is_silent };

struct Now {
  model::Zone zone;
  std::uint64_t seed;
  std::size_t percent;  // of the questions that have no answer

  [[nodiscard]] State state(const dns::Question& question) const {
    const std::size_t number = std::hash<dns::Question>{}(question) ^ (seed * 0x9e3779b97f4a7c15ULL);
    if ((number >> 20U) % 100 >= percent) return State::answers;
    return (number >> 40U) % 2 == 0 ? State::fails : State::is_silent;
  }
};

dns::Answer kept(dns::Answer answer) {
  answer.ttl = kTtl;
  return answer;
}

// Runs one check to its end. Silence uses up the time of an impatient check; otherwise each question fails separately.
receiver::Reply run(io::Cache& cache, const Now& now, io::Clock::time_point time, const receiver::Request& request,
                    const receiver::Policy& policy, bool is_impatient) {
  io::CheckAnswers answers(cache, nullptr, {640, std::size_t{1} << 20}, {});
  receiver::Workspace workspace;
  for (int round = 0; round < 300; ++round) {
    answers.set_now(time);
    const spf::Needs needs = receiver::decide(request, policy, answers, workspace);
    if (needs.empty()) return workspace.reply;
    bool has_news = false;
    for (const dns::Question& question : needs.needed) {
      const auto missing = answers.missing(question);
      if (missing.what != io::CheckAnswers::Missing::What::to_be_asked) continue;
      const auto slot = answers.open_slot(missing.question, 1);
      REQUIRE(slot.has_value());
      io::SharedAnswer got;
      const auto found = cache.find_or_join(missing.question, time, [&](const io::SharedAnswer& one) { got = one; });
      if (found.look == io::Cache::Look::hit) {
        got = found.answer;
      } else if (const State state = now.state(missing.question); state == State::answers) {
        cache.complete(missing.question, kept(now.zone.answer(missing.question)), time);
      } else if (state == State::fails || !is_impatient) {
        const auto cause = state == State::fails ? dns::Cause::reported : dns::Cause::unavailable;
        cache.complete(missing.question, dns::failure_answer("no answer", cause), time);
      } else {
        cache.leave(missing.question, found.ticket);
        continue;
      }
      answers.settle(*slot, got);
      has_news = true;
    }
    if (!has_news) answers.expire();
  }
  FAIL("the check does not end");
  return {};
}

receiver::Policy random_policy(model::Random& random) {
  receiver::Policy policy = support::plain_policy();
  using receiver::HeloCheck;
  if (random.chance(50)) policy.rules.check_helo = HeloCheck::first;
  if (random.chance(30)) policy.rules.local = support::terms("include:b.test a:c.test");
  if (random.chance(30)) policy.rules.forwarders = support::terms("include:a.test mx:b.test");
  if (random.chance(30)) policy.rules.dry_run = true;
  return policy;
}

bool is_refusal(spf::Result result) { return result == spf::Result::fail || result == spf::Result::permerror; }

}  // namespace

TEST_CASE("RFC 8767: an expired answer never refuses mail, and changes only a temperror") {
  int helped = 0;
  int spared = 0;
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    model::Random random(seed);
    const Now before{model::random_zone(random), seed, 0};
    const bool is_impatient = random.chance(50);
    const Now now{random.chance(50) ? before.zone : model::random_zone(random), seed, 10 + random.below(90)};
    const receiver::Policy policy = random_policy(random);
    io::Cache with({.bytes = std::size_t{8} << 20, .stale = 24h});
    io::Cache without(std::size_t{8} << 20);
    for (int i = 0; i < 3; ++i) {
      const model::Sample sample = model::random_sample(random);
      receiver::Request request = support::request(sample.client.text(), sample.sender, sample.helo);
      CAPTURE(seed);
      CAPTURE(i);
      const receiver::Reply fresh = run(with, before, kStart, request, policy, is_impatient);
      static_cast<void>(run(without, before, kStart, request, policy, is_impatient));
      const auto later = kStart + std::chrono::seconds{kTtl} + 1h;
      const receiver::Reply expected = run(without, now, later, request, policy, is_impatient);
      const receiver::Reply reply = run(with, now, later, request, policy, is_impatient);
      if (!reply.is_stale) {
        const bool is_same = reply.result == expected.result && reply.action == expected.action && reply.would == expected.would;
        // A failure that is known already leaves an impatient check more time for its other questions.
        if (!is_same && !is_impatient)
          FAIL(spf::result_name(reply.result) << " instead of " << spf::result_name(expected.result));
        if (reply.result == spf::Result::temperror && is_refusal(fresh.result)) ++spared;
        continue;
      }
      ++helped;
      CHECK(expected.result == spf::Result::temperror);
      CHECK_FALSE(is_refusal(reply.result));
      CHECK(reply.result != spf::Result::temperror);
      CHECK(reply.action == receiver::Action::accept);
      CHECK_FALSE(reply.would.has_value());
      if (reply.helo && is_refusal(reply.helo->result)) {
        REQUIRE(expected.helo.has_value());
        CHECK(reply.helo->result == expected.helo->result);
      }
      CHECK(reply.header_comment.find("expired DNS answers") != std::string::npos);
      CHECK(reply.ttl <= 30);
    }
  }
  CHECK(helped > static_cast<int>(kRounds) / 20);
  CHECK(spared > static_cast<int>(kRounds) / 50);
}
