// Makes the request from the options, or from a line of a file, through the query lines of spfd: so both programs understand the
// same values in the same way.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/protocol/query_lines.h"
#include "spfquery/options.h"

namespace spfquery {

// Makes the request of the options. Its `error` says what is wrong with it.
protocol::QueryLines make_request(const Options& options);

// Makes the request of a line "IP SENDER [HELO [RECIPIENT]]"; values that are missing come from the options. With scope helo,
// SENDER is the HELO name. The line number becomes the id of the request.
protocol::QueryLines make_request(const Options& options, std::string_view line, std::size_t line_number);

}  // namespace spfquery
