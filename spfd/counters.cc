#include "spfd/counters.h"

#include <fmt/core.h>

#include "common/base/members.h"

namespace spfd {

namespace {

void add_to(std::uint64_t& sum, std::uint64_t more) { sum += more; }

template <std::size_t N>
void add_to(std::array<std::uint64_t, N>& sums, const std::array<std::uint64_t, N>& more) {
  for (std::size_t i = 0; i < N; ++i) sums[i] += more[i];
}

template <class T>
void add_each(T& sums, const T& more);
void add_to(io::ResolverCounters& sums, const io::ResolverCounters& more) { add_each(sums, more); }

template <class T>
void add_each(T& sums, const T& more) {
  base::with_members(sums, [&](auto&... sum) { base::with_members(more, [&](const auto&... one) { (add_to(sum, one), ...); }); });
}

}  // namespace

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
      fmt::format("cache hits={} misses={} joins={} evictions={} entries={} bytes={} waits={}", cache.hits, cache.misses,
                  cache.joins, cache.evictions, cache.entries, cache.bytes, cache.waits),
      fmt::format("dns questions={} sent={} tcp={} timeouts={} failures={} strays={} queued={} turned-away={} brief={}",
                  counters.dns.questions, counters.dns.sent, counters.dns.tcp, counters.dns.timeouts, counters.dns.failures,
                  counters.dns.strays, counters.dns.queued, counters.dns.turned_away, counters.dns.brief),
      fmt::format("log lost-lines={}", lost_lines),
      fmt::format("sandbox refused-calls={}", refused_calls),
  };
}

}  // namespace spfd
