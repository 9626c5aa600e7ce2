#include "common/spf/explanation.h"

#include "common/base/text.h"

namespace spf {

namespace {

// The text of the domain; empty when anything is wrong with it (RFC 7208 §6.2: as if there were no exp). False: an answer is
// missing.
bool fetch_authority(const MacroString& exp, const dns::Name& exp_domain, Expansion& expansion, Walk& walk, std::string& out) {
  const Target target = expansion.target(exp, {.name = exp_domain});
  if (target.kind == Target::Kind::pending) return false;
  if (target.kind != Target::Kind::name) return true;
  const KnownAnswer* known = walk.ask({target.name, dns::Type::txt}, target.personal);
  if (known == nullptr) return false;
  if (known->answer.texts.size() != 1) return true;
  const auto macros = MacroString::parse(known->answer.texts.front(), MacroContext::explanation);
  if (!macros) return true;
  const MacroValues* values = expansion.values(*macros, exp_domain);
  if (values == nullptr) return false;
  // US-ASCII only; and a control character could end the SMTP reply line.
  if (!macros->append_expansion(*values, kMaxExplanation, out) || !base::all_printable(out)) out.clear();
  return true;
}

// A text of ours. False: an answer is missing.
bool expand_own(const MacroString& macros, const dns::Name& checked, Expansion& expansion, std::string& out) {
  const MacroValues* values = expansion.values(macros, checked);
  if (values == nullptr) return false;
  if (!macros.append_expansion(*values, kMaxExplanation, out)) out.clear();
  base::make_printable(out);
  return true;
}

}  // namespace

bool explain(const MacroString* exp, const dns::Name& exp_domain, const dns::Name& checked, Expansion& expansion, Walk& walk,
             std::string& authority, std::string& fallback, std::string& why_url) {
  authority.clear();
  fallback.clear();
  why_url.clear();
  if (exp != nullptr && !fetch_authority(*exp, exp_domain, expansion, walk, authority)) return false;
  if (!authority.empty()) return true;
  const Settings& settings = walk.settings();
  return expand_own(settings.default_explanation, checked, expansion, fallback) &&
         (settings.why_url.empty() || expand_own(settings.why_url, checked, expansion, why_url));
}

}  // namespace spf
