// The SMTP reply and the header for an MTA, used by all doors whose answers contain them.
#pragma once

#include <string>
#include <string_view>

#include "common/base/appender.h"
#include "common/protocol/codec.h"
#include "common/receiver/request.h"

namespace protocol {

// Return or append "550 5.7.23 text": one line of printable US-ASCII, whatever the reply contains.
std::string smtp_reply(const receiver::Reply& reply);
void add_smtp_reply(const receiver::Reply& reply, base::Appender& out);

// Returns the header line to add; empty if there is none. Mail from the MTA's own host or its own users gets a header only if it
// was checked.
std::string_view header_to_add(const receiver::Request& request, const receiver::Reply& reply, const DoorOptions& options);

}  // namespace protocol
