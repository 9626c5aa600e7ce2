#include "common/io/check_answers.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace io {

namespace {

SharedAnswer known_failure(const char* problem) { return std::make_shared<const spf::KnownAnswer>(dns::failure_answer(problem)); }

const SharedAnswer& timed_out() {
  static const SharedAnswer answer = known_failure("timed out");
  return answer;
}

const SharedAnswer& too_many() {
  static const SharedAnswer answer = known_failure("too many questions");
  return answer;
}

}  // namespace

const CheckAnswers::Slot* CheckAnswers::slot_of(const dns::Question& question) const {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) { return slot.question == question; });
  return found == slots_.end() ? nullptr : &*found;
}

const spf::KnownAnswer* CheckAnswers::find(const dns::Question& question) {
  if (const Slot* const slot = slot_of(question)) return slot->answer.get();
  // Slots only become more, so what has been answered thus stays answered thus.
  if (is_full()) return too_many().get();
  SharedAnswer answer;
  if (overlay_ == nullptr) {
    answer = cache_.find(question, now_);
  } else {
    auto found = overlay_->find(question);
    if (auto* const known = std::get_if<SharedAnswer>(&found)) {
      answer = std::move(*known);
    } else {
      answer = cache_.find(std::get<dns::Question>(found), now_);
    }
  }
  if (answer == nullptr && is_expired_) answer = timed_out();
  if (answer == nullptr) return nullptr;
  return slots_.emplace_back(question, std::move(answer)).answer.get();
}

void CheckAnswers::expire() {
  is_expired_ = true;
  for (Slot& slot : slots_) {
    if (slot.answer == nullptr) slot.answer = timed_out();
  }
}

}  // namespace io
