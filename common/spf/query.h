// What is to be checked: one identity of one SMTP client (RFC 7208 §2.3, §2.4, §4.1), and under which limits.
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

// "mailfrom" or "helo" (RFC 7208 §9.1).
std::string_view identity_name(Identity identity);

// One name has one form in every macro: as the client wrote it, without the dot at its end. %{d} of the domain checked is %{o},
// with the same upper and lower case.
struct Query {
  base::IpAddress client;
  Identity identity = Identity::mailfrom;
  // <sender>: local-part "@" domain, with A-labels and without a dot at the end; the local part is "postmaster" when there was
  // none (RFC 7208 §4.3).
  std::string sender;
  std::string local_part;
  std::string sender_domain;
  // <domain>; nothing when it is malformed, has one label or is an address literal: the result is none (RFC 7208 §4.3).
  std::optional<dns::Name> domain;
  std::string helo;        // for %{h}, without a dot at the end; empty, and then "unknown", when it is not a name
  std::string receiver;    // for %{r}; "unknown" when empty
  std::uint64_t time = 0;  // for %{t}: seconds since 1970

  friend bool operator==(const Query&, const Query&) = default;
};

// Both set the whole query, which may have been used before (base::renew()).
// The MAIL FROM identity. `sender` without angle brackets; its domain is what follows the last "@"; U-labels become A-labels
// (RFC 8616 §4). The null sender has no MAIL FROM identity: check the HELO identity then (RFC 7208 §2.4).
void set_mailfrom_query(Query& query, const base::IpAddress& client, std::string_view sender, std::string_view helo);
// The HELO identity: <sender> is postmaster@helo. U-labels are not allowed here (RFC 8616 §4).
void set_helo_query(Query& query, const base::IpAddress& client, std::string_view helo);

// More of them are never evaluated in one check, so a record keeps no more.
inline constexpr int kMaxDnsTerms = 20;

struct Limits {
  int dns_terms = 10;             // include a mx ptr exists redirect (RFC 7208 §4.6.4); at most kMaxDnsTerms
  int void_lookups = 2;           // more are permerror (RFC 7208 §4.6.4)
  int mx_hosts = 10;              // more are permerror
  int ptr_names = 10;             // the rest is ignored
  bool void_lookups_ipv6 = true;  // whether "no AAAA record at a name" counts as void; off serves clients at IPv4-only hosts

  friend bool operator==(const Limits&, const Limits&) = default;
};

// What is asked ahead of its turn.
enum class Prefetch : std::uint8_t {
  off,      // nothing
  records,  // TXT of include and redirect
  all,      // whatever does not depend on sender, HELO or client; never ptr
};

struct Settings {
  Limits limits;
  Prefetch prefetch = Prefetch::all;
  // Explains a fail for which the domain has no explanation of its own (RFC 7208 §6.2). Parsed as MacroContext::explanation.
  MacroString default_explanation;
  // Where the refused sender can read more; empty: none. Parsed likewise.
  MacroString why_url;
  // Whether a fail is explained at all, which may need look-ups of its own.
  bool explains = true;
  bool trace = false;

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace spf
