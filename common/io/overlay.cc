#include "common/io/overlay.h"

#include <utility>
#include <variant>

namespace io {

SharedAnswer Overlay::find(const dns::Question& question) {
  if (const auto found = known_.find(question); found != known_.end()) return found->second;
  auto result = zone_->find(question);
  dns::Answer answer;
  if (const auto* const unknown = std::get_if<dns::Zone::Unknown>(&result)) {
    if (unknown->question == question) return nullptr;
    answer = dns::alias_answer(unknown->question.name, unknown->ttl, unknown->cnames);
  } else {
    answer = std::get<dns::Answer>(std::move(result));
  }
  auto kept = std::make_shared<const KeptAnswer>(std::move(answer), KeptAnswer::kAgeless);
  if (known_.size() >= kMaxKnown) known_.clear();
  known_.emplace(question, kept);
  return kept;
}

}  // namespace io
