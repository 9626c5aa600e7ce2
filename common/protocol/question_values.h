// The values of a question's lines "key=value", under the names of all generations of spfd and of Postfix's policy protocol.
//
// Keys in any case, the last one wins, unknown keys and lines without "=" are ignored, blanks around key and value do not count.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/ip.h"
#include "common/protocol/limits.h"

namespace protocol {

// As they stand in the text; the views point into it.
struct Values {
  std::optional<std::string_view> ip;
  std::optional<std::string_view> sender;
  bool sender_is_identity = false;  // it came by the key "identity"
  std::optional<std::string_view> helo;
  std::string_view scope;
  std::string_view receiver;
  std::string_view recipient;
  std::string_view id;
  std::string_view keep;
  std::string_view format;
  std::string_view timeout;
  std::string_view request;
  // Not of policy questions.
  std::string_view authenticated;
  std::string_view relay;
  std::string_view guess;
  std::string_view guess_terms;
  std::string_view local;
  // Of policy questions only.
  std::string_view protocol_state;
  std::string_view queue_id;
  std::string_view instance;
  std::string_view sasl_username;
};

Values read_values(std::string_view text);

// How every door and spfquery read the address of an SMTP client: "192.0.2.1", "2001:DB8::1", and as an address literal (RFC 5321
// §4.1.3) "[192.0.2.1]", "[IPv6:2001:db8::1]". The zone of an IPv6 address (RFC 4007 §11: "fe80::1%eth0") is dropped: it says
// on which link of this host the client is, which no record knows.
std::optional<base::IpAddress> parse_client(std::string_view text);

// Values of an SMTP client within their bounds (limits.h), whatever they are: what is cut stays as unusable as it was, and "..."
// shows where. The name in HELO:
void set_helo(std::string& target, std::string_view name);
// A sender or recipient, without blanks and angle brackets around it. It keeps its domain.
void set_mailbox(std::string& target, std::string_view mailbox);

// How a client's value is shown in an error sentence.
std::string shown(std::string_view value);

}  // namespace protocol
