// The sentences about a result: for the SMTP client, the header and the log. All are our own words except an explanation that the
// domain published, which is marked as such (RFC 7208 §6.2).
//
// Every text is one line of printable US-ASCII. Texts for the SMTP client and the header contain no '"' and '\', because Exim's
// ACL of 2004 puts them in quotes and reads them with ${extract}: '"' would end the value, and "\n" or "\x0a" would become a line
// end. So a backslash is written as "/", and a byte that is not printable US-ASCII as "/xNN" instead of "\xNN".
// Each function but append_id() replaces the text in `out`. It allocates nothing if the capacity suffices.
#pragma once

#include <string>
#include <string_view>

#include "common/receiver/case.h"

namespace receiver {

// Returns `text` as one line of printable US-ASCII without '"' and '\'.
std::string plain(std::string_view text);
// Like plain(), and without parentheses, for use in a comment.
std::string plain_comment(std::string_view text);

// Appends ", id 7F3A" if there is an id, whose characters other than letters, digits and "-._" become "?".
void append_id(std::string_view id, std::string& out);
// Writes "HOST: domain of X designates IP as permitted sender": the wording of RFC 7208 §9.1 and of every SPF tool since 2003.
void header_comment(const Case& about, std::string& out);
// Writes at most kMaxSmtpComment bytes. Results that need no text of their own get the header comment.
void smtp_comment(const Case& about, std::string_view comment_of_header, std::string& out);
// Writes "mechanism ip4:192.0.2.0/24 in the record of example.com matched", or the problem, or what local policy did.
void local_explanation(const Case& about, std::string& out);

}  // namespace receiver
