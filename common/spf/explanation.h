// The explanation of a fail (RFC 7208 §6.2).
#pragma once

#include <string>

#include "common/spf/expansion.h"
#include "common/spf/walk.h"

namespace spf {

inline constexpr std::size_t kMaxExplanation = 2048;  // bytes

// Sets the texts that explain a fail. Returns false when answers are missing, which are then among the walk's needs.
// `exp`: the domain-spec of the exp modifier in the record of `exp_domain`, or null. `checked`: the domain of the query.
// `authority`: the domain's text, printable US-ASCII; stays empty without a usable one. Only then `fallback` and `why_url` are
// set, to the expanded Settings::default_explanation and Settings::why_url. The caller passes all three empty.
bool explain(const MacroString* exp, const dns::Name& exp_domain, const dns::Name& checked, Expansion& expansion, Walk& walk,
             std::string& authority, std::string& fallback, std::string& why_url);

}  // namespace spf
