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
  if (reply.is_weak) ++weak_passes;
  if (reply.is_stale) ++stale;
}

void CheckCounters::count(const receiver::Reply& reply, const io::CheckCost& cost, std::chrono::nanoseconds time) {
  (cost.dns == 0 ? warm : cold).add(static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)));
  lookups.add(static_cast<std::uint64_t>(std::max(reply.lookups, 0)));
  questions.add(static_cast<std::uint64_t>(std::max(cost.questions, 0)));
}

void Counters::add(const Counters& other) { add_each(*this, other); }

std::vector<std::string> counter_lines(const Counters& counters, const io::CacheCounters& cache, std::uint64_t lost_lines,
                                       std::uint64_t refused_calls) {
  std::string answers = fmt::format("questions={}", counters.requests);
  for (std::size_t i = 0; i < counters.results.size(); ++i) {
    answers += fmt::format(" {}={}", spf::result_name(static_cast<spf::Result>(i)), counters.results[i]);
  }
  answers += fmt::format(" bad={} pings={} running={} dropped={}", counters.bad_requests, counters.pings, counters.running,
                         counters.dropped);
  std::string doors = "doors";
  for (std::size_t i = 0; i < counters.doors.size(); ++i) {
    doors += fmt::format(" {}={}", protocol::door_name(static_cast<protocol::Door>(i)), counters.doors[i]);
  }
  std::string rewriting = "srs";
  for (std::size_t i = 0; i < counters.rewriting.size(); ++i) {
    rewriting += fmt::format(" {}={}", receiver::srs_reply_name(static_cast<receiver::SrsReply::Kind>(i)), counters.rewriting[i]);
  }
  return {
      std::move(answers),
      std::move(doors),
      std::move(rewriting),
      fmt::format("connections={} open={} idle-timeouts={} write-timeouts={} displaced={} failed={}", counters.connections,
                  counters.open, counters.idle_timeouts, counters.write_timeouts, counters.displaced, counters.failed),
      fmt::format("cache hits={} misses={} joins={} evictions={} prefetches={} stale={} entries={} bytes={} waits={}", cache.hits,
                  cache.misses, cache.joins, cache.evictions, cache.prefetches, counters.checks.stale, cache.entries, cache.bytes,
                  cache.waits),
      fmt::format("dns questions={} sent={} tcp={} timeouts={} failures={} strays={} queued={} turned-away={} brief={}",
                  counters.dns.questions, counters.dns.sent, counters.dns.tcp, counters.dns.timeouts, counters.dns.failures,
                  counters.dns.strays, counters.dns.queued, counters.dns.turned_away, counters.dns.brief),
      fmt::format("log lost-lines={}", lost_lines),
      fmt::format("sandbox refused-calls={}", refused_calls),
  };
}

}  // namespace spfd
