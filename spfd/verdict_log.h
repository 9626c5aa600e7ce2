// The log line of a verdict.
#pragma once

#include <chrono>

#include "common/protocol/codec.h"
#include "common/receiver/request.h"

namespace spfd {

// "result=fail identity=mailfrom ip=... helo=... sender=... mechanism=-all lookups=1 void=0 ms=12 door=query
// id=..."; at level debug also the story of the evaluation, a line a step.
void log_verdict(const protocol::Item& item, const receiver::Reply& reply, std::chrono::steady_clock::duration elapsed);

}  // namespace spfd
