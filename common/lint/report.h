// The report of an examination: the tree of records, its findings and a summary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/name.h"
#include "common/lint/finding_kind.h"
#include "common/lint/tree.h"
#include "common/spf/query.h"

namespace lint {

struct Finding {
  const FindingKind* kind = nullptr;
  Severity severity = Severity::info;
  std::string term;       // printable and at most kMaxTerm bytes; empty: the finding is about the record
  std::string record_of;  // the domain whose record it is about
  std::size_t line = 0;   // of the tree, from 1
  std::string message;    // a sentence without its full stop; printable US-ASCII
  std::string fix;        // in the same form

  // Returns the section in printable US-ASCII: "RFC 7208 4.5".
  [[nodiscard]] std::string section() const;
};

struct Summary {
  PerFamily<int> lookups;        // the maximum number of DNS terms of a check, also above spf::Limits::dns_terms
  PerFamily<int> voids;          // the maximum number of void lookups, up to one over the limit
  std::size_t octets = 0;        // of the domain's record
  std::uint64_t addresses4 = 0;  // IPv4 addresses that pass; none if the record has a syntax error
  std::uint64_t networks6 = 0;   // IPv6 networks of 64 bits in which an address passes
  int rounds = 0;                // round trips of a check without a cache; see worst_seconds()
  bool is_lower_bound = false;   // a term depends on the mail, or was not looked up
};

struct Report {
  dns::Name domain;
  std::vector<Finding> findings;
  std::size_t left_out = 0;  // findings beyond kMaxFindings
  Summary summary;
  Tree tree;
  spf::Limits limits;

  [[nodiscard]] bool is_complete() const { return tree.gaps.empty(); }
  [[nodiscard]] std::size_t count(Severity severity) const;
};

// Upper bound on findings; further ones are only counted (Report::left_out).
inline constexpr std::size_t kMaxFindings = 500;
// Upper bounds in bytes of records and terms in reports, which cut longer ones.
inline constexpr std::size_t kMaxRecord = 4096;
inline constexpr std::size_t kMaxTerm = 300;

// Returns how long that many round trips take if one datagram gets lost in each: resolvers commonly repeat a question after 1.5
// seconds. More losses, and silent servers, take longer.
constexpr double worst_seconds(int rounds) { return 1.5 * rounds; }

// Returns "1 round trip" or "2 round trips"; "es" follows an s.
std::string counted(std::uint64_t number, std::string_view thing);

}  // namespace lint
