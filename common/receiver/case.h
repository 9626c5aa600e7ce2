// A result with all that the sentences about it, and its link, may report.
#pragma once

#include <string_view>

#include "common/spf/evaluate.h"
#include "common/spf/query.h"
#include "common/token/token.h"

namespace receiver {

struct Case {
  const spf::Query& query;
  const spf::Verdict& verdict;
  std::string_view host;              // the receiving host; may be empty
  std::string_view identity;          // the sender's mailbox or the HELO name, as received
  std::string_view client;            // address of the SMTP client
  std::string_view note = {};         // what local policy did; empty if nothing
  const token::Keys* keys = nullptr;  // sign the token of why-url; null: it has none
  std::string_view id = {};           // of the request, for the header's comment; empty: not named
  // The default explanation in force; null: not known. Only the one of the program has other words for special cases.
  const spf::MacroString* explanation = nullptr;
};

}  // namespace receiver
