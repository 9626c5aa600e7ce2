// The driver of the pure side: runs a step function, asks what it needs, and runs it again until it needs nothing.
//
// One Driver per worker thread; a check never migrates. The cache may be shared by several drivers, and one of them may be
// destroyed while others run: questions that it was asking for them are answered by a failure.
// The answers of a check come from, in this order: those it has already seen (pinned), the zone overlay, the cache, DNS.
//
// When memory runs out, one check pays for it: a question that cannot be asked is a failure, and a step that throws
// std::bad_alloc ends its check (CheckCost::no_memory). What `done` throws goes to the caller of start(), or to the loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "common/dns/zone.h"
#include "common/io/cache.h"
#include "common/io/loop.h"
#include "common/io/resolver.h"
#include "common/spf/answers.h"

namespace io {

// Per check.
struct DriverOptions {
  // Questions asked ahead of their turn (Needs::wanted).
  int max_wanted = 16;
  // Questions of any kind; more are answered by a failure. A check may evaluate several records, and each has a budget
  // of its own (spf::QuestionBudget); this bounds them all together.
  int max_questions = 640;
  // Bytes of the answers that a check holds while it waits, with their parsed records, for each identity. One that does not fit
  // is a failure.
  std::size_t max_bytes = std::size_t{1} << 20;
};

// What happened to a check on its way, for logs and benchmarks.
struct CheckCost {
  int questions = 0;  // looked up in overlay, cache or DNS
  int dns = 0;        // of those: not in overlay or cache
  int rounds = 0;     // the longest chain of DNS questions that had to wait for each other's answers
  bool timed_out = false;
  bool no_memory = false;  // the step threw std::bad_alloc, so that it has kept no result
};

struct DriverState;

class Driver {
 public:
  // Answers that came together make this many checks go on in one turn of the loop; the others go on in the next.
  static constexpr std::size_t kChecksAtOnce = 32;

  // Looks at the answers and says what is missing; an empty Needs ends the check, and the step has kept its result.
  using Step = std::function<spf::Needs(spf::AnswerSource&)>;
  using Done = std::function<void(const CheckCost&)>;

  // Owning it keeps the check going; destroying it drops the check, and `done` is not called any more. It may be destroyed at
  // any time, also from `step` and `done`, before the loop.
  class Check {
   public:
    Check() = default;
    Check(const Check&) = delete;
    Check& operator=(const Check&) = delete;
    virtual ~Check() = default;
    // The deadline has come: every answer still missing is a failure, and `done` is called before this returns.
    virtual void expire() = 0;
  };
  using Handle = std::unique_ptr<Check>;

  Driver(Loop& loop, std::shared_ptr<Cache> cache, ResolverOptions resolver, DriverOptions options = {});
  // Not from within a callback of its own.
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Replaces the overlay for the checks that start from now on; null: none.
  void set_zone(std::shared_ptr<const dns::Zone> zone);
  // Replaces the name servers that are asked from now on.
  void set_name_servers(const std::vector<NameServer>& servers);

  // Starts a check. If all it needs is known, `done` is called before this returns and the handle is null.
  // At half of `deadline` the step runs again, for what must not take all of the time (AnswerSource::is_late()).
  // After `deadline` every answer still missing is a failure "timed out", so `done` comes then at the latest.
  // `done` may destroy the handle of its own check, and start others.
  Handle start(Step step, std::chrono::milliseconds deadline, Done done);

  [[nodiscard]] std::size_t running() const;  // checks that wait
  [[nodiscard]] const ResolverCounters& resolver_counters() const;

 private:
  std::shared_ptr<DriverState> state_;
};

// Runs one step to its end on a loop of its own: for command lines and tests.
CheckCost run_to_end(Driver& driver, Loop& loop, Driver::Step step, std::chrono::milliseconds deadline);

}  // namespace io
