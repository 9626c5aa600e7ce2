// Puts replies together: the texts and header fields about a judgement, or about why there is none. What is done about the
// result is not decided here (actions.h). Each function replaces the whole reply.
#pragma once

#include <optional>
#include <string_view>

#include "common/receiver/request.h"
#include "common/receiver/workspace.h"
#include "common/spf/query.h"
#include "common/spf/result.h"

namespace receiver {

// A result that no evaluation led to: nothing of a sender, a HELO name or a domain is in it. It is accepted.
void compose_unchecked(spf::Result result, std::string_view host, std::string_view why, Reply& reply);

// The reply of a workspace with query and judgement. `identity` is the sender or the HELO name, as people should read it.
// helo: what the HELO identity came to, if it was checked before.
void compose(Workspace& workspace, std::string_view host, std::string_view identity, std::string_view helo_name,
             std::optional<HeloReply>&& helo);

// The best guess `verdict` about the query; none if its result is none.
Guess compose_guess(const spf::Query& query, const spf::Verdict& verdict, std::string_view host, std::string_view identity);

}  // namespace receiver
