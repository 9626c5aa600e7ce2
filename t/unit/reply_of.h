// Replies as the receiver makes them for a result, for the tests of the doors.
#pragma once

#include <string>
#include <string_view>

#include "common/receiver/request.h"
#include "common/spf/result.h"

namespace unit {

inline receiver::Reply reply_of(spf::Result result, std::string_view smtp_comment) {
  receiver::Reply reply;
  reply.result = result;
  reply.smtp_comment = smtp_comment;
  reply.received_spf_header = "Received-SPF: " + std::string(spf::result_name(result)) + " client-ip=192.0.2.66";
  reply.authentication_results = "Authentication-Results: mx.example.org; spf=" + std::string(spf::result_name(result));
  if (result == spf::Result::fail) {
    reply.action = receiver::Action::reject;
    reply.smtp_code = 550;
    reply.enhanced_code = "5.7.23";
  } else if (result == spf::Result::temperror) {
    reply.action = receiver::Action::defer;
    reply.smtp_code = 451;
    reply.enhanced_code = "4.7.24";
  }
  return reply;
}

}  // namespace unit
