// Reads the command line of spfquery, by the table of its options.
//
// The command lines of all earlier generations of spfquery work (Mail::SPF, Mail::SPF::Query, libspf2), and so does the one of
// Debian's Exim; see common/options/command_line.h. Words that do not belong to an option are ignored, and the last of several
// values counts.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/options/row.h"
#include "spfquery/exit_codes.h"
#include "spfquery/options.h"

namespace spfquery {

const options::Rows& option_table();

// Why a command line is refused.
struct BadUsage {
  std::string what;  // a sentence
  int exit_code = kExitUsage;
};
// Parses the words that follow the program's name. After --help and --version, nothing else counts.
base::Result<Options, BadUsage> parse_command_line(const std::vector<std::string>& words);

std::string help_text();

}  // namespace spfquery
