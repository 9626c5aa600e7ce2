// Postfix's log. The lines of a message have its queue id in common:
//
//     postfix/smtpd[274]: 746A815666C: client=unknown[192.0.2.10]
//     postfix/cleanup[280]: 746A815666C: message-id=<...>
//     postfix/qmgr[273]: 746A815666C: from=<alice@example.org>, size=648, nrcpt=1 (queue active)
//
// A refusal is one line, at any stage:
//
//     postfix/smtpd[274]: NOQUEUE: reject: RCPT from unknown[192.0.2.66]: 550 5.7.23 ...; from=<a@example.org> to=<b@example.net>
//         proto=ESMTP helo=<mail.example.org>
//
// Postfix does not write the HELO name of a message that it accepts; it comes from the lines of an SPF checker, if there are any.
#pragma once

#include <string>

#include "common/maillog/oldest_first.h"
#include "common/maillog/reader.h"
#include "common/maillog/verdicts.h"

namespace maillog {

class PostfixReader final : public Reader {
 public:
  // The number of messages that may wait for their sender.
  static constexpr std::size_t kMostOpen = 100'000;

  explicit PostfixReader(Baseline baseline) : verdicts_(baseline) {}

  Line read(std::string_view line, std::vector<Message>& out) override;
  void finish(std::vector<Message>& out) override;
  [[nodiscard]] std::uint64_t dropped() const override { return open_.dropped(); }

 private:
  struct Open {
    base::IpAddress client;
    bool is_authenticated = false;
  };

  Line read_client(const std::string& id, std::string_view text);
  Line read_sender(const std::string& id, std::string_view text, std::vector<Message>& out);
  Line read_refusal(const std::string& id, std::string_view text, std::vector<Message>& out);

  OldestFirst<Open> open_{kMostOpen};
  Verdicts verdicts_;
};

}  // namespace maillog
