// Reads the tree of records from the answers that are known, and collects the questions that are still open.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ip.h"
#include "common/dns/name.h"
#include "common/lint/tree.h"
#include "common/spf/answers.h"

namespace lint {

struct KnownNetworks;

// Bounds of one examination, not those of a check (spf::Limits). Tree::gaps mentions what they left out,
// except beyond `depth`.
struct Limits {
  std::size_t records = 300;
  std::size_t questions = 1000;
  std::size_t terms = 5000;        // of all records together
  std::size_t addresses = 20'000;  // of hosts, of all terms together: a host that two terms name counts twice
  // Records that more terms lead to are beyond the limit of DNS terms (RFC 7208 §4.6.4), so no check reaches them.
  int depth = 11;
  // Steps over intervals of addresses: to follow all clients of a family, and again to compare the terms. It takes a fraction of
  // a second.
  std::size_t work = 20'000'000;
};

// The TXT records of the domain, from one of the servers of its zone.
struct ServerAnswer {
  std::string server;  // "ns1.example.com (192.0.2.1)"
  dns::Answer answer;
};

// The domain to examine, and how.
struct Subject {
  dns::Name domain;
  Limits limits = {};
  // Chosen at random by the caller, so that no zone can know the names that are asked to find wildcard records.
  std::uint64_t salt = 0;
  // Called regularly during long work: true ends the examination with the findings so far. May be empty.
  std::function<bool()> is_over = {};

  // Whether to ask for the names around the records, which no check asks for.
  bool reads_site = true;
  bool is_published = true;  // the answers are those of DNS, and not of records that are to be published
  // The site around the record.
  std::vector<base::IpAddress> own = {};  // addresses from which the domain sends mail
  std::optional<dns::Name> helo = {};     // the name in their HELO
  std::vector<dns::Name> subdomains = {};
  std::vector<ServerAnswer> servers = {};
  std::shared_ptr<const KnownNetworks> known = {};  // of the operator's file; null: none
  std::vector<std::string> missing = {};            // servers that could not be found: sentences for Tree::gaps
};

// Returns labels that hardly any zone has: a name with one of them has an address only if all names have one.
std::array<std::string, 2> probe_labels(std::uint64_t salt);

// Replaces `tree`, which is complete when no question is needed.
spf::Needs read_tree(const Subject& subject, spf::AnswerSource& answers, Tree& tree);

}  // namespace lint
