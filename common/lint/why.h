// Explains the verdict on one identity of one SMTP client, so that the owner of the domain can act: the term that decided, the
// nearest network that passes, and the smallest change of the record with which the client would pass.
//
// Pure and a step, like spf::evaluate() and examine(). A change is examined before it is shown: within the limits of a check (RFC
// 7208 §4.6.4), the changed record lets the client pass, and no client that passes now gets another result. No change is shown
// where it would be wrong: for a client that looks like a forwarder, for one that the record excludes explicitly, for a domain
// that sends no mail, for a name that does not exist, and for a private address or one for documentation. For a permerror it is
// the smallest repair, with which the client gets a result; for a domain without a record it is the repair of a text that
// resembles one, or a first record, which may be "v=spf1 -all".
//
// Texts are printable US-ASCII. In sentences, any text that a domain's owner or the SMTP client chose is a domain name of
// letters, digits, hyphens, underscores and dots, or is in single quotes and contains no single quote.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/lint/change.h"
#include "common/lint/reader.h"
#include "common/lint/why_nearest.h"
#include "common/spf/answers.h"
#include "common/spf/query.h"

namespace lint {

struct Why {
  std::string term;                // that decided, as published; empty: none did
  std::string record_of;           // the domain in whose record it is
  std::optional<Nearest> nearest;  // fail, softfail, neutral
  std::string client_name;         // a name of the client that leads back to its address; empty: none, or it was not looked for
  std::string forwarder_of;        // the domain to which the client belongs, if it looks like a forwarder
  std::vector<std::string> sentences;
  // Everything that is not known because of DNS or of a bound; a sentence each, without its full stop.
  std::vector<std::string> missing;
  std::optional<Change> change;

  friend bool operator==(const Why&, const Why&) = default;
};

// Bounds of one explanation. A check reaches 11 records at most. All its questions together have the bound of a part of a check
// (spf::QuestionBudget), so those about the client remain when the records have used up theirs.
inline constexpr Limits kWhyLimits = {
    .records = 24, .questions = 120, .terms = 600, .addresses = 2000, .depth = 11, .work = 200'000};
// Longer records, in bytes, are not shown with a change.
inline constexpr std::size_t kMaxChanged = 2048;

// Replaces `why`, which is complete when no question is needed. `rules`: the limits of the check.
spf::Needs explain(const spf::Query& query, const spf::Limits& rules, const Limits& bounds, spf::AnswerSource& answers, Why& why);

}  // namespace lint
