// The parts of the table of options, each in its own file, and what they share.
#pragma once

#include "common/options/row.h"
#include "spfquery/options.h"

namespace spfquery {

void add_check_rows(options::Rows& rows);   // requests, who answers them, and how spfquery evaluates
void add_lint_rows(options::Rows& rows);    // examinations
void add_replay_rows(options::Rows& rows);  // the log of a mail server
void add_output_rows(options::Rows& rows);  // output, --help, options without effect

// Adds domains to examine.
options::Problem add_examined(Options& options, const options::Values& domains);
// Takes mailboxes or domains, separated by commas, whose MX hosts count in addition to the recipient's.
options::Problem set_authorized(Options& options, const options::Values& domains);

// The flag is off for the value 0: -debug=0 of libspf2.
template <bool Options::*flag>
inline constexpr options::Access<Options> kOn = {[](Options& o, const options::Values& v) -> options::Problem {
  o.*flag = v.empty() || v.back() != "0";
  return {};
}};

}  // namespace spfquery
