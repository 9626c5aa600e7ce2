// Input and output of the checks of all families.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/lint/lint.h"
#include "common/lint/reach.h"
#include "common/lint/tree.h"

namespace lint {

struct Examined {
  const Tree& tree;
  const spf::Limits& limits;
  PerFamily<Reach> reach;
  int longest_path = 0;
  bool has_loop = false;
};

class Findings {
 public:
  explicit Findings(Report& report) : report_(report) {}

  // In place of what the table says.
  struct Special {
    std::optional<Severity> severity;
    std::string fix;  // empty: the table's
  };
  // detail: follows the table's sentence after a colon; empty: nothing does.
  void add(std::string_view id, Place place, std::string_view detail, Special special);
  void add(std::string_view id, Place place, std::string_view detail = {}) { add(id, place, detail, {}); }

 private:
  Report& report_;
};

// The families of checks, one file each.
void check_publication(const Examined& examined, Findings& findings);  // P
void check_syntax(const Examined& examined, Findings& findings);       // S
void check_budget(const Examined& examined, Findings& findings);       // B
void check_logic(const Examined& examined, Findings& findings);        // L
void check_coverage(const Examined& examined, Findings& findings);     // K

// A term as messages show it: "'include:example.net'", cut where it is long.
std::string quoted(const Term& term);
// "a, b and c"; "a, b, c and 4 more".
std::string listed(const std::vector<std::string>& names, std::size_t most = 10);

}  // namespace lint
