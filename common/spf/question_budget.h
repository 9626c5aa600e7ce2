// Limits the number of questions of each part of a check, for an AnswerSource that serves the whole check.
//
// Each answer that a part uses in one run of the pure function counts once, in the order of the walk. So the count depends
// neither on other parts nor on the order in which answers arrive. Allocates nothing. Lives for one run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/spf/answers.h"

namespace spf {

class QuestionBudget final : public AnswerSource {
 public:
  // Maximum per part; further questions get a failure as their answer. No record needs as many: 10 mx terms with 10 hosts each
  // take 110 questions, a ptr takes 11.
  static constexpr std::size_t kMost = 160;

  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): found_ is written as far as it is used
  explicit QuestionBudget(AnswerSource& answers) : answers_(answers) {}

  const KnownAnswer* find(const dns::Question& question) override;
  [[nodiscard]] bool is_late() const override { return answers_.is_late(); }
  // While set, find() returns a failure ("timed out") for answers that are not known yet.
  void set_impatient(bool is_impatient) { is_impatient_ = is_impatient; }
  [[nodiscard]] std::uint32_t ttl_of(const dns::Question& question, const KnownAnswer& known) const override {
    return answers_.ttl_of(question, known);
  }
  void begin_part(std::size_t part) override;

 private:
  AnswerSource& answers_;
  bool is_impatient_ = false;
  std::size_t count_ = 0;
  std::array<const KnownAnswer*, kMost> found_;  // answers used by this part; only the first count_ are set
};

}  // namespace spf
