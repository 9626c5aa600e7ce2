#include "common/receiver/own_addresses.h"

#include "common/srs/error.h"
#include "common/srs/stamp.h"

namespace receiver {

namespace {

// Returns whether the error means an SRS address in a domain of ours that we did not make, or made too long ago.
bool is_forgery(srs::Reason reason) {
  switch (reason) {
    case srs::Reason::fields:
    case srs::Reason::hash_length:
    case srs::Reason::hash:
    case srs::Reason::stamp_form:
    case srs::Reason::stamp_future:
    case srs::Reason::stamp_age: return true;
    default: return false;
  }
}

}  // namespace

std::optional<std::string> forged_recipient(const OwnAddresses& own, const Request& request) {
  if (!own.checks_recipients || !own.rewriter || request.recipient.empty()) return std::nullopt;
  const auto reversed = own.rewriter->reverse(bare_sender(request.recipient), srs::day_of(request.time));
  if (reversed || !is_forgery(reversed.error().reason)) return std::nullopt;
  return reversed.error().text;
}

std::optional<std::string> unwrapped_sender(const OwnAddresses& own, const Request& request) {
  if (!own.unwraps || !own.rewriter) return std::nullopt;
  return own.rewriter->original_sender(bare_sender(request.sender), srs::day_of(request.time));
}

}  // namespace receiver
