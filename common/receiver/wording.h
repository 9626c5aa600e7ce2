// The sentences about a result: for the SMTP client, for the header, for the log. What they say is ours; only an explanation
// that the domain published is not, and it is marked as such (RFC 7208 §6.2).
//
// Every text is one line of printable US-ASCII; those for SMTP client and header hold no '"' and no '\': Exim's ACL of 2004
// puts them in quotes and lets ${extract} read them, which ends at the first and makes a line end of "\n" or "\x0a". So a
// backslash is written "/", and a byte that is not printable US-ASCII, "\xNN" elsewhere, is "/xNN" here.
// Each function replaces what is in `out`, and so allocates nothing where that has room.
#pragma once

#include <string>
#include <string_view>

#include "common/spf/evaluate.h"
#include "common/spf/query.h"

namespace receiver {

// Returns `text` as one line of printable US-ASCII without '"' and '\'.
std::string plain(std::string_view text);
// The same without parentheses, as it will stand between some.
std::string plain_comment(std::string_view text);

// Whose identity was checked, by which host, with what result.
struct Case {
  const spf::Query& query;
  const spf::Verdict& verdict;
  std::string_view host;       // the receiving host; may be empty
  std::string_view identity;   // as the client gave it: the sender's mailbox or the HELO name
  std::string_view client;     // its address
  std::string_view note = {};  // what local policy did; empty: nothing
};

// "HOST: domain of X designates IP as permitted sender": the wording of RFC 7208 §9.1 and of every SPF tool since 2003.
void header_comment(const Case& about, std::string& out);
// At most kMaxSmtpComment bytes. Results that need no text of their own have the header comment.
void smtp_comment(const Case& about, std::string_view comment_of_header, std::string& out);
// "mechanism ip4:192.0.2.0/24 in the record of example.com matched", or what the problem was; or what local policy did.
void local_explanation(const Case& about, std::string& out);

}  // namespace receiver
