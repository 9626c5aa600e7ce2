#include "spfd/counters.h"

#include <fmt/core.h>

#include <algorithm>

#include "common/base/members.h"

namespace spfd {

namespace {

void add_to(std::uint64_t& sum, std::uint64_t more) { sum += more; }

template <std::size_t N>
void add_to(std::array<std::uint64_t, N>& sums, const std::array<std::uint64_t, N>& more) {
  for (std::size_t i = 0; i < N; ++i) sums[i] += more[i];
}

template <const auto& kBounds>
void add_to(base::Histogram<kBounds>& sums, const base::Histogram<kBounds>& more) {
  add_to(sums.counts, more.counts);
  sums.sum += more.sum;
}

void add_to(Lag& most, const Lag& other) { most.nanoseconds = std::max(most.nanoseconds, other.nanoseconds); }

void add_to(std::vector<io::ServerCounters>& sums, const std::vector<io::ServerCounters>& more) {
  for (const io::ServerCounters& one : more) {
    const auto same = std::find_if(sums.begin(), sums.end(), [&](const auto& sum) { return sum.server == one.server; });
    if (same == sums.end()) {
      sums.push_back(one);
    } else {
      same->add(one);
    }
  }
}

template <class T>
void add_each(T& sums, const T& more);
void add_to(CheckCounters& sums, const CheckCounters& more) { add_each(sums, more); }
void add_to(io::ResolverCounters& sums, const io::ResolverCounters& more) { add_each(sums, more); }

template <class T>
void add_each(T& sums, const T& more) {
  base::with_members(sums, [&](auto&... sum) { base::with_members(more, [&](const auto&... one) { (add_to(sum, one), ...); }); });
}

}  // namespace

std::string_view checked_identity_name(std::size_t index) {
  return index == 0 ? "none" : spf::identity_name(static_cast<spf::Identity>(index - 1));
}

void CheckCounters::count(protocol::Door door, const receiver::Reply& reply) {
  const auto at = static_cast<std::size_t>(door);
  const std::size_t identity = reply.identity ? 1 + static_cast<std::size_t>(*reply.identity) : 0;
  ++answers[(at * kCheckedIdentities + identity) * spf::kResults + static_cast<std::size_t>(reply.result)];
  ++actions[(at * kActions + static_cast<std::size_t>(reply.would.value_or(reply.action))) * 2 + (reply.would ? 1 : 0)];
  if (reply.result == spf::Result::temperror || reply.result == spf::Result::permerror)
    ++problems[static_cast<std::size_t>(reply.problem_kind)];
  if (reply.is_weak) ++weak_passes;
  if (reply.is_stale) ++stale;
}

void CheckCounters::count(const receiver::Reply& reply, const io::CheckCost& cost, std::chrono::nanoseconds time) {
  (cost.dns == 0 ? warm : cold).add(static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)));
  lookups.add(static_cast<std::uint64_t>(std::max(reply.lookups, 0)));
  questions.add(static_cast<std::uint64_t>(std::max(cost.questions, 0)));
}

void CheckCounters::count(const receiver::Reply& reply, const Shadow& of) {
  const bool is_known = of.state == Shadow::State::known;
  const std::size_t action = is_known ? static_cast<std::size_t>(of.action) : kActions;
  ++shadow[static_cast<std::size_t>(reply.would.value_or(reply.action)) * (kActions + 1) + action];
  if (is_known && !of.agrees_with(reply)) ++shadow_differs;
}

void Counters::add(const Counters& other) { add_each(*this, other); }

std::string CounterGroup::line() const {
  std::string text(name);
  for (const auto& [key, count] : counters) text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, count);
  return text;
}

std::vector<CounterGroup> counter_groups(const Counters& counters, const io::CacheCounters& cache, std::uint64_t lost_lines,
                                         std::uint64_t refused_calls) {
  CounterGroup answers{"", {{"questions", counters.requests}}};
  for (std::size_t i = 0; i < counters.results.size(); ++i)
    answers.counters.emplace_back(spf::result_name(static_cast<spf::Result>(i)), counters.results[i]);
  answers.counters.insert(
      answers.counters.end(),
      {{"bad", counters.bad_requests}, {"pings", counters.pings}, {"running", counters.running}, {"dropped", counters.dropped}});
  CounterGroup doors{"doors", {}};
  for (std::size_t i = 0; i < counters.doors.size(); ++i)
    doors.counters.emplace_back(protocol::door_name(static_cast<protocol::Door>(i)), counters.doors[i]);
  std::uint64_t judged = 0;
  std::uint64_t unknown = 0;
  for (std::size_t i = 0; i < counters.checks.shadow.size(); ++i)
    ((i + 1) % (kActions + 1) == 0 ? unknown : judged) += counters.checks.shadow[i];
  CounterGroup rewriting{"srs", {}};
  for (std::size_t i = 0; i < counters.rewriting.size(); ++i)
    rewriting.counters.emplace_back(receiver::srs_reply_name(static_cast<receiver::SrsReply::Kind>(i)), counters.rewriting[i]);
  return {
      std::move(answers),
      std::move(doors),
      std::move(rewriting),
      {"",
       {{"connections", counters.connections},
        {"open", counters.open},
        {"idle-timeouts", counters.idle_timeouts},
        {"write-timeouts", counters.write_timeouts},
        {"displaced", counters.displaced},
        {"failed", counters.failed}}},
      {"cache",
       {{"hits", cache.hits},
        {"misses", cache.misses},
        {"joins", cache.joins},
        {"evictions", cache.evictions},
        {"prefetches", cache.prefetches},
        {"stale", counters.checks.stale},
        {"entries", cache.entries},
        {"bytes", cache.bytes},
        {"waits", cache.waits}}},
      {"dns",
       {{"questions", counters.dns.questions},
        {"sent", counters.dns.sent},
        {"tcp", counters.dns.tcp},
        {"timeouts", counters.dns.timeouts},
        {"failures", counters.dns.failures},
        {"strays", counters.dns.strays},
        {"queued", counters.dns.queued},
        {"turned-away", counters.dns.turned_away},
        {"brief", counters.dns.brief}}},
      {"shadow", {{"judged", judged}, {"different", counters.checks.shadow_differs}, {"unknown", unknown}}},
      {"log", {{"lost-lines", lost_lines}}},
      {"sandbox", {{"refused-calls", refused_calls}}},
  };
}

}  // namespace spfd
