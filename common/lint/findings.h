// Input and output of the search for faults, which has a file per family of findings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/lint/reach.h"
#include "common/lint/reader.h"
#include "common/lint/report.h"
#include "common/lint/tree.h"
#include "common/lint/work.h"
#include "common/spf/evaluate.h"

namespace lint {

// The verdicts on an address of the domain itself.
struct OwnVerdict {
  base::IpAddress address;
  spf::Verdict mailfrom;
  std::optional<spf::Verdict> helo;  // with Subject::helo
};

struct Examined {
  const Subject& subject;
  const Tree& tree;
  const spf::Limits& limits;
  Work& work;  // for the comparison of terms
  PerFamily<Reach> reach;
  int longest_path = 0;
  std::vector<Loop> loops = {};
  std::vector<OwnVerdict> own = {};
  int rounds = 0;  // Summary::rounds
};

class Findings {
 public:
  explicit Findings(Report& report) : report_(report) {}

  // Values that replace those of the table.
  struct Special {
    std::optional<Severity> severity;
    std::string fix;  // empty: the table's
  };
  // Adds a finding about the place; beyond kMaxFindings, it replaces a less severe one or is only counted. `id` must be in the
  // table. `detail` follows the table's sentence after a colon, unless it is empty.
  void add(std::string_view id, Place place, std::string_view detail, const Special& special);
  void add(std::string_view id, Place place, std::string_view detail = {}) { add(id, place, detail, {}); }

 private:
  Report& report_;
};

// Each of these functions finds the faults of one family.
void examine_publication(const Examined& examined, Findings& findings);  // P: published.cc
void examine_syntax(const Examined& examined, Findings& findings);       // S: syntax.cc
void examine_budget(const Examined& examined, Findings& findings);       // B: budget.cc
void examine_logic(const Examined& examined, Findings& findings);        // L: logic.cc
void examine_coverage(const Examined& examined, Findings& findings);     // K: coverage.cc
void examine_site(const Examined& examined, Findings& findings);         // C: site.cc

// Returns the form of a term in messages: "'include:example.net'", shortened if it is long.
std::string quoted(const Term& term);
// Returns the form of a place in messages: "'mx' of example.com". Its term must not be kNone.
std::string described(const Tree& tree, Place place);
// Returns "a, b and c", or "a, b, c and 4 more" if there are more than `most`.
std::string listed(const std::vector<std::string>& names, std::size_t most = 10);

}  // namespace lint
