// The explanation for rejected senders of domains that publish none, unless the site has its own.
#pragma once

#include <string_view>

#include "common/spf/macro.h"

namespace receiver {

// It says what happened, and the one thing to do.
inline constexpr std::string_view kDefaultExplanation =
    "%{o} does not allow %{c} to send its mail (SPF). Ask postmaster@%{o} to add %{c} to the SPF record of %{o}.";

inline spf::MacroString default_explanation() {
  return *spf::MacroString::parse(kDefaultExplanation, spf::MacroContext::explanation);
}

}  // namespace receiver
