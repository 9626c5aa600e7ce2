#include "common/spf/question_budget.h"

#include <algorithm>

namespace spf {

const KnownAnswer* QuestionBudget::find(const dns::Question& question) {
  const KnownAnswer* known = answers_.find(question);
  if (known != nullptr) {
    const auto end = found_.begin() + static_cast<std::ptrdiff_t>(count_);
    if (std::find(found_.begin(), end, known) != end) return known;
  }
  if (count_ == kMost) {
    static const KnownAnswer too_many(dns::failure_answer("too many questions"));
    return &too_many;
  }
  if (known != nullptr) {
    found_[count_++] = known;
  } else if (is_impatient_) {
    static const KnownAnswer timed_out(dns::failure_answer("timed out", dns::Cause::local));
    known = &timed_out;
  }
  return known;
}

void QuestionBudget::begin_part(std::size_t part) {
  count_ = 0;
  answers_.begin_part(part);
}

}  // namespace spf
