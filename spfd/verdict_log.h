// The log lines about answers.
#pragma once

#include <chrono>
#include <string>

#include "common/io/loop.h"
#include "common/protocol/codec.h"
#include "common/receiver/request.h"
#include "spfd/log.h"
#include "spfd/shadow.h"

namespace spfd {

// One per worker. Its lines are written together, before the loop waits again.
class VerdictLog {
 public:
  explicit VerdictLog(io::Loop& loop);

  // Adds "result=fail identity=mailfrom ip=... helo=... sender=... mechanism=-all lookups=1 void=0 ms=12 door=query id=..."; at
  // level debug also the trace of the evaluation, one line per step. Where a second policy decides differently, the line has
  // "shadow=reject shadow_result=fail".
  void add(const protocol::CheckRequest& check, protocol::Door door, const receiver::Reply& reply, const Shadow& shadow,
           std::chrono::steady_clock::duration elapsed);
  // Adds "srs=forward reply=ok address=a@example.com alias=example.org answer=SRS0=...@example.org reason=... ms=0
  // door=srs-forward".
  void add(const receiver::SrsRequest& request, protocol::Door door, const receiver::SrsReply& reply,
           std::chrono::steady_clock::duration elapsed);
  void flush();

 private:
  template <class Write>
  void collect(LogLevel level, Write&& write);

  std::string lines_;
  io::Afterwards flush_;
};

}  // namespace spfd
