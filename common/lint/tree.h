// The records of an examination: every record that a check of the domain could reach, with its terms and what DNS says about
// them.
//
// The result of check_host() for a domain depends on that domain and on the mail, not on how the check got there. So each domain
// has one record in the tree, however many terms lead to it, and loops are edges of the graph.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/ip.h"
#include "common/dns/answer.h"
#include "common/lint/networks.h"
#include "common/spf/record.h"
#include "common/spf/terms.h"

namespace lint {

inline constexpr std::array<Family, 2> kFamilies = {Family::ipv4, Family::ipv6};

// A pair of values, one per family.
template <class T>
class PerFamily {
 public:
  T& operator[](Family family) { return values_[static_cast<std::size_t>(family)]; }
  const T& operator[](Family family) const { return values_[static_cast<std::size_t>(family)]; }

 private:
  std::array<T, 2> values_{};
};

inline constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct Term {
  spf::Term read;
  // The name that the term asks about; nothing when it has none, or when that depends on sender, HELO name or client.
  std::optional<dns::Name> target;
  bool is_personal = false;      // its target depends on sender, HELO name or client
  bool is_nowhere = false;       // its target cannot be a domain with a record or addresses (RFC 7208 §4.3, §4.8)
  std::size_t leads_to = kNone;  // include, redirect: the number of the record
  // ip4, ip6, a, mx: the addresses that match. all: empty.
  PerFamily<Networks> networks;
  std::vector<base::IpAddress> addresses;  // a, mx: of the hosts
  bool matches_all = false;                // exists of a name that has an address: it matches every client
  PerFamily<bool> is_void;                 // its first lookup is void (RFC 7208 §4.6.4)
  bool has_failed = false;                 // DNS did not answer all its questions
  std::vector<std::string> hosts;          // mx: the hosts
  bool is_host = false;                    // mx: the name has no MX records, but an address
  bool is_wildcard = false;                // exists with macros: the probe names have addresses, too
  // Its target does not exist, nor does the domain that would have to be registered for it.
  bool is_unregistered = false;
  // exp in a record that can decide: the TXT records that it names; nothing where they were not looked up.
  std::optional<std::vector<std::string>> explanations;

  [[nodiscard]] bool is_directive() const { return read.kind == spf::Term::Kind::directive; }
  [[nodiscard]] bool is_sound() const { return read.problem.empty(); }
  // Returns whether it is a valid directive of that mechanism.
  [[nodiscard]] bool is(spf::Mechanism mechanism) const { return read.directive && read.directive->mechanism == mechanism; }
  // Returns whether it is a valid directive with that qualifier.
  [[nodiscard]] bool has(spf::Result qualifier) const { return read.directive && read.directive->qualifier == qualifier; }
  [[nodiscard]] bool is_redirect() const { return read.kind == spf::Term::Kind::redirect && is_sound(); }
  // Returns whether it counts in the limit of DNS terms (RFC 7208 §4.6.4).
  [[nodiscard]] bool asks_dns() const { return is_redirect() || (read.directive && spf::asks_dns(read.directive->mechanism)); }
  [[nodiscard]] std::string_view text() const { return read.text; }
};

// The record of a domain, as DNS has it.
struct Record {
  // DNS did not answer, or the record was not looked up.
  struct Unknown {};
  struct None {
    std::string near_miss;     // why a text that resembles a record is not one; empty: no text does
    bool is_glued = false;     // a text is not a record because its strings meet directly after the version
    bool has_no_name = false;  // the domain does not exist
  };
  struct Several {
    std::size_t count = 0;
  };
  struct Found {
    std::string text;
    std::vector<std::size_t> borders;  // the offsets in `text` at which its character-strings meet
  };

  dns::Name domain;
  std::variant<Unknown, None, Several, Found> state;
  std::vector<std::string> texts;  // all TXT records of the name
  std::uint32_t ttl = 0;           // seconds, as the answer had it
  int cnames = 0;                  // that lead to the TXT records
  std::vector<Term> terms;         // none unless it was found
  std::size_t all = kNone;         // the first valid "all"
  std::size_t redirect = kNone;    // the redirect, where it is in force
  bool is_deciding = false;        // that of the domain, or reached from it by redirects only
  int depth = 0;                   // the least number of terms that lead here

  // Returns the state if it is of that kind, else null.
  template <class State>
  [[nodiscard]] const State* get() const {
    return std::get_if<State>(&state);
  }
  [[nodiscard]] bool is_found() const { return get<Found>() != nullptr; }
  // Returns whether a term has a syntax error, which makes every check of the record a permerror (RFC 7208 §4.6).
  [[nodiscard]] bool is_malformed() const { return !std::ranges::all_of(terms, &Term::is_sound); }
  // Returns the text of a record that was found; else an empty one.
  [[nodiscard]] std::string_view text() const { return is_found() ? get<Found>()->text : std::string_view(); }
};

// A term in its record; term kNone: the record itself.
struct Place {
  std::size_t record = 0;
  std::size_t term = kNone;

  friend bool operator==(const Place&, const Place&) = default;
};

// A line of the tree as it is shown.
struct Line {
  Place place;
  int depth = 0;
  std::size_t see = kNone;  // a record that was shown before: the number of its line
};

// A question that DNS answered with a failure.
struct Failure {
  Place place;  // that asked it first
  dns::Question question;
  std::string problem;
  dns::Cause cause = dns::Cause::reported;
};

// The names around the record, which no check asks for. Answers that fail are left out.
struct Site {
  struct Host {
    std::string name;
    PerFamily<std::vector<base::IpAddress>> addresses;
  };
  std::vector<Host> hosts;            // the MX hosts of the domain, and those that its record names by a and mx; at most 20
  std::vector<std::string> old_type;  // the records of type SPF (RFC 7208 §3.1) of the domain
  std::uint32_t negative_ttl = 0;     // seconds; 0: not known
  // The numbers of PTR names of the addresses in Subject::own, if a term of the tree asks for such names.
  std::vector<std::pair<base::IpAddress, std::size_t>> ptr_names;
  bool has_wildcard = false;           // a name that does not exist has an SPF record
  std::vector<std::string> misplaced;  // the domain has no record, but these names have
  std::vector<std::string> bare;       // of Subject::subdomains: those with an MX or A record and without an SPF record
  std::optional<bool> helo_has_record;
};

struct Tree {
  std::vector<Record> records;  // the first is that of the domain
  std::vector<std::string> mx;  // the MX hosts of the domain
  std::vector<Failure> failures;
  // Everything that is not known, in sentences: questions without an answer, limits of the examination.
  std::vector<std::string> gaps;
  std::vector<Line> lines;  // numbered from 1
  Site site;

  [[nodiscard]] const Record& root() const { return records.front(); }
  [[nodiscard]] const Term& term(Place place) const { return records[place.record].terms[place.term]; }
  // Returns the number of the first line that shows the place, from 1; 0 if none does.
  [[nodiscard]] std::size_t line_of(Place place) const;
};

// Returns the domain to whose name servers a question goes, whatever the macros are; nothing: that depends on them.
std::optional<dns::Name> constant_end(const spf::MacroString& spec);

// Returns whether the target of the term is known to exist, or nothing is known about it.
bool leads_somewhere(const Tree& tree, const Term& term);

// Sets Tree::lines.
void number_lines(Tree& tree);

}  // namespace lint
