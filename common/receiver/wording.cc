#include "common/receiver/wording.h"

#include <algorithm>
#include <cstddef>

#include "common/base/loopback.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/receiver/default_explanation.h"
#include "common/receiver/link.h"
#include "common/receiver/request.h"

namespace receiver {

namespace {

// Maximum sizes of values in sentences, in bytes. Mailboxes and domains in practical use are shorter, and hostile ones must not
// displace the rest of the sentence.
constexpr std::size_t kMaxIdentity = 256;
constexpr std::size_t kMaxDomain = 100;
constexpr std::size_t kMaxProblem = 160;
constexpr std::size_t kMaxId = 64;  // bytes of an id
constexpr std::size_t kMaxNote = 200;

// Returns the replacement of a printable byte in texts without '"' and '\', and in comments also without parentheses.
char plain_char(char c, bool is_comment) {
  switch (c) {
    case '"': return '\'';
    case '\\': return '/';
    case '(': return is_comment ? '[' : c;
    case ')': return is_comment ? ']' : c;
    default: return c;
  }
}

void make_plain(std::string& text, bool is_comment) {
  if (is_comment ? base::all_printable<'"', '\\', '(', ')'>(text) : base::all_printable<'"', '\\'>(text)) return;
  if (!base::all_printable(text)) text = base::printable(text);
  for (char& c : text) c = plain_char(c, is_comment);
}

// Appends the domain checked, or its text if it is not a valid domain name.
void append_domain(std::string& out, const Case& about) {
  const std::string_view domain = about.query.domain ? about.query.domain->text() : std::string_view(about.query.sender_domain);
  base::append_clipped_middle(out, domain, kMaxDomain);
}

// Replaces ";" in a text that others chose: it separates the results of Authentication-Results (RFC 8601 §2.2), and simple
// readers of that header do not skip comments.
void replace_separators(std::string& out, std::size_t from) {
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), ';', ',');
}

void append_problem(std::string& out, const Case& about) {
  const std::size_t from = out.size();
  if (about.verdict.problem.empty()) {
    out += "no details are available";
  } else {
    base::append_clipped(out, about.verdict.problem, kMaxProblem);
  }
  replace_separators(out, from);
}

void append_identity(std::string& out, std::string_view before, const Case& about) {
  const std::size_t from = out.size();
  out += before;
  base::append_clipped_middle(out, about.identity, kMaxIdentity);
  replace_separators(out, from);
}

void shorten(std::string& text, std::size_t limit) {
  if (text.size() > limit || !base::all_printable(text)) text = base::clip(text, limit);
}

// Appends the link to our own text, completely or not at all: a part of it would be useless.
void append_link(const Case& about, std::string& out) {
  if (about.verdict.why_url.empty()) return;
  const std::string link = receiver::link(about, about.verdict.why_url);
  if (link.size() >= kMaxSmtpComment / 2) return;
  constexpr std::string_view kBefore = " Please see ";
  shorten(out, kMaxSmtpComment - kBefore.size() - link.size());
  base::append(out, kBefore, link);
}

// Appends the text of a domain. It must not imitate the words that name us as the author of the link: "our explanation" in it,
// with any blanks, becomes "its explanation".
void append_their_text(const Case& about, std::string& out) {
  std::string_view text = about.verdict.authority_explanation;
  constexpr std::string_view kOur = "our";
  constexpr std::string_view kWord = "explanation";
  for (std::size_t at = 0; !about.verdict.why_url.empty() && at + kOur.size() < text.size(); ++at) {
    if (!base::starts_with_ignoring_case(text.substr(at), kOur) || (at > 0 && base::is_alpha(text[at - 1]))) continue;
    const std::string_view rest = text.substr(at + kOur.size());
    const std::size_t word = rest.find_first_not_of(" \t");
    if (word == 0 || word == std::string_view::npos || !base::starts_with_ignoring_case(rest.substr(word), kWord)) continue;
    base::append(out, text.substr(0, at), "its");
    text = rest;
    at = 0;
  }
  out += text;
}

// Appends the link to the text of a domain, which is not shortened for it. The words before it name its author.
void append_link_to_theirs(const Case& about, std::string& out) {
  if (about.verdict.why_url.empty()) return;
  const std::string link = receiver::link(about, about.verdict.why_url);
  constexpr std::string_view kBefore = " -- Our explanation: ";
  if (out.size() + kBefore.size() + link.size() <= kMaxSmtpComment) base::append(out, kBefore, link);
}

// Returns whether the address can be that of a host in the receiver's own network only.
bool is_private(const base::IpAddress& address) {
  const auto bytes = address.bytes();
  if (address.is_v6())
    return (bytes[0] & 0xfeU) == 0xfc || (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80) || base::is_loopback(address);
  return bytes[0] == 10 || bytes[0] == 127 || (bytes[0] == 172 && (bytes[1] & 0xf0U) == 16) ||
         (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 169 && bytes[1] == 254);
}

// Appends the explanation of a fail where it would be wrong to ask the domain's owner to add the client. Returns false in all
// other cases, and if the site has an explanation of its own.
bool append_special_explanation(const Case& about, std::string& out) {
  if (!about.note.empty() || about.explanation == nullptr || about.explanation->text() != kDefaultExplanation) return false;
  const bool is_helo = about.query.identity == spf::Identity::helo;
  const bool sends_no_mail = !about.verdict.at_last_word && base::equals_ignoring_case(about.verdict.mechanism, "-all");
  // RFC 7505 §4.2; a host, which a HELO name is, may send mail and accept none.
  const bool has_no_senders = about.verdict.names_only_null_mx && !is_helo;
  const bool is_local = is_private(about.query.client);
  if (!sends_no_mail && !has_no_senders && !is_local) return false;
  base::append(out, about.query.sender_domain, " does not allow ", about.client, " to send its mail (SPF). ");
  if (sends_no_mail) {
    base::append(out, about.query.sender_domain, " sends no mail at all. Use ",
                 is_helo ? "another HELO name." : "a sender address of another domain.");
  } else if (is_local) {
    base::append(out, about.client, " is a private address. Ask the operator of this mail server to exempt it from SPF.");
  } else {
    base::append(out, about.query.sender_domain, " accepts no mail (null MX). Use a sender address of another domain.");
  }
  return true;
}

}  // namespace

std::string plain(std::string_view text) {
  std::string out(text);
  make_plain(out, false);
  return out;
}

std::string plain_comment(std::string_view text) {
  std::string out(text);
  make_plain(out, true);
  return out;
}

void append_id(std::string_view id, std::string& out) {
  if (id.empty()) return;
  out += ", id ";
  for (const char c : id.substr(0, kMaxId)) {
    const bool is_plain =
        base::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
    out += is_plain ? c : '?';
  }
}

void header_comment(const Case& about, std::string& out) {
  out.clear();
  if (!about.host.empty()) {
    base::append_clipped_middle(out, about.host, kMaxIdentity);
    out += ": ";
  }
  switch (about.verdict.result) {
    case spf::Result::pass:
      append_identity(out, "domain of ", about);
      base::append(out, " designates ", about.client, " as permitted sender");
      break;
    case spf::Result::fail:
      append_identity(out, "domain of ", about);
      base::append(out, " does not designate ", about.client, " as permitted sender");
      break;
    case spf::Result::softfail:
      append_identity(out, "transitioning domain of ", about);
      base::append(out, " does not designate ", about.client, " as permitted sender");
      break;
    case spf::Result::neutral:
      out += about.client;
      append_identity(out, " is neither permitted nor denied by domain of ", about);
      break;
    case spf::Result::none:
      append_identity(out, "domain of ", about);
      out += " does not designate permitted sender hosts";
      break;
    case spf::Result::permerror:
      append_identity(out, "permanent error in processing during lookup of ", about);
      out += ": ";
      append_problem(out, about);
      break;
    case spf::Result::temperror:
      append_identity(out, "encountered temporary error during SPF processing of domain of ", about);
      out += ": ";
      append_problem(out, about);
      break;
  }
  if (!about.note.empty()) {
    out += "; local policy: ";
    const std::size_t from = out.size();
    base::append_clipped(out, about.note, kMaxNote);  // may contain a sender
    replace_separators(out, from);
  }
  append_id(about.id, out);
  make_plain(out, true);
}

void smtp_comment(const Case& about, std::string_view comment_of_header, std::string& out) {
  out.clear();
  const spf::Verdict& verdict = about.verdict;
  if (verdict.result == spf::Result::fail && !verdict.authority_explanation.empty()) {
    // RFC 7208 §6.2, §8.4: the text must be recognizable as that of a third party.
    base::append(out, about.query.sender_domain, " explains: ");
    append_their_text(about, out);
    append_link_to_theirs(about, out);
  } else if (verdict.result == spf::Result::fail && !verdict.default_explanation.empty()) {
    if (!append_special_explanation(about, out)) out += verdict.default_explanation;
    append_link(about, out);
  } else if (verdict.result == spf::Result::temperror) {
    out += "The SPF record of ";
    append_domain(out, about);
    out += " could not be looked up now (";
    append_problem(out, about);
    out += "). Please try again later.";
  } else if (verdict.result == spf::Result::permerror) {
    out += "The SPF record of ";
    append_domain(out, about);
    out += " cannot be used: ";
    append_problem(out, about);
    if (!verdict.why_url.empty()) out += '.';
    append_link(about, out);
  } else {
    return base::append_clipped(out, comment_of_header, kMaxSmtpComment);
  }
  shorten(out, kMaxSmtpComment);
  make_plain(out, false);
}

void local_explanation(const Case& about, std::string& out) {
  out.clear();
  if (!about.note.empty()) {
    base::append_clipped(out, about.note, kMaxDetail);
    return;
  }
  const spf::Verdict& verdict = about.verdict;
  switch (verdict.result) {
    case spf::Result::none:
      base::append_clipped(out, verdict.problem, kMaxDetail);
      if (out.empty()) {
        append_domain(out, about);
        out += " has no SPF record";
      }
      break;
    case spf::Result::temperror:
    case spf::Result::permerror:
      base::append_clipped(out, verdict.problem, kMaxDetail);
      if (out.empty()) append_problem(out, about);
      break;
    default: {
      const bool is_default = verdict.mechanism.empty() || verdict.mechanism == spf::kDefaultMechanism;
      out += is_default ? "no mechanism" : "mechanism ";
      if (!is_default) base::append_clipped(out, verdict.mechanism, kMaxIdentity);
      out += " in the record of ";
      if (verdict.domain.empty()) {
        append_domain(out, about);
      } else {
        base::append_clipped_middle(out, verdict.domain, kMaxDomain);
      }
      out += " matched";
    }
  }
  shorten(out, kMaxDetail);
}

}  // namespace receiver
