// Postfix's policy delegation protocol (SMTPD_POLICY_README): a request per recipient, on a connection that stays open.
//
//   request: the lines of request_values.h, with request=smtpd_access_policy.
//   answer:  "action=ACTION" in one line of printable US-ASCII, then an empty line.
// The action is never OK, which would permit the recipient regardless of later restrictions. For a pass, the configuration may
// name another action (DoorOptions::policy_on_pass).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/ip.h"
#include "common/protocol/codec.h"
#include "common/protocol/request_values.h"
#include "common/receiver/request.h"

namespace protocol {

// The value of request= in a policy request.
inline constexpr std::string_view kPolicyRequest = "smtpd_access_policy";
bool is_policy_request(const Values& values);

// The policy requests of one connection. Postfix sends one per recipient, and each PREPEND adds a header, so only one answer per
// message has a PREPEND. Two requests belong to the same message if they have the same instance or, without one, the same queue
// id, and also the same SMTP client, HELO name and sender, which the header reports.
class PolicyRequests {
 public:
  void read(const Values& values, Request& request);
  void encode(const CheckRequest& check, const PolicyForm& form, const receiver::Reply& reply, const DoorOptions& options,
              std::string& out);

 private:
  [[nodiscard]] bool is_same_message(const Values& values, const receiver::Request& request) const;

  // The last request.
  std::string instance_;
  std::string queue_id_;
  std::optional<base::IpAddress> client_;
  std::string helo_;
  std::string sender_;

  std::uint64_t message_ = 0;    // number of the current message, from 1
  std::uint64_t prepended_ = 0;  // number of the last message that got its header
};

}  // namespace protocol
