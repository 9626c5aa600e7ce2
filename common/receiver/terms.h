// Parts of the configuration in SPF syntax: terms such as "include:relay.example", networks, and fallback records. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"
#include "common/spf/record.h"

namespace receiver {

// An address or network: "192.0.2.0/24", "2001:db8::1".
struct Network {
  base::IpAddress address;
  int length = 0;  // bits

  [[nodiscard]] bool holds(const base::IpAddress& client) const { return client.in_prefix(address, length); }
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Network&, const Network&) = default;
};
base::Result<Network, std::string> parse_network(std::string_view text);

// One term, evaluated as a record of its own. So a term that cannot be evaluated does not hide the terms after it, and none of
// them counts towards the domain's limits (RFC 7208 §4.6.4).
struct Term {
  spf::Record record;         // one directive
  bool is_recipient = false;  // "auto": the MX hosts of the recipient's domain

  friend bool operator==(const Term&, const Term&) = default;
};
using Terms = std::vector<Term>;

// Parses terms separated by blanks: directives, addresses or networks (read as ip4: or ip6:), host names (read as a:) and, if
// `with_auto`, "auto".
base::Result<Terms, std::string> parse_terms(const std::vector<std::string>& texts, bool with_auto = false);

// A record for the domains of a pattern, written as "example.com=v=spf1 ...".
struct FallbackRecord {
  std::string pattern;
  spf::Record record;
};
base::Result<FallbackRecord, std::string> parse_fallback(std::string_view text);

inline constexpr std::size_t kMaxTerms = 100;  // maximum per list

}  // namespace receiver
