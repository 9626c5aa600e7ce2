#include "common/receiver/own_addresses.h"

#include "common/srs/error.h"
#include "common/srs/stamp.h"

namespace receiver {

std::optional<std::string> forged_recipient(const OwnAddresses& own, const Request& request) {
  if (!own.checks_recipients || !own.rewriter || request.recipient.empty()) return std::nullopt;
  const std::string_view recipient = bare_sender(request.recipient);
  if (!own.rewriter->looks_like_ours(recipient)) return std::nullopt;
  const auto reversed = own.rewriter->reverse(recipient, srs::day_of(request.time));
  if (reversed || reversed.error().reason == srs::Reason::digest) return std::nullopt;
  if (reversed.error().reason == srs::Reason::tag) return "we do not write addresses in this way";
  return reversed.error().text;
}

std::optional<std::string> unwrapped_sender(const OwnAddresses& own, const Request& request) {
  if (!own.unwraps || !own.rewriter) return std::nullopt;
  return own.rewriter->original_sender(bare_sender(request.sender), srs::day_of(request.time));
}

}  // namespace receiver
