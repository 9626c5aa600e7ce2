#include "common/spf/query.h"

#include "common/base/reuse.h"
#include "common/base/text.h"
#include "common/dns/idna.h"

namespace spf {

namespace {

// Returns the domain, or nothing for one that is malformed or has one label (RFC 7208 §4.3), and for an address literal.
std::optional<dns::Name> checkable(std::string_view domain) {
  auto name = dns::Name::parse(domain);
  if (name && (name->labels() < 2 || domain.starts_with('['))) name.reset();
  return name;
}

// Removes a trailing dot, which does not change the name.
std::string_view without_dot(std::string_view name) {
  if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
  return name;
}

// Returns the HELO name for %{h}, or an empty text when it is not a name.
std::string_view usable_helo(std::string_view helo) {
  const auto name = dns::Name::parse(helo);
  return name && !name->is_root() ? without_dot(helo) : std::string_view();
}

}  // namespace

std::string_view identity_name(Identity identity) { return identity == Identity::helo ? "helo" : "mailfrom"; }

void set_mailfrom_query(Query& query, const base::IpAddress& client, std::string_view sender, std::string_view helo) {
  base::renew(query);
  query.client = client;
  query.helo = usable_helo(helo);
  const auto at = sender.rfind('@');  // a quoted local part may contain others
  query.local_part = at == std::string_view::npos || at == 0 ? "postmaster" : sender.substr(0, at);  // RFC 7208 §4.3
  const std::string_view domain = at == std::string_view::npos ? sender : sender.substr(at + 1);
  query.domain = checkable(domain);
  query.sender_domain = query.domain ? without_dot(domain) : domain;
  if (!query.domain && !base::is_ascii(domain)) {  // RFC 8616 §4
    if (auto ascii = dns::to_a_labels(domain)) {
      query.sender_domain = std::move(*ascii);
      query.domain = checkable(query.sender_domain);
      if (query.domain && query.sender_domain.ends_with('.')) query.sender_domain.pop_back();
    }
  }
  base::append(query.sender, query.local_part, "@", query.sender_domain);
}

void set_helo_query(Query& query, const base::IpAddress& client, std::string_view helo) {
  base::renew(query);
  query.client = client;
  query.identity = Identity::helo;
  query.helo = usable_helo(helo);
  query.local_part = "postmaster";  // RFC 7208 §2.4, §4.3
  query.domain = checkable(helo);
  query.sender_domain = query.domain ? without_dot(helo) : helo;
  base::append(query.sender, query.local_part, "@", query.sender_domain);
}

}  // namespace spf
