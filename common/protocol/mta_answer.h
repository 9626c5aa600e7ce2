// What the doors that tell an MTA what to do have in common: the SMTP reply and the header of a reply.
#pragma once

#include <string>
#include <string_view>

#include "common/base/appender.h"
#include "common/protocol/codec.h"
#include "common/receiver/request.h"

namespace protocol {

// "550 5.7.23 text"; one line of printable US-ASCII, whatever stands in the reply.
std::string smtp_reply(const receiver::Reply& reply);
void add_smtp_reply(const receiver::Reply& reply, base::Appender& out);

// The header line to be added; empty: none. Mail of the host itself gets none, nor that of its own users unless it was checked.
std::string_view header_to_add(const receiver::Request& request, const receiver::Reply& reply, const DoorOptions& options);

}  // namespace protocol
