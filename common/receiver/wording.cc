#include "common/receiver/wording.h"

#include <fmt/format.h>

#include "common/base/text.h"
#include "common/receiver/request.h"

namespace receiver {

namespace {

// In sentences. Mailboxes and domains that exist in practice are shorter, and hostile ones must not push the rest out.
constexpr std::size_t kMaxIdentity = 256;
constexpr std::size_t kMaxDomain = 100;
constexpr std::size_t kMaxProblem = 160;

// The domain asked about; the text of it where it is no domain name.
std::string domain_of(const Case& about) {
  const std::string_view domain = about.query.domain ? about.query.domain->text() : std::string_view(about.query.sender_domain);
  return base::clip_middle(domain, kMaxDomain);
}

std::string problem_of(const Case& about) {
  return about.verdict.problem.empty() ? "no details are known" : base::clip(about.verdict.problem, kMaxProblem);
}

}  // namespace

std::string plain(std::string_view text) {
  std::string out = base::printable(text);
  for (char& c : out) {
    if (c == '"') c = '\'';
    if (c == '\\') c = '/';
  }
  return out;
}

std::string plain_comment(std::string_view text) {
  std::string out = plain(text);
  for (char& c : out) {
    if (c == '(') c = '[';
    if (c == ')') c = ']';
  }
  return out;
}

std::string header_comment(const Case& about) {
  const std::string who = base::clip_middle(about.identity, kMaxIdentity);
  const std::string client = about.query.client.text();
  std::string out = about.host.empty() ? "" : base::clip_middle(about.host, kMaxIdentity) + ": ";
  switch (about.verdict.result) {
    case spf::Result::pass: out += fmt::format("domain of {} designates {} as permitted sender", who, client); break;
    case spf::Result::fail: out += fmt::format("domain of {} does not designate {} as permitted sender", who, client); break;
    case spf::Result::softfail:
      out += fmt::format("transitioning domain of {} does not designate {} as permitted sender", who, client);
      break;
    case spf::Result::neutral: out += fmt::format("{} is neither permitted nor denied by domain of {}", client, who); break;
    case spf::Result::none: out += fmt::format("domain of {} does not designate permitted sender hosts", who); break;
    case spf::Result::permerror:
      out += fmt::format("permanent error in processing during lookup of {}: {}", who, problem_of(about));
      break;
    case spf::Result::temperror:
      out += fmt::format("encountered temporary error during SPF processing of domain of {}: {}", who, problem_of(about));
      break;
  }
  return plain_comment(out);
}

std::string smtp_comment(const Case& about) {
  std::string out;
  const spf::Verdict& verdict = about.verdict;
  if (verdict.result == spf::Result::fail && !verdict.authority_explanation.empty()) {
    // RFC 7208 §6.2, §8.4: it should be clear that these are the words of a third party.
    out = about.query.sender_domain + " explains: " + verdict.authority_explanation;
  } else if (verdict.result == spf::Result::fail && !verdict.default_explanation.empty()) {
    out = verdict.default_explanation;
  } else if (verdict.result == spf::Result::temperror) {
    out = fmt::format("The SPF policy of {} could not be looked up now ({}). Please try again later.", domain_of(about),
                      problem_of(about));
  } else if (verdict.result == spf::Result::permerror) {
    out = fmt::format("The SPF record of {} cannot be used: {}", domain_of(about), problem_of(about));
  } else {
    return base::clip(header_comment(about), kMaxSmtpComment);
  }
  return plain(base::clip(out, kMaxSmtpComment));
}

std::string local_explanation(const Case& about) {
  const spf::Verdict& verdict = about.verdict;
  const std::string where = verdict.domain.empty() ? domain_of(about) : base::clip_middle(verdict.domain, kMaxDomain);
  std::string out = verdict.problem;
  switch (verdict.result) {
    case spf::Result::none:
      if (out.empty()) out = domain_of(about) + " has no SPF record";
      break;
    case spf::Result::temperror:
    case spf::Result::permerror:
      if (out.empty()) out = problem_of(about);
      break;
    default:
      if (verdict.mechanism.empty() || verdict.mechanism == "default") {
        out = fmt::format("no mechanism in the record of {} matched", where);
      } else {
        out = fmt::format("mechanism {} in the record of {} matched", base::clip(verdict.mechanism, kMaxIdentity), where);
      }
  }
  return base::printable(base::clip(out, kMaxDetail));
}

}  // namespace receiver
