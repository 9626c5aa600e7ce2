// The header fields that record a result: Received-SPF (RFC 7208 §9.1, erratum 5436) and Authentication-Results (RFC 8601).
//
// Each is one unfolded line of printable US-ASCII without a line end, at most kMaxHeader bytes long, whatever the SMTP client and
// the domain sent: RFC 7208 §9.1 warns of invalid characters, excessive length and malicious data.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/spf/query.h"
#include "common/spf/result.h"

namespace receiver {

// The content of the fields. The views may have any length and contain any bytes; empty ones are left out.
struct HeaderFacts {
  spf::Result result = spf::Result::none;
  std::string_view comment;
  std::string_view receiver;              // the receiving host; also the authserv-id
  std::string_view client;                // address of the SMTP client; empty if there is none
  std::optional<spf::Identity> identity;  // the identity checked; empty if none was
  std::string_view envelope_from;         // shown when the MAIL FROM identity was checked
  std::string_view helo;
  std::string_view domain;     // the domain checked
  std::string_view mechanism;  // the one that matched, or spf::kDefaultMechanism
  std::string_view problem;    // for temperror and permerror
  // For Authentication-Results: the result of the HELO identity if that was checked before MAIL FROM.
  std::optional<spf::Result> helo_result = {};
};

// Both functions replace the text in `out`. They allocate nothing if its capacity suffices.
void received_spf(const HeaderFacts& facts, std::string& out);
void authentication_results(const HeaderFacts& facts, std::string& out);

}  // namespace receiver
