// The explanation of a fail (RFC 7208 §6.2).
#pragma once

#include <string>

#include "common/spf/expansion.h"
#include "common/spf/walk.h"

namespace spf {

inline constexpr std::size_t kMaxExplanation = 2048;  // bytes

// authority, fallback and why_url are empty before.
// exp: the domain-spec of the exp modifier in the record of `exp_domain`, or null. checked: the domain of the query.
// authority: the text of the domain, printable US-ASCII; empty when there is none that is usable. fallback: the receiver's own
// text, when `authority` is empty; why_url: our page about it. False: answers are missing, and the walk's needs say which.
bool explain(const MacroString* exp, const dns::Name& exp_domain, const dns::Name& checked, Expansion& expansion, Walk& walk,
             std::string& authority, std::string& fallback, std::string& why_url);

}  // namespace spf
