#include "common/io/driver.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "common/io/check_answers.h"
#include "common/io/guarded.h"
#include "common/io/overlay.h"
#include "common/io/promise.h"
#include "common/io/resolver.h"

namespace io {

namespace {

class Running;

// The place where the cache's waiters, in any thread, leave answers for the checks of one driver. Answers that arrive while the
// loop is busy are taken out together, and each check runs once for all its answers, some checks per turn of the loop: thousands
// may have waited for the same answer.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  explicit Mailbox(std::shared_ptr<Inbox> inbox) : inbox_(std::move(inbox)) {}

  struct Delivery {
    std::weak_ptr<Running> check;  // locked in the driver's thread only
    std::size_t slot = 0;
    SharedAnswer answer;
  };
  // May be called from any thread.
  void put(Delivery delivery) {
    shared_.with([&](Shared& shared) { shared.deliveries.push_back(std::move(delivery)); });
    post();
  }

 private:
  struct Shared {
    std::vector<Delivery> deliveries;
    bool is_posted = false;  // hand_out() will be called
  };

  void post();
  void hand_out();

  std::shared_ptr<Inbox> inbox_;
  Guarded<Shared> shared_;
  std::deque<std::weak_ptr<Running>> due_;  // checks that run in the next turns; used in the driver's thread only
};

// Returns where the numbers of a driver's checks begin. They differ from those of all other drivers, whose checks may join a
// question.
std::uint64_t first_number() {
  static std::atomic<std::uint64_t> drivers{0};
  return ++drivers << 40;
}

}  // namespace

struct DriverState : std::enable_shared_from_this<DriverState> {
  DriverState(Loop& on, std::shared_ptr<Cache> shared, ResolverOptions resolver_options, DriverOptions driver_options)
      : loop(on),
        cache(std::move(shared)),
        schedule(resolver_options.schedule()),
        resolver(on, std::move(resolver_options)),
        options(driver_options),
        pinned(std::make_shared<PinnedBytes>(PinnedBytes{.limit = driver_options.max_bytes_of_all})),
        mailbox(std::make_shared<Mailbox>(on.inbox())) {
    own_failures();
  }

  // Asks for a cached answer again. No check waits for it. All refreshes together have the share of one check.
  void refresh(const std::optional<dns::Question>& due) {
    if (!due) return;
    std::shared_ptr<Promise> promise;
    try {
      promise = std::make_shared<Promise>(*due, &Cache::refreshed);
      promise->begin(cache, loop.inbox(), shared_resolver());
      promise->set_number(resolver.ask(
          *due, {.check = 0, .patience = schedule}, [promise](dns::Answer answer) { promise->complete(std::move(answer)); },
          [] { return true; }));
    } catch (const std::bad_alloc&) {
      // The promise ends the refresh, if there is one.
      if (promise == nullptr) cache->refreshed(*due, dns::failure_answer("no memory", dns::Cause::local), Cache::Clock::now());
    }
  }

  // Returns the resolver, which lives as long as this object.
  std::shared_ptr<Resolver> shared_resolver() { return {shared_from_this(), &resolver}; }

  Loop& loop;
  std::shared_ptr<Cache> cache;
  std::chrono::milliseconds schedule;  // the least patience of a question
  Resolver resolver;
  DriverOptions options;
  std::shared_ptr<PinnedBytes> pinned;
  std::shared_ptr<Overlay> overlay;
  std::shared_ptr<Mailbox> mailbox;
  CheckAnswers::Slots spare;  // memory for the next check
  std::size_t running = 0;
  std::uint64_t checks = first_number();  // the number of the last check that had to wait
};

namespace {

// An ordinary check has fewer runs; a record with the most questions would have one per answer.
constexpr int kEagerRuns = 24;

// The time that a check keeps for the use of expired answers: this part of what it has left, and at most so much.
constexpr int kPartForExpired = 8;
constexpr std::chrono::milliseconds kMostForExpired{1000};
constexpr std::chrono::milliseconds kWaitForSlot{250};

// A check that waits for DNS.
class Running : public std::enable_shared_from_this<Running> {
 public:
  Running(const std::shared_ptr<DriverState>& driver, CheckAnswers& begun, Driver::Step step, Driver::Done done)
      : driver_(driver),
        loop_(driver->loop),
        cache_(driver->cache),
        mailbox_(driver->mailbox),
        options_(driver->options),
        pinned_(driver->pinned),
        answers_(*cache_, begun),
        step_(std::move(step)),
        done_(std::move(done)),
        timer_(loop_, [this] { on_timer(); }) {}
  ~Running() = default;
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void begin(std::chrono::milliseconds deadline) {
    if (const auto driver = driver_.lock()) {
      ++driver->running;
      number_ = ++driver->checks;
    }
    end_ = loop_.now() + deadline;
    timer_.set(deadline / 2);
  }

  // Asks what is missing, and runs the step as long as it gets new answers. Returns whether the check is over.
  bool go_on(spf::Needs needs);
  void take(std::size_t slot, const SharedAnswer& answer);
  void step_again();
  void on_timer();
  void expire();
  void drop();

  // Returns whether the step may have something to do. At first each answer may let it ask further questions ahead of their turn;
  // after kEagerRuns it runs only when it has all that it needs, since a hostile record makes each run expensive.
  [[nodiscard]] bool can_go_on() const;

  // Set while the check is in the mailbox's list of checks to run.
  bool is_due = false;

 private:
  // Returns this check as the asker of a question, with its patience. Other checks may join the question, so it lasts for at
  // least `least`, even if this check has less time. If there is an expired answer, the question ends a little before the check,
  // which then has time to use the answer; but the question gets its full time, and a moment more to wait for a slot.
  [[nodiscard]] Asker asker(std::chrono::milliseconds least, bool has_expired) const {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - loop_.now());
    if (has_expired) {
      left -= std::min(left / kPartForExpired, kMostForExpired);
      least += kWaitForSlot;
    }
    return {.check = number_, .patience = std::max(left, least)};
  }
  spf::Needs run_step();
  bool ask_all(const spf::Needs& needs);
  bool ask(const dns::Question& question);
  SharedAnswer ask_dns(const dns::Question& question, std::size_t slot);
  void finish();
  void close();

  std::weak_ptr<DriverState> driver_;
  Loop& loop_;
  std::shared_ptr<Cache> cache_;
  std::shared_ptr<Mailbox> mailbox_;
  DriverOptions options_;
  std::shared_ptr<PinnedBytes> pinned_;  // outlives answers_
  CheckAnswers answers_;
  Driver::Step step_;
  Driver::Done done_;
  Timer timer_;
  std::uint64_t number_ = 0;
  std::chrono::steady_clock::time_point end_;  // the deadline
  CheckCost cost_;
  int runs_ = 0;                       // of the step
  std::vector<dns::Question> needed_;  // by its last run
  int wanted_ = 0;                     // questions asked ahead of their turn
  bool is_over_ = false;               // finished or dropped
};

spf::Needs Running::run_step() {
  answers_.set_now(loop_.now());
  ++runs_;
  spf::Needs needs;
  try {
    needs = step_(answers_);
  } catch (const std::bad_alloc&) {
    cost_.no_memory = true;
  }
  if (const auto driver = driver_.lock()) driver->refresh(answers_.take_due());
  return needs;
}

bool Running::go_on(spf::Needs needs) {
  // A step whose questions are all answered ends long before this bound.
  for (int turn = 0; turn <= options_.max_questions; ++turn) {
    if (needs.empty() || answers_.is_expired()) break;
    if (!ask_all(needs)) {
      needed_ = std::move(needs.needed);
      return false;
    }
    needs = run_step();
    if (is_over_) return true;
  }
  finish();
  return true;
}

bool Running::can_go_on() const {
  return runs_ < kEagerRuns || std::none_of(needed_.begin(), needed_.end(), [this](const dns::Question& question) {
           return answers_.missing(question).what == CheckAnswers::Missing::What::under_way;
         });
}

void Running::step_again() {
  const auto self = shared_from_this();  // the step may drop the check
  if (is_over_) return;
  spf::Needs needs = run_step();
  if (!is_over_) go_on(std::move(needs));
}

// Asks the questions that have not been asked. Returns whether an answer was known at once, so that the step can continue.
bool Running::ask_all(const spf::Needs& needs) {
  bool has_news = false;
  for (const dns::Question& question : needs.needed) has_news |= ask(question);
  for (const dns::Question& question : needs.wanted) {
    if (wanted_ >= options_.max_wanted || answers_.is_full()) break;
    if (answers_.missing(question).what != CheckAnswers::Missing::What::to_be_asked) continue;
    ++wanted_;
    has_news |= ask(question);
  }
  return has_news;
}

bool Running::ask(const dns::Question& question) {
  const CheckAnswers::Missing missing = answers_.missing(question);
  switch (missing.what) {
    case CheckAnswers::Missing::What::no_room: return true;
    case CheckAnswers::Missing::What::nothing:
    case CheckAnswers::Missing::What::under_way: return false;
    case CheckAnswers::Missing::What::to_be_asked: break;
  }
  std::size_t slot = 0;
  try {
    slot = *answers_.open_slot(missing.question, cost_.rounds + 1);
  } catch (const std::bad_alloc&) {
    answers_.expire();
    return true;
  }
  try {
    SharedAnswer answer = ask_dns(missing.question, slot);
    if (answer == nullptr) return false;
    answers_.settle(slot, std::move(answer));
  } catch (const std::bad_alloc&) {
    // If the question was asked nevertheless, its slot waits for the failure that its promise gives.
    if (answers_.slots()[slot].ticket != 0) return false;
    answers_.settle(slot, own_failures().no_memory);
  }
  return true;
}

// Returns the answer if it is known at once.
SharedAnswer Running::ask_dns(const dns::Question& question, std::size_t slot) {
  const auto driver = driver_.lock();
  if (driver == nullptr) return own_failures().stopped;
  if (answers_.overlay() != nullptr) {
    if (SharedAnswer answer = answers_.overlay()->find(question)) return answer;
  }
  const auto promise = std::make_shared<Promise>(question);
  Cache::Found found = cache_->find_or_join(question, answers_.now(),
                                            [mailbox = mailbox_, check = weak_from_this(), slot](const SharedAnswer& answer) {
                                              mailbox->put({check, slot, answer});
                                            });
  if (found.look == Cache::Look::hit) return std::move(found.answer);
  answers_.slots()[slot].ticket = found.ticket;
  answers_.slots()[slot].has_joined = found.look == Cache::Look::join;
  ++cost_.dns;
  if (found.look == Cache::Look::join) {
    if (const auto asking = found.asking.lock()) asking->joined(number_);
  } else {
    promise->begin(cache_, loop_.inbox(), driver->shared_resolver());
    try {
      promise->set_number(driver->resolver.ask(
          question, asker(driver->schedule, found.has_expired),
          [promise](dns::Answer answer) { promise->complete(std::move(answer)); }, [promise] { return promise->is_wanted(); }));
    } catch (const std::bad_alloc&) {
      promise->complete(dns::failure_answer("no memory", dns::Cause::local));
    }
  }
  return nullptr;
}

void Running::take(std::size_t slot, const SharedAnswer& answer) {
  if (is_over_ || answers_.slots().at(slot).answer != nullptr) return;
  cost_.rounds = std::max(cost_.rounds, answers_.slots()[slot].depth);
  answers_.settle_or_reopen(slot, answer);
}

// Called at half of the time and at its end.
void Running::on_timer() {
  if (answers_.is_late()) return expire();
  answers_.set_late();
  timer_.set(std::max(std::chrono::ceil<std::chrono::milliseconds>(end_ - loop_.now()), std::chrono::milliseconds{0}));
  step_again();
}

void Running::expire() {
  if (is_over_) return;
  const auto self = shared_from_this();
  cost_.timed_out = true;
  for (const CheckAnswers::Slot& slot : answers_.slots()) {
    if (slot.answer == nullptr) cost_.rounds = std::max(cost_.rounds, slot.depth);
  }
  close();
  answers_.set_now(loop_.now());
  answers_.expire();
  step_again();
}

void Running::finish() {
  close();
  is_over_ = true;
  cost_.questions = static_cast<int>(answers_.slots().size());
  if (const auto driver = driver_.lock()) --driver->running;
  const Driver::Done done = std::move(done_);
  done(cost_);
}

void Running::drop() {
  if (is_over_) return;
  close();
  is_over_ = true;
  if (const auto driver = driver_.lock()) --driver->running;
}

// Stops waiting for answers.
void Running::close() {
  timer_.cancel();
  for (const CheckAnswers::Slot& slot : answers_.slots()) {
    if (slot.answer == nullptr) cache_->leave(slot.question, slot.ticket);
  }
}

void Mailbox::post() {
  if (shared_.with([](Shared& shared) { return std::exchange(shared.is_posted, true); })) return;
  try {
    inbox_->post([self = shared_from_this()] { self->hand_out(); });
  } catch (const std::bad_alloc&) {  // the next delivery tries again
    shared_.with([](Shared& shared) { shared.is_posted = false; });
    throw;
  }
}

void Mailbox::hand_out() {
  const std::vector<Delivery> deliveries = shared_.with([](Shared& shared) {
    shared.is_posted = false;
    return std::exchange(shared.deliveries, {});
  });
  for (const Delivery& delivery : deliveries) {
    const auto check = delivery.check.lock();
    if (check == nullptr) continue;
    check->take(delivery.slot, delivery.answer);
    if (check->is_due || !check->can_go_on()) continue;
    try {
      due_.push_back(check);
      check->is_due = true;
    } catch (const std::bad_alloc&) {  // this check continues with its next answer, or at its deadline
    }
  }
  for (std::size_t i = 0; i < Driver::kChecksAtOnce && !due_.empty(); ++i) {
    const auto check = due_.front().lock();
    due_.pop_front();
    if (check == nullptr) continue;
    check->is_due = false;
    try {
      check->step_again();
    } catch (const std::bad_alloc&) {  // from `done`: the check is over, and the others continue
    }
  }
  if (!due_.empty()) post();
}

// The handle that the owner of a check holds.
class Held final : public Driver::Check {
 public:
  explicit Held(std::shared_ptr<Running> running) : running_(std::move(running)) {}
  ~Held() override { running_->drop(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  void expire() override {
    const auto running = running_;  // `done` may destroy this
    running->expire();
  }

 private:
  std::shared_ptr<Running> running_;
};

}  // namespace

Driver::Driver(Loop& loop, std::shared_ptr<Cache> cache, ResolverOptions resolver, DriverOptions options)
    : state_(std::make_shared<DriverState>(loop, std::move(cache), std::move(resolver), options)) {}

Driver::~Driver() = default;

void Driver::set_zone(std::shared_ptr<const dns::Zone> zone) {
  state_->overlay = zone == nullptr || zone->empty() ? nullptr : std::make_shared<Overlay>(std::move(zone));
}

void Driver::set_name_servers(const std::vector<NameServer>& servers) { state_->resolver.set_servers(servers); }

Driver::Handle Driver::start(Step step, std::chrono::milliseconds deadline, Done done) {
  const CheckAnswers::Limits limits{static_cast<std::size_t>(std::max(state_->options.max_questions, 0)),
                                    state_->options.max_bytes};
  CheckAnswers answers(*state_->cache, state_->overlay, limits, std::exchange(state_->spare, {}), state_->pinned.get());
  answers.set_now(state_->loop.now());
  CheckCost cost;
  spf::Needs needs;
  try {
    needs = step(answers);
  } catch (const std::bad_alloc&) {
    cost.no_memory = true;
  }
  if (needs.empty()) {
    cost.questions = static_cast<int>(answers.slots().size());
    answers.slots().clear();
    state_->spare = std::move(answers.slots());
    done(cost);
    state_->refresh(answers.take_due());  // after the answer
    return nullptr;
  }
  state_->refresh(answers.take_due());
  auto running = std::make_shared<Running>(state_, answers, std::move(step), std::move(done));
  auto check = std::make_unique<Held>(running);
  running->begin(deadline);
  if (running->go_on(std::move(needs))) return nullptr;
  return check;
}

std::size_t Driver::running() const { return state_->running; }

const ResolverCounters& Driver::resolver_counters() const { return state_->resolver.counters(); }

std::vector<ServerCounters> Driver::server_counters() const { return state_->resolver.server_counters(); }

CheckCost run_to_end(Driver& driver, Loop& loop, Driver::Step step, std::chrono::milliseconds deadline) {
  std::optional<CheckCost> end;
  const Driver::Handle check = driver.start(std::move(step), deadline, [&](const CheckCost& cost) {
    end = cost;
    loop.stop();
  });
  if (!end) loop.run();
  return end.value_or(CheckCost{});
}

}  // namespace io
