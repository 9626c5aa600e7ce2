#include "common/spf/explanation.h"

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace spf {

namespace {

// Sets `out` to the domain's text, or leaves it empty if anything is wrong (RFC 7208 §6.2: as if there were no exp). Returns
// false when an answer is missing.
bool fetch_authority(const MacroString& exp, const dns::Name& exp_domain, Expansion& expansion, Walk& walk, std::string& out) {
  const auto unused = [&](std::string_view why) {
    if (walk.trace().is_on()) walk.trace().note(fmt::format("exp={} is not used: {}", base::clip(exp.text(), 200), why));
    return true;
  };
  const Target target = expansion.target(exp, {.name = exp_domain});
  if (target.kind == Target::Kind::pending) return false;
  if (target.kind == Target::Kind::never_matches) return unused("the local part is not US-ASCII");  // RFC 8616 §4
  if (target.kind != Target::Kind::name) return unused("it does not name a valid domain");
  const KnownAnswer* known = walk.ask({target.name, dns::Type::txt}, target.personal);
  if (known == nullptr) return false;
  if (known->answer.status == dns::Status::failure) return unused(known->answer.problem);
  if (known->answer.texts.empty()) return unused(fmt::format("{} has no TXT record", target.name.text()));
  if (known->answer.texts.size() != 1)
    return unused(fmt::format("{} has {} TXT records", target.name.text(), known->answer.texts.size()));
  const auto macros = MacroString::parse(known->answer.texts.front(), MacroContext::explanation);
  if (!macros) return unused(fmt::format("the text at {}: {}", target.name.text(), macros.error()));
  const MacroValues* values = expansion.values(*macros, exp_domain);
  if (values == nullptr) return false;
  const bool is_expanded = macros->append_expansion(*values, kMaxExplanation, out);
  // The text must be US-ASCII, and a control character could end the SMTP reply line.
  if (is_expanded && !out.empty() && base::all_printable(out)) return true;
  out.clear();
  return unused(!is_expanded ? "its text is too long" : "its text is empty or not printable US-ASCII");
}

// Expands one of our own texts. Returns false when an answer is missing.
bool expand_own(const MacroString& macros, const dns::Name& checked, Expansion& expansion, std::string& out) {
  const MacroValues* values = expansion.values(macros, checked);
  if (values == nullptr) return false;
  if (!macros.append_expansion(*values, kMaxExplanation, out)) out.clear();
  if (!base::all_printable(out)) out = base::clip(out, kMaxExplanation);
  return true;
}

}  // namespace

bool explain(const MacroString* exp, const dns::Name& exp_domain, const dns::Name& checked, Expansion& expansion, Walk& walk,
             std::string& authority, std::string& fallback) {
  if (exp != nullptr && !fetch_authority(*exp, exp_domain, expansion, walk, authority)) return false;
  return !authority.empty() || expand_own(walk.settings().default_explanation, checked, expansion, fallback);
}

bool expand_why_url(const dns::Name& checked, Expansion& expansion, Walk& walk, std::string& out) {
  const MacroString& url = walk.settings().why_url;
  return url.empty() || expand_own(url, checked, expansion, out);
}

}  // namespace spf
