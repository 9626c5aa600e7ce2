// Creates SPF records: the content of the wizard's form, and the record that follows from it. Pure.
//
// The records have no finding of severity error that the form could cause (t/web), and let the addresses in the form pass.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/name.h"
#include "spfweb/parameters.h"
#include "spfweb/texts.h"

namespace spfweb {

// The answers of the form, as they were typed.
struct Recipe {
  bool no_mail = false;
  std::vector<std::string> networks = {};      // addresses or networks
  std::vector<std::string> names = {};         // of hosts
  std::vector<std::string> includes = {};      // domains
  std::set<std::string, std::less<>> by = {};  // providers, by id
  bool mx = false;
  bool a = false;
  bool is_strict = false;  // -all instead of ~all
  bool below = false;      // names below the domain send no mail

  friend bool operator==(const Recipe&, const Recipe&) = default;

  static Recipe read(const Parameters& form);
};

// The form, filled in from a published record.
struct Filled {
  Recipe recipe;
  std::vector<std::string> left_out;  // terms, as published: faulty ones, those without place in the form, those after "all"

  // Reads every term by itself, so that a faulty one does not hide the others.
  static Filled from(std::string_view record);
};

struct RecipeProblem {
  Text text = Text::bad_network;
  std::string value;       // untrusted
  std::size_t number = 0;  // for texts with numbers
  std::size_t limit = 0;
};

struct MadeRecord {
  std::string text;
  std::vector<RecipeProblem> problems;  // if there are any, the text must not be published
};

// Terms beyond this number of each kind are ignored.
inline constexpr std::size_t kMaxEntries = 50;
// Longest record, in octets, so that it fits a DNS answer with its neighbours (RFC 7208 §3.4).
inline constexpr std::size_t kMaxRecord = 450;

// Returns the name of a domain or host, in A-labels: two labels or more, of letters, digits, hyphens and underscores, so that it
// stays one word in a zone file and in a command; it ends as a domain-spec does (RFC 7208 §7.1).
std::optional<dns::Name> plain_name(std::string_view text);

MadeRecord make_record(const Recipe& recipe);

// Returns the name of a record in the form that control panels expect: "@" for a domain of two labels, which is a zone. A longer
// name may be a zone or not, so it is not shortened. `below`: the name of all names below the domain.
std::string panel_name(const dns::Name& domain, bool below);

// Returns the record as strings of a zone file, of at most 255 octets each (RFC 7208 §3.3).
std::string zone_strings(std::string_view record);
// Returns the lines of a zone file for the domain.
std::vector<std::string> zone_lines(const dns::Name& domain, const Recipe& recipe, std::string_view record);

}  // namespace spfweb
