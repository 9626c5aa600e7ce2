// Postfix's policy delegation protocol (SMTPD_POLICY_README): a question per recipient, on a connection that stays open.
//
//   question: the lines of question_values.h, with request=smtpd_access_policy.
//   answer:   "action=ACTION", then an empty line; one line, of printable US-ASCII.
// The answer is never OK, which would permit the recipient whatever later restrictions say; for a pass it may be a name that the
// configuration gives (DoorOptions::policy_on_pass).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/ip.h"
#include "common/protocol/codec.h"
#include "common/protocol/question_values.h"
#include "common/receiver/request.h"

namespace protocol {

bool is_policy_question(const Values& values);

// One connection's questions. Postfix asks for each recipient, and each PREPEND adds a header: only the first gets one. Two
// questions are about one message if they have the same instance or, from a client that tells none, the same queue id; and the
// same client, HELO name and sender, since that is what the header speaks of.
class PolicyQuestions {
 public:
  void read(const Values& values, Request& request);
  void encode(const CheckRequest& check, const PolicyForm& form, const receiver::Reply& reply, const DoorOptions& options,
              std::string& out);

 private:
  [[nodiscard]] bool is_same_message(const Values& values, const receiver::Request& request) const;

  // Of the last question.
  std::string instance_;
  std::string queue_id_;
  std::optional<base::IpAddress> client_;
  std::string helo_;
  std::string sender_;

  std::uint64_t message_ = 0;    // counts the messages
  std::uint64_t prepended_ = 0;  // the message whose header has been given out
};

}  // namespace protocol
