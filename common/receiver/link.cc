#include "common/receiver/link.h"

#include "common/base/text.h"
#include "common/token/token.h"

namespace receiver {

namespace {

token::Cause cause_of(const Case& about) {
  const spf::Verdict& verdict = about.verdict;
  if (!about.note.empty()) return token::Cause::site_rule;
  if (verdict.result == spf::Result::none || verdict.result == spf::Result::permerror || verdict.result == spf::Result::temperror)
    return token::Cause::none;
  if (verdict.at_last_word) return token::Cause::last_word;
  if (base::equals_ignoring_case(verdict.mechanism, "-all")) return token::Cause::sends_no_mail;
  return token::Cause::term;
}

std::string token_for(const Case& about) {
  token::Facts facts;
  facts.minute = about.query.time / 60;
  facts.identity = about.query.identity;
  facts.client = about.query.client;
  if (about.query.domain) facts.domain = about.query.domain->text();
  facts.helo = about.query.helo;
  facts.result = about.verdict.result;
  facts.cause = cause_of(about);
  return about.keys->write(facts, about.query.local_part);
}

}  // namespace

std::string link(const Case& about, std::string_view url) {
  std::string out(url);
  if (about.keys == nullptr) return out;
  // Such a URL has no macros (spfd's why-url), so this is not a client's text.
  if (const std::size_t at = out.find(token::kPlaceholder); at != std::string::npos) {
    out.replace(at, token::kPlaceholder.size(), token_for(about));
  }
  return out;
}

}  // namespace receiver
