// The options of sender rewriting (common/srs): their rows of the option table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spfd/options.h"

namespace spfd {

std::vector<OptionRow> srs_rows();
// What options that need each other lack: a sentence.
std::optional<std::string> lacking(const SrsOptions& options);
// What will not work as it may be meant: sentences.
std::vector<std::string> srs_warnings(const Options& options);

}  // namespace spfd
