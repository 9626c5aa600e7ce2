// Incoming mail from and to the SRS addresses that we have made ourselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/receiver/request.h"
#include "common/srs/rewriter.h"

namespace receiver {

struct OwnAddresses {
  std::optional<srs::Rewriter> rewriter;  // nothing: we rewrite no senders
  bool unwraps = false;                   // check the sender that a rewritten one stands for
  bool checks_recipients = false;         // refuse recipients in a domain of ours that look rewritten and are not

  friend bool operator==(const OwnAddresses&, const OwnAddresses&) = default;
};

// Of a recipient that is to be refused: why, a sentence without full stop.
std::optional<std::string> forged_recipient(const OwnAddresses& own, const Request& request);
// The sender to be checked in place of that of the request.
std::optional<std::string> unwrapped_sender(const OwnAddresses& own, const Request& request);

}  // namespace receiver
