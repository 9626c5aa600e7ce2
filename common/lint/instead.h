// A source of answers in which one record is replaced, so that a record can be examined before it is published.
#pragma once

#include <string_view>

#include "common/spf/answers.h"

namespace lint {

// The answers of another source, with one TXT record instead of those of a name.
class Instead final : public spf::AnswerSource {
 public:
  Instead(spf::AnswerSource& others, const dns::Name& name, std::string_view text)
      : others_(others), question_{name, dns::Type::txt}, known_(answer_of(text)) {}

  const spf::KnownAnswer* find(const dns::Question& question) override {
    return question == question_ ? &known_ : others_.find(question);
  }
  void begin_part(std::size_t part) override { others_.begin_part(part); }
  [[nodiscard]] bool is_late() const override { return others_.is_late(); }

 private:
  static dns::Answer answer_of(std::string_view text) {
    dns::Answer answer;
    answer.ttl = 300;
    answer.texts.emplace_back(text);
    return answer;
  }

  spf::AnswerSource& others_;
  dns::Question question_;
  spf::KnownAnswer known_;
};

}  // namespace lint
