// The header fields that record a result: Received-SPF (RFC 7208 §9.1, erratum 5436) and Authentication-Results (RFC 8601).
//
// Each is one unfolded line without line end, of printable US-ASCII, at most kMaxHeader bytes, whatever the client and the
// domain sent: RFC 7208 §9.1 wants no invalid characters, no excessive length and no malicious data in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/spf/query.h"
#include "common/spf/result.h"

namespace receiver {

// What the fields tell. Views, of any length and with any bytes in them; an empty one is left out.
struct HeaderFacts {
  spf::Result result = spf::Result::none;
  std::string_view comment;
  std::string_view receiver;              // the host that checked; the authserv-id
  std::string_view client;                // its address; empty: mail without SMTP client
  std::optional<spf::Identity> identity;  // nothing: none was checked
  std::string_view envelope_from;         // shown when the MAIL FROM identity was checked
  std::string_view helo;
  std::string_view domain;     // whose policy was asked for
  std::string_view mechanism;  // that matched, or spf::kDefaultMechanism
  std::string_view problem;    // of temperror and permerror
  // Authentication-Results, about MAIL FROM: what the HELO identity, checked apart, came to.
  std::optional<spf::Result> helo_result = {};
};

// They replace what is in `out`, and so allocate nothing where that has room.
void received_spf(const HeaderFacts& facts, std::string& out);
void authentication_results(const HeaderFacts& facts, std::string& out);

}  // namespace receiver
