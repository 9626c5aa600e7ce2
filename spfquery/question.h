// From options, or a line of a file, to the question: by way of the query lines of spfd, so that both understand it the same.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/protocol/question_lines.h"
#include "spfquery/options.h"

namespace spfquery {

// The question of the options. Its `error` says what is wrong with it.
protocol::Question make_question(const Options& options);

// "IP SENDER [HELO [RECIPIENT]]"; what is not there comes from the options. With scope helo, SENDER is the HELO name.
// The line's number becomes the question's id.
protocol::Question make_question(const Options& options, std::string_view line, std::size_t line_number);

// What spfd is to be sent.
std::string query_lines(const protocol::Question& question, const Options& options);

}  // namespace spfquery
