// The answers of one check: what it has seen (pinned), then the zone overlay, then the cache.
//
// Not DNS: who asks that adds the answers here. One thread.
//
// Each question has a slot, and so has each name where an alias leads, whether the alias is one of the overlay or of a resolver
// that left out its target: find() follows the slots. So a chain counts in the number of questions, and its TTL is the least of
// its slots. A chain of more than kMaxAliases questions is a failure, also when it is a loop.
// What a check pins is bounded: by the number of questions, and by the bytes of their answers. Each identity has bytes of its
// own: what both ask for is pinned while one of them has room for it. So a HELO name chosen for its large answers takes nothing
// from MAIL FROM.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/dns/answer.h"
#include "common/io/cache.h"
#include "common/io/kept_answer.h"
#include "common/io/overlay.h"
#include "common/spf/answers.h"

namespace io {

// Failures that a check makes itself. None of them says anything about DNS.
struct OwnFailures {
  SharedAnswer timed_out = own_failure("timed out");
  SharedAnswer too_many = own_failure("too many questions");
  SharedAnswer too_large = own_failure("answers that are too large");
  SharedAnswer endless = own_failure("CNAME loop");
  SharedAnswer stopped = own_failure("stopped");
  SharedAnswer no_memory = own_failure("out of memory");
};
// Made at the first call, which may throw std::bad_alloc.
const OwnFailures& own_failures();

class CheckAnswers final : public spf::AnswerSource {
 public:
  static constexpr int kMaxAliases = 8;
  // How often a question is asked when those whom this check had joined failed for a reason of their own.
  static constexpr int kMaxTimes = 3;

  struct Limits {
    std::size_t questions;
    std::size_t bytes;  // of slots and answers, per identity
  };
  // Identities of a check, one bit each.
  using Shares = std::uint8_t;
  static constexpr std::size_t kIdentities = 2;

  struct Slot {
    explicit Slot(const dns::Question& asked, int end_of_chain) : question(asked), depth(end_of_chain) {}

    dns::Question question;
    SharedAnswer answer;       // null: under way, or to be asked again
    std::uint64_t ticket = 0;  // of Cache, while under way
    int depth;                 // length of the chain of DNS questions that ends here
    std::uint8_t times = 1;    // that it was asked
    bool has_joined = false;   // somebody else asks
    bool is_open = false;      // to be asked again
    Shares shares = 0;         // who asked for it
  };
  using Slots = std::vector<Slot>;

  // `slots` is the memory to be used: empty.
  CheckAnswers(Cache& cache, std::shared_ptr<Overlay> overlay, Limits limits, Slots slots)
      : cache_(cache), overlay_(std::move(overlay)), limits_(limits), slots_(std::move(slots)) {}
  // Goes on with what `begun` has.
  CheckAnswers(Cache& cache, CheckAnswers& begun)
      : cache_(cache),
        overlay_(begun.overlay_),
        limits_(begun.limits_),
        slots_(std::move(begun.slots_)),
        bytes_(begun.bytes_),
        asking_(begun.asking_),
        sought_(std::move(begun.sought_)),
        now_(begun.now_) {}

  const spf::KnownAnswer* find(const dns::Question& question) override;
  [[nodiscard]] bool is_late() const override { return is_late_; }
  void begin_part(std::size_t part) override { asking_ = static_cast<Shares>(1U << (part * kIdentities / kParts)); }
  [[nodiscard]] std::uint32_t ttl_of(const dns::Question& question, const spf::KnownAnswer& known) const override;

  // To be set before each step.
  void set_now(Clock::time_point now) {
    now_ = now;
    asking_ = 1;
    sought_.clear();
  }
  // Half of the time has passed.
  void set_late() { is_late_ = true; }
  // From now on what is not known is a failure.
  void expire();

  // What DNS has to be asked before find(question) gives an answer: the question, or where aliases led.
  struct Missing {
    enum class What : std::uint8_t { nothing, no_room, under_way, to_be_asked };  // no_room: find() has a failure
    What what;
    dns::Question question;  // to be asked
  };
  [[nodiscard]] Missing missing(const dns::Question& question) const;
  // The number of the slot for a question that is to be asked: a new one, or the one where it is asked again. Nothing if there
  // is no room for one more: find() has a failure then.
  std::optional<std::size_t> open_slot(const dns::Question& question, int depth);
  // Pins the answer of a slot that is under way.
  void settle(std::size_t slot, SharedAnswer answer);
  // The same, unless it is the failure of another check, whose limit or deadline says nothing about ours: we ask again then.
  void settle_or_reopen(std::size_t slot, const SharedAnswer& answer);

  [[nodiscard]] bool is_full() const { return slots_.size() >= limits_.questions; }
  [[nodiscard]] bool is_expired() const { return is_expired_; }
  [[nodiscard]] const std::shared_ptr<Overlay>& overlay() const { return overlay_; }
  [[nodiscard]] Clock::time_point now() const { return now_; }
  Slots& slots() { return slots_; }

 private:
  // What answers it without DNS, after expire() a failure; null: nothing.
  SharedAnswer look(const dns::Question& question);
  [[nodiscard]] const Slot* slot_of(const dns::Question& question) const;
  const Slot& add(const dns::Question& question, SharedAnswer answer);
  // Remembers for which identity a question has to be asked.
  void seek(const dns::Question& question);
  [[nodiscard]] Shares seekers(const dns::Question& question) const;
  // What did not fit into the share of the other identity may fit into that of the one which asks now.
  void retry(std::size_t slot);
  void charge(Shares shares, std::size_t bytes);

  Cache& cache_;
  std::shared_ptr<Overlay> overlay_;  // null: none
  Limits limits_;
  Slots slots_;  // few, so that searching one by one is fast
  std::array<std::size_t, kIdentities> bytes_{};
  Shares asking_ = 1;                                     // who asks now
  std::vector<std::pair<dns::Question, Shares>> sought_;  // in this step, and not known
  Clock::time_point now_;
  bool is_late_ = false;
  bool is_expired_ = false;
};

}  // namespace io
