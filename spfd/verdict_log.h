// The log line of a verdict.
#pragma once

#include <chrono>

#include "common/protocol/question_lines.h"
#include "common/receiver/request.h"

namespace spfd {

// "result=fail identity=mailfrom ip=... helo=... sender=... mechanism=-all lookups=1 void=0 ms=12 id=..."; at level debug
// also the story of the evaluation, a line a step.
void log_verdict(const protocol::Question& question, const receiver::Reply& reply, std::chrono::steady_clock::duration elapsed);

}  // namespace spfd
