// Macro strings and their expansion. Input: lines: the macro string; the values of s, l, o, d, i, p, h, r; the limit of the text.
#include <array>
#include <optional>
#include <string>

#include "common/spf/macro.h"
#include "t/fuzz/target.h"

namespace {

constexpr std::array kContexts = {spf::MacroContext::domain_spec, spf::MacroContext::modifier, spf::MacroContext::explanation};

spf::MacroValues read_values(fuzz::Cutter& input) {
  spf::MacroValues values;
  for (std::string_view* value : {&values.sender, &values.local_part, &values.sender_domain, &values.domain,
                                  &values.dotted_client, &values.validated, &values.helo, &values.receiver}) {
    *value = input.line();
  }
  values.family = values.dotted_client.size() > 15 ? "ip6" : "in-addr";
  values.client = "2001:db8::1";
  values.time = "1577836860";
  return values;
}

// RFC 7208 §7.3: a name that is too long loses labels from the left, so the result is a suffix of the whole.
void check_name(const spf::MacroString& macros, const spf::MacroValues& values) {
  const auto name = macros.expand_name(values);
  if (name) {
    fuzz::check(name->text().size() <= dns::Name::kMaxText, "a target name has at most 253 characters");
    fuzz::check(dns::Name::parse(name->text()) == name, "a target name is well-formed");
  }
  const auto whole = macros.expand(values, spf::kMaxExpansionWork);
  if (!whole || whole->empty() || whole->size() == spf::kMaxExpansionWork) return;  // too long to compare
  std::string expected = base::lower(*whole);
  if (expected.ends_with('.')) expected.pop_back();
  if (name) fuzz::check(expected.ends_with(name->text()), "a target name is a suffix of the expanded text");
  if (expected.empty() || expected.ends_with('.')) return;
  // RFC 1035 §2.3.4. Applies even if the label is one of those that would be removed.
  for (const std::string_view label : base::split(expected, '.')) {
    if (!label.empty() && label.size() <= 63 && fuzz::is_printable(label)) continue;
    fuzz::check(!name, "a target name with a bad label is malformed");
    return;
  }
  if (expected.size() > dns::Name::kMaxText) {
    const auto dot = expected.find('.', expected.size() - dns::Name::kMaxText - 1);
    if (dot == std::string::npos) return;
    expected.erase(0, dot + 1);
  }
  fuzz::check(name == dns::Name::parse(expected), "a target name is the longest suffix that fits");
}

void run(std::string_view text, spf::MacroContext context, const spf::MacroValues& values, std::size_t limit) {
  const auto macros = spf::MacroString::parse(text, context);
  if (!macros) {
    fuzz::check(!macros.error().empty(), "a syntax error has a reason");
    return;
  }
  fuzz::check(macros->text() == text, "a macro string is stored as published");
  fuzz::check(fuzz::is_printable(text), "a macro string is printable");
  const auto whole = macros->expand(values, spf::kMaxExpansionWork);
  const auto cut = macros->expand(values, limit);
  if (cut) fuzz::check(cut->size() <= limit, "an expansion observes its limit");
  if (whole && cut) fuzz::check(whole->substr(0, limit) == *cut, "a cut expansion is a prefix of the whole");
  if (!macros->has_macros() && text.find('%') == std::string_view::npos && whole) {
    fuzz::check(*whole == text, "text without macros is unchanged");
  }
  check_name(*macros, values);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Cutter input(data, size);
  const std::string text(input.line());
  const spf::MacroValues values = read_values(input);
  const std::size_t limit = input.take(16).size() * std::size_t{64};
  for (const spf::MacroContext context : kContexts) run(text, context, values, limit);
  return 0;
}
