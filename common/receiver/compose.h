// Composes replies: the texts and header fields for a judgement, or for the reason why there is none. The action is set elsewhere
// (actions.h). Each function replaces the whole reply.
#pragma once

#include <optional>
#include <string_view>

#include "common/receiver/request.h"
#include "common/receiver/workspace.h"
#include "common/spf/query.h"
#include "common/spf/result.h"
#include "common/token/token.h"

namespace receiver {

// The names in the texts, in addition to those of the check.
struct Names {
  std::string_view host;                          // the receiving host; may be empty
  std::string_view id;                            // of the request, for the header's comment; empty: not named
  const token::Keys* keys = nullptr;              // those of Policy::why_keys
  const spf::MacroString* explanation = nullptr;  // the default explanation in force
};

// Composes a reply without an evaluation. It contains no sender, HELO name or domain, and its action is accept.
void compose_unchecked(spf::Result result, const Names& names, std::string_view why, Reply& reply);

// Composes the reply in a workspace from its query and judgement. `identity` is the sender or the HELO name in the form shown to
// people. `helo`: the reply for the HELO identity, if that was checked before.
void compose(Workspace& workspace, const Names& names, std::string_view identity, std::string_view helo_name,
             std::optional<HeloReply>&& helo);

// Composes the best guess from its verdict; empty if the result is none.
Guess compose_guess(const spf::Query& query, const spf::Verdict& verdict, std::string_view host, std::string_view identity);

}  // namespace receiver
