// An AnswerSource over a plain map, which a test fills.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>

#include "common/spf/answers.h"

namespace support {

class KnownAnswers : public spf::AnswerSource {
 public:
  const spf::KnownAnswer* find(const dns::Question& question) override {
    const auto found = known_.find(question);
    return found == known_.end() ? nullptr : found->second.get();
  }
  void add(const dns::Question& question, dns::Answer answer) {
    known_.try_emplace(question, std::make_unique<spf::KnownAnswer>(std::move(answer)));
  }
  [[nodiscard]] bool has(const dns::Question& question) const { return known_.contains(question); }
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  std::unordered_map<dns::Question, std::unique_ptr<spf::KnownAnswer>> known_;
};

}  // namespace support
