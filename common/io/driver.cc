#include "common/io/driver.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/guarded.h"
#include "common/io/check_answers.h"
#include "common/io/overlay.h"

namespace io {

namespace {

// A question that the cache wants answered. It is, whatever becomes of the resolver that asks.
class Promise {
 public:
  Promise(std::shared_ptr<Cache> cache, const dns::Question& question) : cache_(std::move(cache)), question_(question) {}
  ~Promise() {
    if (cache_ != nullptr) complete(dns::failure_answer("stopped"));
  }
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;

  void complete(dns::Answer answer) {
    const auto cache = std::exchange(cache_, nullptr);
    cache->complete(question_, std::move(answer), Cache::Clock::now());
  }
  bool is_wanted() {
    if (!cache_->abandon(question_)) return true;
    cache_ = nullptr;
    return false;
  }

 private:
  std::shared_ptr<Cache> cache_;
  dns::Question question_;
};

class Running;

// Where the cache's waiters, in whichever thread, leave the answers for the checks of one driver. What comes while the loop is
// busy is taken out together, and each check goes on once for all of it.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  explicit Mailbox(std::shared_ptr<Inbox> inbox) : inbox_(std::move(inbox)) {}

  struct Delivery {
    std::weak_ptr<Running> check;  // to be locked in the driver's thread only
    std::size_t slot = 0;
    SharedAnswer answer;
  };
  // From any thread.
  void put(Delivery delivery) {
    const bool is_first = deliveries_.with([&](std::vector<Delivery>& deliveries) {
      deliveries.push_back(std::move(delivery));
      return deliveries.size() == 1;
    });
    if (is_first) inbox_->post([self = shared_from_this()] { self->hand_out(); });
  }

 private:
  void hand_out();

  std::shared_ptr<Inbox> inbox_;
  base::Guarded<std::vector<Delivery>> deliveries_;
};

}  // namespace

struct DriverState {
  DriverState(Loop& on, std::shared_ptr<Cache> shared, ResolverOptions resolver_options, DriverOptions driver_options)
      : loop(on),
        cache(std::move(shared)),
        resolver(on, std::move(resolver_options)),
        options(driver_options),
        mailbox(std::make_shared<Mailbox>(on.inbox())) {}

  Loop& loop;
  std::shared_ptr<Cache> cache;
  Resolver resolver;
  DriverOptions options;
  std::shared_ptr<Overlay> overlay;
  std::shared_ptr<Mailbox> mailbox;
  CheckAnswers::Slots spare;  // memory for the next check
  std::size_t running = 0;
  std::uint64_t checks = 0;  // that had to wait, so far
};

namespace {

// A check that waits for DNS.
class Running : public std::enable_shared_from_this<Running> {
 public:
  Running(const std::shared_ptr<DriverState>& driver, CheckAnswers& begun, Driver::Step step, Driver::Done done)
      : driver_(driver),
        loop_(driver->loop),
        cache_(driver->cache),
        mailbox_(driver->mailbox),
        options_(driver->options),
        answers_(*cache_, begun.overlay(), max_questions(options_), std::move(begun.slots())),
        step_(std::move(step)),
        done_(std::move(done)),
        timer_(loop_, [this] { expire(); }) {
    ++driver->running;
    number_ = ++driver->checks;
    answers_.set_now(begun.now());
  }
  ~Running() = default;
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  static std::size_t max_questions(const DriverOptions& options) {
    return static_cast<std::size_t>(std::max(options.max_questions, 0));
  }

  void start_clock(std::chrono::milliseconds deadline) {
    end_ = loop_.now() + deadline;
    timer_.set(deadline);
  }

  // Asks what is missing, and runs the step as long as that leads on. True: the check is over.
  bool go_on(spf::Needs needs);
  void take(std::size_t slot, const SharedAnswer& answer);
  void step_again();
  void expire();
  void drop();

  // hand_out() has it in its list.
  bool is_listed = false;

 private:
  [[nodiscard]] Asker asker() const {
    return {.check = number_, .patience = std::chrono::ceil<std::chrono::milliseconds>(end_ - loop_.now())};
  }
  bool ask_all(const spf::Needs& needs);
  bool ask(const dns::Question& question);
  void finish();
  void close();

  std::weak_ptr<DriverState> driver_;
  Loop& loop_;
  std::shared_ptr<Cache> cache_;
  std::shared_ptr<Mailbox> mailbox_;
  DriverOptions options_;
  CheckAnswers answers_;
  Driver::Step step_;
  Driver::Done done_;
  Timer timer_;
  std::uint64_t number_ = 0;
  std::chrono::steady_clock::time_point end_;  // the deadline
  CheckCost cost_;
  int wanted_ = 0;        // questions asked ahead of their turn
  bool is_over_ = false;  // finished or dropped
};

bool Running::go_on(spf::Needs needs) {
  // A step that gets an answer for each of its questions ends long before this bound.
  for (int turn = 0; turn <= options_.max_questions; ++turn) {
    if (needs.empty() || answers_.is_expired()) break;
    if (!ask_all(needs)) return false;
    answers_.set_now(loop_.now());
    needs = step_(answers_);
    if (is_over_) return true;
  }
  finish();
  return true;
}

void Running::step_again() {
  const auto self = shared_from_this();  // the step may drop the check
  if (is_over_) return;
  answers_.set_now(loop_.now());
  spf::Needs needs = step_(answers_);
  if (!is_over_) go_on(std::move(needs));
}

// True: an answer was there at once, so that the step gets further.
bool Running::ask_all(const spf::Needs& needs) {
  bool has_news = false;
  for (const dns::Question& question : needs.needed) has_news |= ask(question);
  for (const dns::Question& question : needs.wanted) {
    if (wanted_ >= options_.max_wanted || answers_.is_full()) break;
    if (answers_.slot_of(question) != nullptr) continue;
    ++wanted_;
    has_news |= ask(question);
  }
  return has_news;
}

bool Running::ask(const dns::Question& question) {
  if (answers_.slot_of(question) != nullptr) return false;
  if (answers_.is_full()) return true;  // find() has a failure for it
  const auto driver = driver_.lock();
  CheckAnswers::Slots& slots = answers_.slots();
  const std::size_t index = slots.size();
  CheckAnswers::Slot& slot = slots.emplace_back(question);
  slot.depth = cost_.rounds + 1;
  if (driver == nullptr) {
    slot.answer = std::make_shared<const spf::KnownAnswer>(dns::failure_answer("stopped"));
    return true;
  }
  if (answers_.overlay() != nullptr) {
    auto found = answers_.overlay()->find(question);
    if (auto* const answer = std::get_if<SharedAnswer>(&found)) {
      slot.answer = std::move(*answer);
      return true;
    }
    const auto& asked = std::get<dns::Question>(found);
    if (asked != question) slot.renamed = std::make_unique<dns::Question>(asked);
  }

  const dns::Question& asked = slot.renamed == nullptr ? slot.question : *slot.renamed;
  auto found = cache_->find_or_join(asked, answers_.now(),
                                    [mailbox = mailbox_, check = weak_from_this(), index](const SharedAnswer& answer) {
                                      mailbox->put({check, index, answer});
                                    });
  if (found.look == Cache::Look::hit) {
    slot.answer = std::move(found.answer);
    return true;
  }
  slot.ticket = found.ticket;
  ++cost_.dns;
  if (found.look == Cache::Look::start) {
    const auto promise = std::make_shared<Promise>(cache_, asked);
    driver->resolver.ask(
        asked, asker(), [promise](dns::Answer answer) { promise->complete(std::move(answer)); },
        [promise] { return promise->is_wanted(); });
  }
  return false;
}

void Running::take(std::size_t slot, const SharedAnswer& answer) {
  CheckAnswers::Slot& taken = answers_.slots().at(slot);
  if (is_over_ || taken.answer != nullptr) return;
  taken.answer = answer;
  cost_.rounds = std::max(cost_.rounds, taken.depth);
}

void Running::expire() {
  if (is_over_) return;
  const auto self = shared_from_this();
  cost_.timed_out = true;
  for (const CheckAnswers::Slot& slot : answers_.slots()) {
    if (slot.answer == nullptr) cost_.rounds = std::max(cost_.rounds, slot.depth);
  }
  close();
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

// Waits for nothing any more.
void Running::close() {
  timer_.cancel();
  for (const CheckAnswers::Slot& slot : answers_.slots()) {
    if (slot.answer == nullptr) cache_->leave(slot.renamed == nullptr ? slot.question : *slot.renamed, slot.ticket);
  }
}

void Mailbox::hand_out() {
  const std::vector<Delivery> deliveries =
      deliveries_.with([](std::vector<Delivery>& waiting) { return std::exchange(waiting, {}); });
  std::vector<std::shared_ptr<Running>> checks;
  for (const Delivery& delivery : deliveries) {
    auto check = delivery.check.lock();
    if (check == nullptr) continue;
    check->take(delivery.slot, delivery.answer);
    if (!std::exchange(check->is_listed, true)) checks.push_back(std::move(check));
  }
  for (const auto& check : checks) {
    check->is_listed = false;
    check->step_again();
  }
}

// What the owner of a check holds.
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
  CheckAnswers answers(*state_->cache, state_->overlay, Running::max_questions(state_->options),
                       std::exchange(state_->spare, {}));
  answers.set_now(state_->loop.now());
  spf::Needs needs = step(answers);
  if (needs.empty()) {
    CheckCost cost;
    cost.questions = static_cast<int>(answers.slots().size());
    answers.slots().clear();
    state_->spare = std::move(answers.slots());
    done(cost);
    return nullptr;
  }
  auto running = std::make_shared<Running>(state_, answers, std::move(step), std::move(done));
  auto check = std::make_unique<Held>(running);
  running->start_clock(deadline);
  if (running->go_on(std::move(needs))) return nullptr;
  return check;
}

std::size_t Driver::running() const { return state_->running; }

const ResolverCounters& Driver::resolver_counters() const { return state_->resolver.counters(); }

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
