// The explanation of a reply (lint::Why): a further step after decide(), for requests that ask for one.
//
// It asks more of DNS and takes longer than a check. It has a part of the check's questions and bytes of its own, so it takes
// nothing from the check; and when half of the check's time has passed, it continues without the answers that are missing.
// Why::missing lists them.
#pragma once

#include <string_view>

#include "common/receiver/rules.h"
#include "common/receiver/workspace.h"
#include "common/spf/answers.h"
#include "common/spf/round.h"

namespace receiver {

class Explanation {
 public:
  // Sets Reply::why of the reply that decide() has completed in the workspace, when the returned Needs are empty.
  spf::Needs run(const Policy& policy, spf::AnswerSource& answers, Workspace& workspace);

 private:
  spf::Round round_;
};

// Returns an explanation that only says why there is none.
Why not_explained(std::string_view reason);

}  // namespace receiver
