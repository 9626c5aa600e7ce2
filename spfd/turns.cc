#include "spfd/turns.h"

#include <exception>
#include <utility>

namespace spfd {

namespace {

// A worker that has been at one task for longer gets no turn.
constexpr std::chrono::milliseconds kBusy{1};
// attend() is not needed after this many calls without a new connection.
constexpr int kQuiet = 100;

}  // namespace

Turns::Turns(std::size_t workers, std::function<void()> wake) : wake_(std::move(wake)) {
  for (std::size_t i = 0; i < workers; ++i) seats_.push_back(std::make_unique<Seat>());
  seats_.front()->has_turn = true;
}

void Turns::join(std::size_t worker, std::function<void()> changed, std::function<std::chrono::nanoseconds()> busy_for) {
  seats_[worker]->changed = std::move(changed);
  seats_[worker]->busy_for = std::move(busy_for);
}

bool Turns::has_turn(std::size_t worker) const { return seats_[worker]->has_turn.load(std::memory_order_relaxed); }

bool Turns::is_laden(std::size_t worker) const {
  const int own = open(worker);
  if (own < 2) return false;
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    if (open(i) + 1 < own) return true;
  }
  return false;
}

// Returns the worker with the fewest connections among those without a turn that have time.
std::optional<std::size_t> Turns::best_without(std::chrono::nanoseconds patience) const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    if (has_turn(i) || seats_[i]->busy_for() > patience) continue;
    if (!best || open(i) < open(*best)) best = i;
  }
  return best;
}

void Turns::set(State& state, std::size_t worker, bool on, Changed& changed) {
  if (has_turn(worker) == on) return;
  seats_[worker]->has_turn.store(on, std::memory_order_relaxed);
  state.turns = on ? state.turns + 1 : state.turns - 1;
  changed.set(worker);
}

// Notifies workers, without the lock. They read has_turn() afterwards, so the order of the calls does not matter.
void Turns::tell(const Changed& changed) noexcept {
  try {
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      if (changed.test(i)) seats_[i]->changed();
    }
  } catch (const std::exception&) {
    // A turn that its worker does not notice would be lost: the main thread notifies all workers later.
    has_untold_ = true;
    if (!is_attended_.exchange(true)) wake_();
  }
}

void Turns::looked(std::size_t worker, bool found, bool may_be_more) {
  if (seats_.size() == 1) return;
  if (found) {
    found_.fetch_add(1, std::memory_order_relaxed);
    if (!is_attended_.load(std::memory_order_relaxed) && !is_attended_.exchange(true)) wake_();
  }
  const bool laden = is_laden(worker);
  if (found && !may_be_more && !laden) return;
  Changed changed;
  state_.with([&](State& state) {
    if (!has_turn(worker)) return;
    if (laden || may_be_more) {
      if (const auto other = best_without(kBusy)) set(state, *other, true, changed);
    }
    if ((laden || !found) && state.turns > 1) set(state, worker, false, changed);
  });
  tell(changed);
}

bool Turns::attend() {
  if (!is_attended_) return false;
  relieve();
  if (has_untold_.exchange(false)) tell(Changed().set());
  const unsigned long found = found_.load(std::memory_order_relaxed);
  quiet_ = found == found_before_ ? quiet_ + 1 : 0;
  found_before_ = found;
  if (quiet_ < kQuiet || has_untold_) return true;
  quiet_ = 0;
  is_attended_ = false;
  return false;
}

void Turns::relieve() {
  Changed changed;
  state_.with([&](State& state) {
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      if (!has_turn(i) || seats_[i]->busy_for() <= kAttention) continue;
      const auto other = best_without(kBusy);
      if (other) set(state, *other, true, changed);
      if (state.turns > 1) set(state, i, false, changed);
    }
  });
  tell(changed);
}

}  // namespace spfd
