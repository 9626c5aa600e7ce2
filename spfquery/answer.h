// What spfquery prints about a question, and its exit codes.
//
// All generations of spfquery print the same four lines (result, text for the SMTP client, text for people, Received-SPF) and
// use the same exit codes.
#pragma once

#include <string>
#include <string_view>

#include "common/protocol/question_lines.h"
#include "common/receiver/request.h"
#include "spfquery/options.h"

namespace spfquery {

inline constexpr int kExitTemperror = 5;
inline constexpr int kExitUsage = 255;

// 0 pass, 1 fail, 2 softfail, 3 neutral, 4 permerror or unknown, 5 temperror or error, 6 none; kExitUsage for other words.
int exit_code(std::string_view result);

struct Answer {
  int exit_code = kExitUsage;
  std::string output;     // the tree of --trace and four lines, or one JSON object
  std::string verbose;    // the tree of --verbose; empty: none
  std::string complaint;  // a sentence for standard error; empty: none
};

// An answer of spfquery's own.
Answer make_answer(const receiver::Reply& reply, const protocol::Question& question, const Options& options);

// From the bytes that a server sent: query lines or one JSON object, as the question wanted. Nothing of a server that is no
// text of one line gets through. When there is no result in it, it is the answer of no_answer().
Answer read_answer(std::string_view bytes, const protocol::Question& question, const Options& options);

// temperror, because a server gave no answer; `why` is a sentence without its full stop.
Answer no_answer(std::string_view why, const protocol::Question& question, const Options& options);

}  // namespace spfquery
