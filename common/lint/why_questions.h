// The questions of one run of an explanation: those that are open, and those that failed.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/spf/answers.h"

namespace lint {

// Returns the text as explanations show what others chose: in single quotes.
inline std::string quoted_foreign(std::string_view text, std::size_t limit = 160) { return base::in_quotes(text, limit, '\''); }

class WhyQuestions {
 public:
  // `missing` gets a clause for each question that failed.
  WhyQuestions(spf::AnswerSource& answers, std::vector<std::string>& missing) : answers_(answers), missing_(missing) {}

  // Returns the answer; null if it is not known yet, or a failure.
  const dns::Answer* ask(const dns::Name& name, dns::Type type) {
    const dns::Question question{name, type};
    const spf::KnownAnswer* const known = answers_.find(question);
    if (known == nullptr) {
      add({.needed = {question}, .wanted = {}});
      return nullptr;
    }
    if (known->answer.status != dns::Status::failure) return &known->answer;
    add_missing(fmt::format("{} {}: {}", dns::type_name(type), name.text(), known->answer.problem));
    return nullptr;
  }

  void add(spf::Needs&& more) {
    for (std::vector<dns::Question>* questions : {&more.needed, &more.wanted}) {
      for (dns::Question& question : *questions) {
        if (std::ranges::find(open_, question) == open_.end()) open_.push_back(std::move(question));
      }
    }
  }
  // `what` may have names that others chose.
  void add_missing(std::string_view what) {
    std::string quoted = quoted_foreign(what, 200);
    if (missing_.size() < kMaxMissing && std::ranges::find(missing_, quoted) == missing_.end())
      missing_.push_back(std::move(quoted));
  }

  [[nodiscard]] bool has_open() const { return !open_.empty(); }
  spf::Needs take() { return {.needed = std::move(open_), .wanted = {}}; }
  [[nodiscard]] spf::AnswerSource& answers() { return answers_; }

 private:
  static constexpr std::size_t kMaxMissing = 10;

  spf::AnswerSource& answers_;
  std::vector<std::string>& missing_;
  std::vector<dns::Question> open_;
};

}  // namespace lint
