// Explains terms that were written without a blank between them.
#pragma once

#include <optional>
#include <string_view>

#include "common/lint/fault.h"

namespace lint {

// Explains a text that consists of several terms; nothing: it does not. `next` is the term after it, or empty.
std::optional<Fault> explain_glue(std::string_view term, std::string_view next);

// Explains a term whose domain does not exist because a short term is glued to it, such as "include:example.netmx" or
// "a:example.com-all"; nothing: its last label does not look so.
std::optional<Fault> explain_glued_end(std::string_view term);

}  // namespace lint
