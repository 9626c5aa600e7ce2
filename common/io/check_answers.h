// The answers of one check: those it has seen (pinned), then the zone overlay, then the cache.
//
// It does not ask DNS: the driver does, and adds the answers. One thread.
//
// Each question has a slot, and so has each name to which an alias leads, whether the alias is in the overlay or comes from a
// resolver that left out its target. find() follows the slots, so each link of a chain counts in the number of questions, and the
// TTL of a chain is the least of its slots'. A chain of more than kMaxAliases questions, or a loop, is a failure.
// A check pins a bounded number of questions, and a bounded number of bytes of answers. Each identity has bytes of its own: an
// answer that both ask for is pinned while one of them has room for it. So a HELO name chosen for its large answers takes nothing
// from MAIL FROM. All checks of a driver together pin a bounded number of bytes, too: an answer is a failure if the check would
// then hold more than a part of what is left (PinnedBytes). The more checks hold, the less each further one may. Each check may
// hold PinnedBytes::kForEach in any case: otherwise many checks, each a little smaller than the one before, would leave nothing
// to those with ordinary answers.
// A failure may carry an expired answer (KeptAnswer::stale). find() returns that one while the step has use_stale() on. Such a
// failure comes from the resolver, after the full time of a question. The end of the check's own time says nothing about DNS: an
// answer that is missing then is replaced by an expired one only if the same identity has such a failure already. So a check in
// an outage can follow its includes, and a check that was late for other reasons uses no expired answer. The cache keeps nothing
// of this.
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

// Failures that a check causes itself. None says anything about DNS.
struct OwnFailures {
  SharedAnswer timed_out = own_failure("timed out");
  SharedAnswer too_many = own_failure("too many questions");
  SharedAnswer too_large = own_failure("the DNS answers are too large for one check");
  SharedAnswer no_room = own_failure("too little room for the answers of all checks");
  SharedAnswer endless = own_failure("CNAME loop");
  SharedAnswer stopped = own_failure("stopped");
  SharedAnswer no_memory = own_failure("out of memory");
};
// Returns the failures, made at the first call, which may throw std::bad_alloc.
const OwnFailures& own_failures();

// The bytes of the answers that all checks of a driver hold. An answer counts once for each check that holds it.
struct PinnedBytes {
  // A check holds at most this part of what others leave, or kForEach if that is more. So the sum exceeds the limit by at most
  // kForEach per check.
  static constexpr std::size_t kPartOfRest = 16;
  static constexpr std::size_t kForEach = std::size_t{16} << 10;  // the answers for most domains take less

  std::size_t limit = 0;  // 0: none
  std::size_t held = 0;
};

class CheckAnswers final : public spf::AnswerSource {
 public:
  static constexpr int kMaxAliases = 8;
  // How often a question is asked if the checks whose question this one joined failed for reasons of their own.
  static constexpr int kMaxTimes = 3;

  struct Limits {
    std::size_t questions;
    std::size_t bytes;  // of slots and answers, per identity
  };
  // Identities of a check, and the explanation of its result, one bit each.
  using Shares = std::uint8_t;
  static constexpr std::size_t kIdentities = 3;

  struct Slot {
    explicit Slot(const dns::Question& asked, int end_of_chain) : question(asked), depth(end_of_chain) {}

    dns::Question question;
    SharedAnswer answer;       // null: under way, or must be asked again
    std::uint64_t ticket = 0;  // of Cache, while under way
    int depth;                 // length of the chain of DNS questions that ends here
    std::uint8_t times = 1;    // how often it was asked
    bool has_joined = false;   // another check asks
    bool is_open = false;      // must be asked again
    Shares shares = 0;         // the identities that asked for it
  };
  using Slots = std::vector<Slot>;

  // `slots`: an empty vector whose memory is used. `pinned` must outlive this object; null: no limit.
  CheckAnswers(Cache& cache, std::shared_ptr<Overlay> overlay, Limits limits, Slots slots, PinnedBytes* pinned = nullptr)
      : cache_(cache), overlay_(std::move(overlay)), limits_(limits), slots_(std::move(slots)), pinned_(pinned) {}
  // Takes over the state of `begun`.
  CheckAnswers(Cache& cache, CheckAnswers& begun)
      : cache_(cache),
        overlay_(begun.overlay_),
        limits_(begun.limits_),
        slots_(std::move(begun.slots_)),
        pinned_(begun.pinned_),
        own_pinned_(std::exchange(begun.own_pinned_, 0)),
        bytes_(begun.bytes_),
        asking_(begun.asking_),
        sought_(std::move(begun.sought_)),
        now_(begun.now_),
        failed_(begun.failed_),
        uses_stale_(begun.uses_stale_) {}

  ~CheckAnswers() override {
    if (pinned_ != nullptr) pinned_->held -= own_pinned_;
  }
  CheckAnswers(const CheckAnswers&) = delete;
  CheckAnswers& operator=(const CheckAnswers&) = delete;

  const spf::KnownAnswer* find(const dns::Question& question) override;
  [[nodiscard]] bool is_late() const override { return is_late_; }
  void begin_part(std::size_t part) override { asking_ = static_cast<Shares>(1U << (part * kIdentities / kParts)); }
  [[nodiscard]] bool has_stale() const override { return failed_ != 0; }
  void use_stale(bool on) override { uses_stale_ = on; }
  [[nodiscard]] std::uint32_t ttl_of(const dns::Question& question, const spf::KnownAnswer& known) const override;
  [[nodiscard]] int cnames_to(const dns::Question& question, const spf::KnownAnswer& known) const override;

  // Begins a step.
  void set_now(Clock::time_point now) {
    now_ = now;
    asking_ = 1;
    uses_stale_ = false;
    sought_.clear();
  }
  // Records that half of the time has passed.
  void set_late() { is_late_ = true; }
  // Makes all answers not known yet failures from now on.
  void expire();

  // The question for DNS without which find(question) has no answer: `question` itself, or the target of an alias.
  struct Missing {
    enum class What : std::uint8_t { nothing, no_room, under_way, to_be_asked };  // no_room: find() has a failure
    What what;
    dns::Question question;  // to ask; set if `what` is to_be_asked
  };
  [[nodiscard]] Missing missing(const dns::Question& question) const;
  // Returns the number of the slot for a question to be asked: a new slot, or the one of a question that is asked again. Returns
  // nothing if all slots are in use; find() then returns a failure.
  std::optional<std::size_t> open_slot(const dns::Question& question, int depth);
  // Pins the answer of a slot that is under way.
  void settle(std::size_t slot, SharedAnswer answer);
  // Does the same, unless the answer is another check's own failure (its limit or deadline): then the question is asked again.
  void settle_or_reopen(std::size_t slot, const SharedAnswer& answer);

  // Takes the question whose cached answer the caller must refresh (Cache::refreshed()), if there is one. At most one is found in
  // a step.
  std::optional<dns::Question> take_due() { return std::exchange(due_, std::nullopt); }

  [[nodiscard]] bool is_full() const { return slots_.size() >= limits_.questions; }
  [[nodiscard]] bool is_expired() const { return is_expired_; }
  [[nodiscard]] const std::shared_ptr<Overlay>& overlay() const { return overlay_; }
  [[nodiscard]] Clock::time_point now() const { return now_; }
  Slots& slots() { return slots_; }

 private:
  // Returns the answer that is known without DNS, or after expire() a failure; null: none.
  SharedAnswer look(const dns::Question& question);
  [[nodiscard]] const Slot* slot_of(const dns::Question& question) const;
  // Returns the answer that find() returns for a slot that has one.
  [[nodiscard]] const KeptAnswer& chosen(const Slot& slot) const {
    return uses_stale_ && slot.answer->stale != nullptr ? *slot.answer->stale : *slot.answer;
  }
  // Returns "timed out", with the expired answer that the cache has, if there is one and the identities may use it.
  SharedAnswer timed_out(const dns::Question& question, Shares shares);
  [[nodiscard]] bool fits(Shares shares, std::size_t bytes) const;
  // Counts the bytes of an answer; false: the checks of the driver hold too much.
  bool pin(std::size_t bytes);
  const Slot& add(const dns::Question& question, SharedAnswer answer);
  // Returns the identities that asked for a question in this step; null: none did.
  Shares* seekers(const dns::Question& question);
  // Asks again for an answer that did not fit into the other identity's share, if the present identity has room.
  void retry(std::size_t slot);
  static bool has(Shares shares, std::size_t identity) { return (unsigned{shares} >> identity & 1U) != 0; }
  void charge(Shares shares, std::size_t bytes);

  Cache& cache_;
  std::shared_ptr<Overlay> overlay_;  // null: none
  Limits limits_;
  Slots slots_;  // few, so linear search is fast
  PinnedBytes* pinned_;
  std::size_t own_pinned_ = 0;
  std::array<std::size_t, kIdentities> bytes_{};
  Shares asking_ = 1;                                     // the identities that ask now
  std::vector<std::pair<dns::Question, Shares>> sought_;  // asked for in this step, and not known
  std::optional<dns::Question> due_;
  Clock::time_point now_;
  bool is_late_ = false;
  bool is_expired_ = false;
  Shares failed_ = 0;        // the identities that got a failure with an expired answer
  bool uses_stale_ = false;  // until the end of the step
};

}  // namespace io
