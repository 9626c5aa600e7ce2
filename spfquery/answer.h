// The output and the exit code of spfquery for one request.
//
// All generations of spfquery print the same four lines (result, text for the SMTP client, text for people, Received-SPF) and use
// the same exit codes.
#pragma once

#include <string>
#include <string_view>

#include "common/protocol/query_lines.h"
#include "common/receiver/request.h"
#include "spfquery/exit_codes.h"
#include "spfquery/options.h"

namespace spfquery {

// Returns 0 for pass, 1 fail, 2 softfail, 3 neutral, 4 permerror or unknown, 5 temperror or error, 6 none; kExitUsage for other
// words.
int exit_code(std::string_view result);

struct Answer {
  int exit_code = kExitUsage;
  std::string output;     // the tree of --trace, four lines and the explanation of --why; or one JSON object
  std::string verbose;    // the tree of --verbose; empty: none
  std::string complaint;  // a sentence for standard error; empty: none
};

// Makes the answer from spfquery's own evaluation.
Answer make_answer(const receiver::Reply& reply, const protocol::QueryLines& asked, const Options& options);

// Reads the answer from the bytes that a server sent: lines, or one JSON object if the request asked for it. Control characters
// and other bytes that are not printable US-ASCII are escaped. If there is no result, it is the answer of no_answer().
Answer read_answer(std::string_view bytes, const protocol::QueryLines& asked, const Options& options);

// Makes a temperror, because there is no answer; `why` is a sentence without its full stop.
Answer no_answer(std::string_view why, const protocol::QueryLines& asked, const Options& options);

}  // namespace spfquery
