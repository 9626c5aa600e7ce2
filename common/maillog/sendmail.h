// Sendmail's log. The lines of a message have its queue id in common:
//
//     sendmail[151]: 6AQ9DX3E000151: from=<alice@example.org>, size=241, class=0, nrcpts=1, ..., relay=[192.0.2.66]
//     sendmail[151]: 6AQ9DX3E000151: Milter (spfd) insert (0): header: Received-SPF: softfail (...) ...
//     sendmail[151]: 6AQ9DX3E000151: to=<bob@example.net>, delay=00:00:00, ..., stat=Sent
//
// The reason of a refusal comes before from=, which then has nrcpts=0:
//
//     sendmail[182]: 6AQ9DY7p000182: Milter: from=<alice@example.org>, reject=550 5.7.23 ...
//
// Sendmail does not write the HELO name; it comes from the Received-SPF field that a milter inserts. So a message is complete at
// the first line with its recipients (to=).
#pragma once

#include <string>

#include "common/maillog/oldest_first.h"
#include "common/maillog/reader.h"
#include "common/maillog/verdicts.h"

namespace maillog {

class SendmailReader final : public Reader {
 public:
  // The number of messages that may wait for their recipients.
  static constexpr std::size_t kMostOpen = 20'000;

  explicit SendmailReader(Baseline baseline) : verdicts_(baseline) {}

  Line read(std::string_view line, std::vector<Message>& out) override;
  void finish(std::vector<Message>& out) override;
  // Returns 0: a message that makes room for another is complete, except for a header field that might have followed.
  [[nodiscard]] std::uint64_t dropped() const override { return 0; }

 private:
  // Facts about a message that come before its from= line.
  struct Before {
    bool is_deferred = false;
    bool is_authenticated = false;
  };

  Line read_sender(const std::string& id, std::string_view text, std::vector<Message>& out);
  void close(const std::string& id, std::vector<Message>& out);
  void give(const std::string& id, Message& message, std::vector<Message>& out);

  OldestFirst<Before> before_{kMostOpen};
  OldestFirst<Message> open_{kMostOpen};
  Verdicts verdicts_;
};

}  // namespace maillog
