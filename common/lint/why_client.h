// Finds out to whom an SMTP client belongs: by its names in DNS that lead back to its address, and by the mail of their domain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/dns/name.h"
#include "common/lint/why_questions.h"
#include "common/spf/query.h"

namespace lint {

// PTR names of a client, and MX hosts of its domain, that are looked at.
inline constexpr std::size_t kMaxClientNames = 10;

// Returns whether the name consists of letters, digits, hyphens, underscores and dots only, with two labels or more.
bool is_plain_name(const dns::Name& name);

struct Client {
  enum class Kind : std::uint8_t {
    unknown,    // no name leads back to it
    own,        // `name` is within the zone of the domain checked
    provider,   // of mail for others: its domain publishes `record`, which lets the client pass and is made to be included
    known,      // it belongs to a domain that the record includes, whose record does not let it pass
    forwarder,  // it receives or sends the mail of `domain`, another one
    other,      // of another domain, of which nothing else is known
  };
  Kind kind = Kind::unknown;
  dns::Name name{};                   // not for unknown
  dns::Name domain{};                 // not for unknown: the zone of the name
  std::optional<dns::Name> record{};  // provider
  bool receives_mail = false;         // forwarder: it is an MX host of the domain; else it may send the domain's mail
};

// Identifies the client of the query. `included`: the domains to whose records the record of the domain leads. The result is not
// valid while a question is open.
Client identify(const spf::Query& query, const spf::Limits& rules, const std::vector<dns::Name>& included,
                WhyQuestions& questions);

}  // namespace lint
