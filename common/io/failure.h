// Judges a DNS question that ends without an answer: the cause of the failure (dns::Cause), and whether the servers of its zone
// are silent.
//
// Only a failure that says something about the name is kept in the cache. Silence does so if our name servers had the full time
// of a question and answered others meanwhile. Otherwise the cause is `local` (the asker's patience ended earlier) or
// `unavailable` (they answered nothing).
#pragma once

#include <chrono>

#include "common/dns/answer.h"
#include "common/io/open_question.h"
#include "common/io/resolver_options.h"

namespace io {

// Returns the failure with which the question ends in its present state.
dns::Answer failure_of(const OpenQuestion& open, const ResolverOptions& options);

// Returns whether a question that ends with a failure of this cause shows that the servers of its zone are silent, if our own
// name servers are not overloaded.
bool is_silence_of_zone(const OpenQuestion& open, dns::Cause cause, std::chrono::steady_clock::time_point now);

}  // namespace io
