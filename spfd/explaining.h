// A check whose reply is complete, while it is explained (explain=1), and the limit on how many a worker explains at once.
#pragma once

#include <memory>
#include <utility>

#include "common/receiver/explanation.h"
#include "common/receiver/workspace.h"

namespace spfd {

class Explaining {
 public:
  // An explanation asks up to 160 more questions and may take some milliseconds of the worker's time.
  static constexpr int kMost = 8;

  // `running`: the number of those of the worker, which must be below kMost and outlive the object.
  Explaining(std::unique_ptr<receiver::Workspace> workspace, int& running) : workspace_(std::move(workspace)), running_(running) {
    ++running_;
  }
  ~Explaining() { --running_; }
  Explaining(const Explaining&) = delete;
  Explaining& operator=(const Explaining&) = delete;

  spf::Needs look(const receiver::Policy& policy, spf::AnswerSource& answers) {
    answers.use_stale(workspace_->reply.is_stale);
    return explanation_.run(policy, answers, *workspace_);
  }
  // Returns the workspace, whose reply has an explanation.
  std::unique_ptr<receiver::Workspace> take() {
    if (!workspace_->reply.why) workspace_->reply.why = receiver::not_explained("the explanation could not be finished");
    return std::move(workspace_);
  }

 private:
  std::unique_ptr<receiver::Workspace> workspace_;
  receiver::Explanation explanation_;
  int& running_;
};

}  // namespace spfd
