// Runs the pure functions: calls a step, asks DNS what it needs, and calls it again until it needs nothing.
//
// The life of a check:
//   1. start() runs the step. If it needs nothing, start() calls `done` and returns no handle: the check is over.
//   2. Otherwise the check asks what the step needs. For each question it takes the answer from the overlay or the cache, or
//      waits for a lookup of the cache that is under way, or begins one and gives it to the resolver.
//   3. The end of a lookup calls those who wait for it, in the thread in which it ends. Each answer goes to the mailbox of the
//      waiting driver, whose loop takes all answers out together and runs the step of each check again.
//   4. `done` is called when the step needs nothing more, at the deadline, or in Check::expire(). A check that is dropped ends
//      without it.
// Ownership: the caller owns the handle, and the handle owns the check. The check owns its step, `done` and the answers that it
// has seen, which it shares with the cache. Timers, waiters and the mailbox refer to it weakly. A lookup belongs to the cache,
// not to the check that began it: it is completed even if check and driver end before.
//
// One Driver per worker thread; a check never migrates. Several drivers may share the cache, and one may be destroyed while
// others run: the questions that it was asking for them then fail.
// The answers of a check come from, in this order: those it has already seen (pinned), the zone overlay, the cache, DNS.
//
// When memory runs out, only one check suffers: a question that cannot be asked fails, and a step that throws std::bad_alloc ends
// its check (CheckCost::no_memory). Exceptions of `done` go to the caller of start(), or to the loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "common/dns/zone.h"
#include "common/io/cache.h"
#include "common/io/loop.h"
#include "common/io/resolver_counters.h"
#include "common/io/resolver_options.h"
#include "common/io/server_counters.h"
#include "common/spf/answers.h"

namespace io {

// Limits per check.
struct DriverOptions {
  // Questions asked ahead of their turn (Needs::wanted).
  int max_wanted = 16;
  // Questions of any kind; further ones fail. A check may evaluate several records, each with a budget of its own
  // (spf::QuestionBudget); this bounds all of them together.
  int max_questions = 640;
  // Bytes of answers, with their parsed records, that a check holds per identity while it waits. An answer that does not fit is a
  // failure.
  std::size_t max_bytes = std::size_t{1} << 20;
  // Bytes of answers that all checks of the driver hold together; 0: no limit. An answer is a failure if its check would then
  // hold more than a 16th of what is left, and more than 16 KiB.
  std::size_t max_bytes_of_all = std::size_t{64} << 20;
};

// The work that a check needed, for logs and benchmarks.
struct CheckCost {
  int questions = 0;  // looked up in overlay, cache or DNS
  int dns = 0;        // of those: neither in overlay nor cache
  int rounds = 0;     // length of the longest chain of DNS questions, each of which waited for the previous answer
  bool timed_out = false;
  bool no_memory = false;  // the step threw std::bad_alloc, so it has kept no result
};

struct DriverState;

class Driver {
 public:
  // After answers that came together, at most this many checks run in one turn of the loop; the others run in the next.
  static constexpr std::size_t kChecksAtOnce = 32;

  // Looks at the answers and returns what is missing. An empty Needs ends the check; the step has then stored its result.
  using Step = std::function<spf::Needs(spf::AnswerSource&)>;
  using Done = std::function<void(const CheckCost&)>;

  // A check under way. Destroying it drops the check, and `done` is not called. It may be destroyed at any time before the loop,
  // also from `step` and `done`.
  class Check {
   public:
    Check() = default;
    Check(const Check&) = delete;
    Check& operator=(const Check&) = delete;
    virtual ~Check() = default;
    // Ends the check as its deadline does: every missing answer is a failure, and `done` is called before this returns.
    virtual void expire() = 0;
  };
  using Handle = std::unique_ptr<Check>;

  Driver(Loop& loop, std::shared_ptr<Cache> cache, ResolverOptions resolver, DriverOptions options = {});
  // Must not be called from a callback of this driver.
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Replaces the overlay for checks that start from now on; null: none.
  void set_zone(std::shared_ptr<const dns::Zone> zone);
  // Replaces the name servers for questions from now on.
  void set_name_servers(const std::vector<NameServer>& servers);

  // Starts a check. If all answers are known, `done` is called before this returns, and the handle is null. After half of
  // `deadline` the step runs again, for parts that must not take all of the time (AnswerSource::is_late()). After `deadline`
  // every missing answer is a failure "timed out", so `done` is called then at the latest. `done` may destroy the handle of its
  // own check, and start other checks.
  Handle start(Step step, std::chrono::milliseconds deadline, Done done);

  [[nodiscard]] std::size_t running() const;  // checks that wait for answers
  [[nodiscard]] const ResolverCounters& resolver_counters() const;
  [[nodiscard]] std::vector<ServerCounters> server_counters() const;

 private:
  std::shared_ptr<DriverState> state_;
};

// Runs one check to its end on a loop that does nothing else: for command lines and tests.
CheckCost run_to_end(Driver& driver, Loop& loop, Driver::Step step, std::chrono::milliseconds deadline);

}  // namespace io
