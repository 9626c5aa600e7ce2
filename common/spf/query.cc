#include "common/spf/query.h"

#include "common/base/text.h"
#include "common/dns/idna.h"

namespace spf {

namespace {

// RFC 7208 §4.3: no check for a domain that is malformed, or has one label; an address literal has no domain at all.
std::optional<dns::Name> checkable(std::string_view domain) {
  auto name = dns::Name::parse(domain);
  if (name && (name->labels() < 2 || domain.starts_with('['))) name.reset();
  return name;
}

}  // namespace

std::string_view identity_name(Identity identity) { return identity == Identity::helo ? "helo" : "mailfrom"; }

void set_mailfrom_query(Query& query, const base::IpAddress& client, std::string_view sender, std::string_view helo) {
  query.client = client;
  query.identity = Identity::mailfrom;
  query.helo = helo;
  const auto at = sender.rfind('@');  // a quoted local part may hold others
  query.local_part = at == std::string_view::npos || at == 0 ? "postmaster" : sender.substr(0, at);  // RFC 7208 §4.3
  const std::string_view domain = at == std::string_view::npos ? sender : sender.substr(at + 1);
  query.sender_domain = domain;
  query.domain = checkable(domain);
  if (!query.domain && !base::is_ascii(domain)) {  // RFC 8616 §4
    if (auto ascii = dns::to_a_labels(domain)) {
      query.sender_domain = std::move(*ascii);
      query.domain = checkable(query.sender_domain);
    }
  }
  query.sender.clear();
  base::append(query.sender, query.local_part, "@", query.sender_domain);
}

void set_helo_query(Query& query, const base::IpAddress& client, std::string_view helo) {
  query.client = client;
  query.identity = Identity::helo;
  query.helo = helo;
  query.local_part = "postmaster";  // RFC 7208 §2.4, §4.3
  query.sender_domain = helo;
  query.domain = checkable(helo);
  query.sender.clear();
  base::append(query.sender, query.local_part, "@", query.sender_domain);
}

Query mailfrom_query(const base::IpAddress& client, std::string_view sender, std::string_view helo) {
  Query query;
  set_mailfrom_query(query, client, sender, helo);
  return query;
}

Query helo_query(const base::IpAddress& client, std::string_view helo) {
  Query query;
  set_helo_query(query, client, helo);
  return query;
}

}  // namespace spf
