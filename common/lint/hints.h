// Guesses what the owner of a record meant by a term with a syntax error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/lint/fault.h"

namespace lint {

// Explains a term that the parser refuses. `term` must not be empty; `problem` is the parser's reason; `next` is the term after
// it, or empty.
Fault explain_fault(std::string_view term, std::string_view problem, std::string_view next);

// Explains a term that the parser takes, but whose domain has characters that no name of a host or of a record has. Nothing: the
// domain is an ordinary one, or has macros.
std::optional<Fault> explain_odd_domain(std::string_view term);

// Explains a term with an equals sign in place of the colon of a mechanism, such as "-ip4=192.0.2.1". `next` is the term after
// it, or empty. Without a sign, such a term is an unknown modifier.
Fault explain_equals_sign(std::string_view term, std::string_view next);

// Returns whether an unknown modifier is named like a mechanism, as in "ip4=192.0.2.1".
bool resembles_mechanism(std::string_view modifier);

// Returns whether the text consists of terms without a fault, none of which is an unknown modifier, and has at least one.
bool are_sound_terms(std::string_view text);

// Returns the terms of the first text that resembles a record, "mx -all" of " v=spf1; mx -all", with ~all in place of an all that
// lets every client pass; empty: there are none.
std::string nearly_terms(const std::vector<std::string>& texts);

// Returns whether the text is one that services ask a domain's owner to publish, such as "MS=ms123": it belongs into a TXT record
// of its own. `text` may have a sign.
bool is_verification(std::string_view text);

}  // namespace lint
