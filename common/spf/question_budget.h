// Limits how many questions each part of a check may ask, over an AnswerSource that knows only the whole check.
//
// What a part asks in one run of the pure function counts: each answer once, in the order of the walk. So the count depends
// neither on what other parts asked nor on the order in which answers came. Allocates nothing. Lives for one run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/spf/answers.h"

namespace spf {

class QuestionBudget final : public AnswerSource {
 public:
  // Per part. No record needs as many: 10 mx terms of 10 hosts are 110, a ptr is 11. More are answered by a failure.
  static constexpr std::size_t kMost = 160;

  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): found_ is written as far as it is used
  explicit QuestionBudget(AnswerSource& answers) : answers_(answers) {}

  const KnownAnswer* find(const dns::Question& question) override;
  [[nodiscard]] bool is_late() const override { return answers_.is_late(); }
  // While it is set, what is not known yet is a failure ("timed out").
  void set_impatient(bool is_impatient) { is_impatient_ = is_impatient; }
  [[nodiscard]] std::uint32_t ttl_of(const dns::Question& question, const KnownAnswer& known) const override {
    return answers_.ttl_of(question, known);
  }
  void begin_part(std::size_t part) override;

 private:
  AnswerSource& answers_;
  bool is_impatient_ = false;
  std::size_t count_ = 0;
  std::array<const KnownAnswer*, kMost> found_;  // by this part, up to count_
};

}  // namespace spf
