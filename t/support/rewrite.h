// Rewrites senders without asking DNS.
#pragma once

#include <cstdint>

#include "common/receiver/srs_answer.h"
#include "common/srs/stamp.h"

namespace support {

inline receiver::SrsReply rewrite(const receiver::SrsRequest& request, const srs::Rewriter& rewriter, std::uint64_t day) {
  constexpr std::uint64_t kDay = 86400;  // seconds
  receiver::SrsReply reply;
  receiver::answer(request, {rewriter, {}, true}, day * kDay, nullptr, reply);
  return reply;
}

}  // namespace support
