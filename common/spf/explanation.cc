#include "common/spf/explanation.h"

#include <algorithm>
#include <utility>

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
  auto text = macros->expand(*values, kMaxExplanation);
  // US-ASCII only; and a control character could end the SMTP reply line.
  if (text && std::all_of(text->begin(), text->end(), base::is_printable)) out = std::move(*text);
  return true;
}

}  // namespace

Explanation explain(const MacroString* exp, const dns::Name& exp_domain, const dns::Name& checked, Expansion& expansion,
                    Walk& walk) {
  Explanation out;
  if (exp != nullptr && !fetch_authority(*exp, exp_domain, expansion, walk, out.authority)) {
    out.pending = true;
    return out;
  }
  if (!out.authority.empty()) return out;
  const MacroString& fallback = walk.settings().default_explanation;
  const MacroValues* values = expansion.values(fallback, checked);
  if (values == nullptr) {
    out.pending = true;
    return out;
  }
  out.fallback = base::printable(fallback.expand(*values, kMaxExplanation).value_or(""));
  return out;
}

}  // namespace spf
