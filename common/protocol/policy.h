// Postfix's policy delegation protocol (SMTPD_POLICY_README): a question per recipient, on a connection that stays open.
//
//   question: the lines of question_values.h, with request=smtpd_access_policy.
//   answer:   "action=ACTION", then an empty line; one line, of printable US-ASCII.
// The answer is never OK, which would permit the recipient whatever later restrictions say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/protocol/codec.h"
#include "common/protocol/question_values.h"
#include "common/receiver/request.h"

namespace protocol {

bool is_policy_question(const Values& values);

// One connection's questions. Postfix asks for each recipient, and each PREPEND adds a header: only the first gets one.
class PolicyQuestions {
 public:
  // Into an item as new.
  void read(const Values& values, Item& item);
  void encode(const Item& item, const receiver::Reply& reply, const DoorOptions& options, std::string& out);

 private:
  std::string instance_;         // of the last question: the same for all questions of one message
  std::uint64_t message_ = 0;    // counts the instances
  std::uint64_t prepended_ = 0;  // the message whose header has been given out
};

}  // namespace protocol
