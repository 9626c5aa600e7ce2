// The explanation of a fail (RFC 7208 §6.2), and the link to a page about a fail or a permerror.
#pragma once

#include <string>

#include "common/spf/expansion.h"
#include "common/spf/walk.h"

namespace spf {

inline constexpr std::size_t kMaxExplanation = 2048;  // bytes

// Sets the texts that explain a fail. Returns false when answers are missing, which are then among the walk's needs.
// `exp`: the domain-spec of the exp modifier in the record of `exp_domain`, or null. `checked`: the domain of the query.
// `authority`: the domain's text, printable US-ASCII; stays empty without a usable one. Only then `fallback` is set, to the
// expanded Settings::default_explanation. The caller passes both empty.
bool explain(const MacroString* exp, const dns::Name& exp_domain, const dns::Name& checked, Expansion& expansion, Walk& walk,
             std::string& authority, std::string& fallback);

// Sets `out`, which the caller passes empty, to the expanded Settings::why_url. Returns false when answers are missing.
bool expand_why_url(const dns::Name& checked, Expansion& expansion, Walk& walk, std::string& out);

}  // namespace spf
