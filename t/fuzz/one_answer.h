// An answer source for fuzz targets with the same answer to every question of a type. It is created once, since it parses a
// record.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "common/spf/answers.h"

namespace fuzz {

// Depending on `choice`: one of two records, a failure, or no record. Other types have no record.
class OneAnswer : public spf::AnswerSource {
 public:
  OneAnswer(std::size_t choice, std::string record, const char* problem) {
    dns::Answer text;
    switch (choice % 4) {
      case 0: text.texts = {"v=spf1 -all exp=%{l}.%{h}.%{d}"}; break;
      case 1: text.texts = {std::move(record)}; break;
      case 2: text = dns::failure_answer(problem); break;
      default: break;
    }
    text_ = std::make_unique<spf::KnownAnswer>(std::move(text));
  }
  const spf::KnownAnswer* find(const dns::Question& question) override {
    return question.type == dns::Type::txt ? text_.get() : &nothing_;
  }

 private:
  std::unique_ptr<spf::KnownAnswer> text_;
  spf::KnownAnswer nothing_{dns::Answer{}};
};

}  // namespace fuzz
