// Counts, with virtual time, how many checks of a wide world wait for DNS, and how many questions are asked, without
// refresh-ahead and with it: ahead DOMAINS CHECKS CHECKS-PER-SECOND. Prints a table.
//
// A question takes kDelay, and checks during that time wait for the same answer, as in the daemon.
#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <utility>
#include <variant>

#include "common/dns/zone.h"
#include "common/io/check_answers.h"
#include "common/spf/evaluate.h"
#include "t/bench/wide_world.h"

namespace {

using io::Cache;
using Time = Cache::Clock::time_point;

constexpr std::chrono::milliseconds kDelay{20};
constexpr std::uint64_t kSeed = 1;

dns::Zone zone_of(std::uint64_t domains) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const out = ::open_memstream(&text, &size);
  bench::write_wide_zone(out, domains);
  std::fclose(out);
  dns::Zone zone;
  if (!zone.add_file({text, size})) std::abort();
  std::free(text);
  return zone;
}

struct Run {
  std::uint64_t checks = 0;
  std::uint64_t waited = 0;
  io::CacheCounters counters;
};

class Simulation {
 public:
  Simulation(const dns::Zone& zone, bool refreshes_ahead)
      : zone_(zone), cache_({.bytes = std::size_t{64} << 20U, .refreshes_ahead = refreshes_ahead}) {}

  void check(std::uint64_t domain, Time now) {
    while (!refreshes_.empty() && refreshes_.front().first <= now) {
      cache_.refreshed(refreshes_.front().second, answer(refreshes_.front().second), refreshes_.front().first);
      refreshes_.pop_front();
    }
    const bench::Check one = bench::wide_check(domain);
    spf::Query query;
    spf::set_mailfrom_query(query, *base::IpAddress::parse(one.client), "user@" + one.domain, one.domain);
    io::CheckAnswers answers(cache_, nullptr, {640, std::size_t{1} << 20U}, {});
    bool has_waited = false;
    for (;;) {
      answers.set_now(now);
      spf::Verdict verdict;
      const spf::Needs needs = spf::evaluate(query, {}, answers, verdict);
      if (auto due = answers.take_due()) refreshes_.emplace_back(now + kDelay, *due);
      if (needs.empty()) break;
      has_waited = true;
      now += kDelay;
      for (const dns::Question& question : needs.needed) {
        if (cache_.find_or_join(question, now, [](const io::SharedAnswer&) {}).look == Cache::Look::start)
          cache_.complete(question, answer(question), now);
      }
    }
    ++run_.checks;
    run_.waited += has_waited ? 1U : 0U;
  }

  // Counts from now on.
  void begin() {
    run_ = {};
    before_ = cache_.counters();
  }
  Run end() {
    run_.counters = cache_.counters();
    run_.counters.misses -= before_.misses;
    run_.counters.prefetches -= before_.prefetches;
    return run_;
  }

 private:
  [[nodiscard]] dns::Answer answer(const dns::Question& question) const { return std::get<dns::Answer>(zone_.find(question)); }

  const dns::Zone& zone_;
  Cache cache_;
  io::CacheCounters before_;
  std::deque<std::pair<Time, dns::Question>> refreshes_;
  Run run_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: ahead DOMAINS CHECKS CHECKS-PER-SECOND\n", stderr);
    return 2;
  }
  const std::uint64_t domains = std::strtoull(argv[1], nullptr, 10);
  const std::uint64_t checks = std::strtoull(argv[2], nullptr, 10);
  const std::uint64_t rate = std::strtoull(argv[3], nullptr, 10);
  const dns::Zone zone = zone_of(domains);
  fmt::print("{:<14} {:>10} {:>14} {:>12} {:>12}\n", "refresh-ahead", "checks", "waited for DNS", "questions", "ahead");
  for (const bool refreshes_ahead : {false, true}) {
    Simulation simulation(zone, refreshes_ahead);
    bench::Senders senders(domains, kSeed);
    for (std::uint64_t i = 0; i < checks; ++i) {
      if (i == checks / 2) simulation.begin();  // the first half fills the cache
      simulation.check(senders.next(), Time{std::chrono::hours{1000}} + std::chrono::microseconds{i * 1'000'000 / rate});
    }
    const Run run = simulation.end();
    fmt::print("{:<14} {:>10} {:>13.2f}% {:>12} {:>12}\n", refreshes_ahead ? "yes" : "no", run.checks,
               100.0 * static_cast<double>(run.waited) / static_cast<double>(run.checks),
               run.counters.misses + run.counters.prefetches, run.counters.prefetches);
  }
  return 0;
}
