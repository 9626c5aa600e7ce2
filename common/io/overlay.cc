#include "common/io/overlay.h"

#include <utility>

namespace io {

std::variant<SharedAnswer, dns::Question> Overlay::find(const dns::Question& question) {
  if (const auto found = known_.find(question); found != known_.end()) return found->second;
  auto result = zone_->find(question);
  if (auto* const unknown = std::get_if<dns::Zone::Unknown>(&result)) return unknown->question;
  auto answer = std::make_shared<const spf::KnownAnswer>(std::get<dns::Answer>(std::move(result)));
  if (known_.size() >= kMaxKnown) known_.clear();
  known_.emplace(question, answer);
  return answer;
}

}  // namespace io
