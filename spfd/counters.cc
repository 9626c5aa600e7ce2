#include "spfd/counters.h"

#include <fmt/core.h>

#include "common/spf/result.h"

namespace spfd {

void Counters::add(const Counters& other) {
  connections += other.connections;
  open += other.open;
  questions += other.questions;
  for (std::size_t i = 0; i < doors.size(); ++i) doors[i] += other.doors[i];
  bad_questions += other.bad_questions;
  pings += other.pings;
  for (std::size_t i = 0; i < results.size(); ++i) results[i] += other.results[i];
  for (std::size_t i = 0; i < rewriting.size(); ++i) rewriting[i] += other.rewriting[i];
  running += other.running;
  dropped += other.dropped;
  idle_timeouts += other.idle_timeouts;
  write_timeouts += other.write_timeouts;
  displaced += other.displaced;
  failed += other.failed;
  dns.questions += other.dns.questions;
  dns.sent += other.dns.sent;
  dns.tcp += other.dns.tcp;
  dns.timeouts += other.dns.timeouts;
  dns.failures += other.dns.failures;
  dns.strays += other.dns.strays;
  dns.queued += other.dns.queued;
  dns.turned_away += other.dns.turned_away;
  dns.brief += other.dns.brief;
}

std::vector<std::string> counter_lines(const Counters& counters, const io::CacheCounters& cache) {
  std::string answers = fmt::format("counters: questions={}", counters.questions);
  for (std::size_t i = 0; i < counters.results.size(); ++i) {
    answers += fmt::format(" {}={}", spf::result_name(static_cast<spf::Result>(i)), counters.results[i]);
  }
  answers += fmt::format(" bad={} pings={} running={} dropped={}", counters.bad_questions, counters.pings, counters.running,
                         counters.dropped);
  std::string doors = "counters: doors";
  for (std::size_t i = 0; i < counters.doors.size(); ++i) {
    doors += fmt::format(" {}={}", protocol::door_name(static_cast<protocol::Door>(i)), counters.doors[i]);
  }
  std::string rewriting = "counters: srs";
  for (std::size_t i = 0; i < counters.rewriting.size(); ++i) {
    rewriting += fmt::format(" {}={}", receiver::srs_reply_name(static_cast<receiver::SrsReply::Kind>(i)), counters.rewriting[i]);
  }
  return {
      std::move(answers),
      std::move(doors),
      std::move(rewriting),
      fmt::format("counters: connections={} open={} idle-timeouts={} write-timeouts={} displaced={} failed={}",
                  counters.connections, counters.open, counters.idle_timeouts, counters.write_timeouts, counters.displaced,
                  counters.failed),
      fmt::format("counters: cache hits={} misses={} joins={} evictions={} entries={} bytes={} waits={}", cache.hits,
                  cache.misses, cache.joins, cache.evictions, cache.entries, cache.bytes, cache.waits),
      fmt::format("counters: dns questions={} sent={} tcp={} timeouts={} failures={} strays={} queued={} turned-away={} brief={}",
                  counters.dns.questions, counters.dns.sent, counters.dns.tcp, counters.dns.timeouts, counters.dns.failures,
                  counters.dns.strays, counters.dns.queued, counters.dns.turned_away, counters.dns.brief),
  };
}

}  // namespace spfd
