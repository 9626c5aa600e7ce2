// The client's side of the query lines: writes requests, and reads the lines of answers.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/protocol/query_lines.h"

namespace protocol {

// Appends the line "key=value". Line ends and NUL in the value become "?".
void add_line(std::string& lines, std::string_view key, std::string_view value);

// Returns the lines of a request, with the empty line that ends them. `timeout`: how long the server may take.
std::string query_lines(const QueryLines& asked, std::chrono::milliseconds timeout);

// Returns the function that finds out whether an answer in this format is complete. (With Mail::SPF's spfd, the end of the
// connection ends it too.)
bool (*completion_of(Format format))(std::string_view answer);

// Returns the value of the first line "key=value"; empty if there is none.
std::string_view answer_value(std::string_view lines, std::string_view key);

}  // namespace protocol
