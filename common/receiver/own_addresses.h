// Incoming mail from and to SRS addresses that we made ourselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/receiver/request.h"
#include "common/srs/rewriter.h"

namespace receiver {

struct OwnAddresses {
  std::optional<srs::Rewriter> rewriter;  // empty: we do not rewrite senders
  bool unwraps = false;                   // check the original sender instead of our rewritten one
  bool checks_recipients = false;         // refuse recipients in our domains that look rewritten but do not verify

  friend bool operator==(const OwnAddresses&, const OwnAddresses&) = default;
};

// Returns why the recipient must be refused, as a sentence without full stop; nothing if it is accepted.
std::optional<std::string> forged_recipient(const OwnAddresses& own, const Request& request);
// Returns the original sender, which is checked instead of that of the request; nothing if the request's sender is checked.
std::optional<std::string> unwrapped_sender(const OwnAddresses& own, const Request& request);

}  // namespace receiver
