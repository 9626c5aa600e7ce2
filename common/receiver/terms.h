// What the configuration says in SPF's words: terms such as "include:relay.example", and networks. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"
#include "common/spf/record.h"

namespace receiver {

// "192.0.2.0/24", "2001:db8::1".
struct Network {
  base::IpAddress address;
  int length = 0;  // bits

  [[nodiscard]] bool holds(const base::IpAddress& client) const { return client.in_prefix(address, length); }
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Network&, const Network&) = default;
};
base::Result<Network, std::string> parse_network(std::string_view text);

// One term, evaluated as a record of its own: so a term that cannot be evaluated hides none behind it, and none of them uses
// up what RFC 7208 §4.6.4 grants the domain.
struct Term {
  spf::Record record;         // one directive
  bool is_recipient = false;  // "auto": the MX hosts of the recipient's domain

  friend bool operator==(const Term&, const Term&) = default;
};
using Terms = std::vector<Term>;

// Each word is a directive, an address or network (ip4: or ip6: is meant), or a host name (a: is meant); where `with_auto`,
// also "auto". A text may hold several words.
base::Result<Terms, std::string> parse_terms(const std::vector<std::string>& texts, bool with_auto = false);

// "example.com=v=spf1 ...": a record for the domains of a pattern.
struct FallbackRecord {
  std::string pattern;
  spf::Record record;
};
base::Result<FallbackRecord, std::string> parse_fallback(std::string_view text);

inline constexpr std::size_t kMaxTerms = 100;  // in one list

}  // namespace receiver
