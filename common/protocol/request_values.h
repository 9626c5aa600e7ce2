// The values in the "key=value" lines of a request, with the key names of all earlier spfd programs and of Postfix's policy
// protocol.
//
// Keys are not case-sensitive; the last of several equal keys counts; unknown keys and lines without "=" are ignored; blanks
// around key and value are ignored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/ip.h"
#include "common/protocol/limits.h"

namespace protocol {

// Views of the text of a request, which must outlive them.
struct Values {
  std::optional<std::string_view> ip;
  std::optional<std::string_view> sender;
  bool sender_is_identity = false;  // the sender was given with the key "identity"
  std::optional<std::string_view> helo;
  std::string_view scope;
  std::string_view receiver;
  std::string_view recipient;
  std::string_view id;
  std::string_view keep;
  std::string_view format;
  std::string_view timeout;
  std::string_view request;
  // Not in policy requests.
  std::string_view authenticated;
  std::string_view relay;
  std::string_view guess;
  std::string_view guess_terms;
  std::string_view explain;
  std::string_view local;
  // Only in policy requests.
  std::string_view protocol_state;
  std::string_view queue_id;
  std::string_view instance;
  std::string_view sasl_username;
};

Values read_values(std::string_view text);
// Returns the first line that does not describe the message to be checked: its key is unknown, selects another request or another
// form of the answer, or is for policy requests only. Empty: there is none.
std::string_view foreign_line(std::string_view text);

// Parses the address of an SMTP client, for every door and spfquery: "192.0.2.1", "2001:DB8::1", or an address literal (RFC 5321
// §4.1.3) such as "[192.0.2.1]" or "[IPv6:2001:db8::1]". The zone of an IPv6 address (RFC 4007 §11: "fe80::1%eth0") is dropped,
// because it names a link of this host, which has no meaning in a record.
std::optional<base::IpAddress> parse_client(std::string_view text);

// set_helo() and set_mailbox() copy a value of an SMTP client and shorten it to its bound (limits.h). "..." marks the cut.
//
// Sets the HELO name. A shortened one stays invalid.
void set_helo(std::string& target, std::string_view name);
// Sets a sender or recipient, without surrounding blanks and angle brackets. A shortened one keeps its domain.
void set_mailbox(std::string& target, std::string_view mailbox);

// Returns the form of a client's value in error messages.
std::string shown(std::string_view value);

}  // namespace protocol
