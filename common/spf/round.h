// Makes a step wait until all questions of its last run are answered: for steps whose run takes longer than a look whether an
// answer came.
#pragma once

#include <cstddef>
#include <vector>

#include "common/spf/answers.h"

namespace spf {

class Round {
 public:
  // Calls `step`, which returns its needs, unless an answer that its last run needed is missing. Returns what is needed.
  // `waits`: false calls it in any case.
  template <class Step>
  Needs run(AnswerSource& answers, bool waits, Step&& step) {
    if (waits) {
      while (next_ < open_.size() && answers.find(open_[next_]) != nullptr) ++next_;
      if (next_ < open_.size()) return {.needed = {open_[next_]}, .wanted = {}};
    }
    Needs needs = step();
    open_ = needs.needed;
    next_ = 0;
    return needs;
  }

 private:
  std::vector<dns::Question> open_;
  std::size_t next_ = 0;  // those before it are answered
};

}  // namespace spf
