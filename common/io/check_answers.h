// The answers of one check: what it has seen (pinned), then the zone overlay, then the cache.
//
// Not DNS: who asks that adds the answers here. One thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "common/dns/answer.h"
#include "common/io/cache.h"
#include "common/io/overlay.h"
#include "common/spf/answers.h"

namespace io {

class CheckAnswers final : public spf::AnswerSource {
 public:
  struct Slot {
    explicit Slot(const dns::Question& asked, SharedAnswer known = nullptr) : question(asked), answer(std::move(known)) {}

    dns::Question question;
    SharedAnswer answer;                     // null: under way
    std::unique_ptr<dns::Question> renamed;  // what is asked in its place, where the overlay has a CNAME
    std::uint64_t ticket = 0;                // of Cache, while under way
    int depth = 0;                           // length of the chain of DNS questions that ends here
  };
  using Slots = std::vector<Slot>;

  // `slots` is where answers are kept: empty, or those of the same check.
  CheckAnswers(Cache& cache, std::shared_ptr<Overlay> overlay, std::size_t max_questions, Slots slots)
      : cache_(cache), overlay_(std::move(overlay)), max_questions_(max_questions), slots_(std::move(slots)) {}

  const spf::KnownAnswer* find(const dns::Question& question) override;

  // To be set before each step.
  void set_now(Cache::Clock::time_point now) { now_ = now; }
  // From now on what is not known is a failure.
  void expire();

  [[nodiscard]] const Slot* slot_of(const dns::Question& question) const;
  [[nodiscard]] bool is_full() const { return slots_.size() >= max_questions_; }
  [[nodiscard]] bool is_expired() const { return is_expired_; }
  [[nodiscard]] const std::shared_ptr<Overlay>& overlay() const { return overlay_; }
  [[nodiscard]] Cache::Clock::time_point now() const { return now_; }
  Slots& slots() { return slots_; }

 private:
  Cache& cache_;
  std::shared_ptr<Overlay> overlay_;  // null: none
  std::size_t max_questions_;
  Slots slots_;  // few, so that searching one by one is fast
  Cache::Clock::time_point now_;
  bool is_expired_ = false;
};

}  // namespace io
