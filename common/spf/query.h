// The arguments of check_host(): one identity of one SMTP client (RFC 7208 §2.3, §2.4, §4.1), and the limits and settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/ip.h"
#include "common/dns/name.h"
#include "common/spf/macro.h"

namespace spf {

enum class Identity : std::uint8_t { mailfrom, helo };

// Returns "mailfrom" or "helo" (RFC 7208 §9.1).
std::string_view identity_name(Identity identity);

// A name has the same form in every macro: as the SMTP client wrote it, without a trailing dot. For the domain checked, %{d} is
// equal to %{o}, including upper and lower case.
struct Query {
  base::IpAddress client;
  Identity identity = Identity::mailfrom;
  // <sender>: local-part "@" domain, with A-labels and without a trailing dot. A missing local part becomes "postmaster"
  // (RFC 7208 §4.3).
  std::string sender;
  std::string local_part;
  std::string sender_domain;
  // <domain>; empty when it is malformed, has one label or is an address literal: the result is none (RFC 7208 §4.3).
  std::optional<dns::Name> domain;
  std::string helo;        // for %{h}, without a trailing dot; empty when it is not a name, which expands to "unknown"
  std::string receiver;    // for %{r}; an empty one expands to "unknown"
  std::uint64_t time = 0;  // for %{t}: seconds since 1970

  friend bool operator==(const Query&, const Query&) = default;
};

// Both functions set every member of the query, so it may be reused (base::renew()).
//
// Sets a query for the MAIL FROM identity. `sender` has no angle brackets; its domain follows the last "@"; U-labels become
// A-labels (RFC 8616 §4). The null sender has no MAIL FROM identity: check the HELO identity instead (RFC 7208 §2.4).
void set_mailfrom_query(Query& query, const base::IpAddress& client, std::string_view sender, std::string_view helo);
// Sets a query for the HELO identity: <sender> is postmaster@helo. U-labels are not allowed here (RFC 8616 §4).
void set_helo_query(Query& query, const base::IpAddress& client, std::string_view helo);

// Upper bound on the DNS terms that one query evaluates, whatever Limits says. A parsed record keeps no further terms.
inline constexpr int kMaxDnsTerms = 20;

struct Limits {
  int dns_terms = 10;             // include a mx ptr exists redirect (RFC 7208 §4.6.4); at most kMaxDnsTerms
  int void_lookups = 2;           // more are a permerror (RFC 7208 §4.6.4)
  int mx_hosts = 10;              // per mx term; more are a permerror
  int ptr_names = 10;             // further ones are ignored
  bool void_lookups_ipv6 = true;  // whether an existing name without AAAA records counts as void

  friend bool operator==(const Limits&, const Limits&) = default;
};

// The questions that are asked ahead of their turn.
enum class Prefetch : std::uint8_t {
  off,      // none
  records,  // TXT questions of include and redirect
  all,      // all that do not depend on sender, HELO name or client; never ptr
};

struct Settings {
  Limits limits;
  Prefetch prefetch = Prefetch::all;
  // Explains a fail when the domain has no explanation of its own (RFC 7208 §6.2). Parsed as MacroContext::explanation.
  MacroString default_explanation;
  // URL of a page with more information for the sender after fail or permerror; empty: none. Parsed as MacroContext::explanation.
  MacroString why_url;
  // Whether a fail is explained, which may need further lookups.
  bool explains = true;
  bool trace = false;

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace spf
