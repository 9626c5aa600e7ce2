// The log lines of what is answered.
#pragma once

#include <chrono>

#include "common/protocol/codec.h"
#include "common/receiver/request.h"

namespace spfd {

// "result=fail identity=mailfrom ip=... helo=... sender=... mechanism=-all lookups=1 void=0 ms=12 door=query
// id=..."; at level debug also the story of the evaluation, a line a step.
void log_verdict(const protocol::Item& item, const receiver::Reply& reply, std::chrono::steady_clock::duration elapsed);

// "srs=forward reply=ok address=a@example.com alias=example.org answer=SRS0=...@example.org reason=... ms=0 door=srs-forward"
void log_rewriting(const protocol::Item& item, const protocol::SrsReply& reply, std::chrono::steady_clock::duration elapsed);

}  // namespace spfd
