#include "common/lint/term_text.h"

#include <utility>

#include <fmt/core.h>

#include "common/base/ip.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/spf/terms.h"

namespace lint {

std::string shown(std::string_view text) { return fmt::format("'{}'", base::clip(text, kMaxShown)); }

std::string write_this(std::string_view text) { return fmt::format("Write {}", base::clip(closed(text), kMaxShown)); }

bool is_sound(std::string_view term) {
  const auto terms = spf::read_terms(fmt::format("v=spf1 {}", term));
  return terms.size() == 1 && terms.front().problem.empty();
}

bool is_divided(std::string_view joined, std::string_view next) { return !next.empty() && !is_sound(next) && is_sound(joined); }

bool is_domain(std::string_view text) { return is_sound(fmt::format("a:{}", text)); }

std::string_view sign_of(std::string_view term) {
  return term.substr(0, !term.empty() && std::string_view("+-~?").find(term.front()) != std::string_view::npos ? 1 : 0);
}

std::string_view after_macros(std::string_view text) { return text.substr(text.rfind('}') + 1); }

bool is_all(std::string_view term) { return base::equals_ignoring_case(term.substr(sign_of(term).size()), "all"); }

bool lets_all_pass(std::string_view term) {
  return base::equals_ignoring_case(term, "all") || base::equals_ignoring_case(term, "+all");
}

std::string closed(std::string_view terms) {
  std::string out;
  std::string_view separator;
  for (const std::string_view term : base::split(terms, ' ')) {
    base::append(out, std::exchange(separator, " "), lets_all_pass(term) ? "~all" : term);
  }
  return out;
}

bool is_modifier_of_name(std::string_view term, std::string_view name) {
  const std::string_view rest = term.substr(sign_of(term).size());
  return base::starts_with_ignoring_case(rest, name) && rest.substr(name.size()).starts_with('=');
}

std::optional<std::string_view> network_name(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = base::IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash != std::string_view::npos && !base::parse_number(text.substr(slash + 1), 128)) return std::nullopt;
  return address->is_v4() ? "ip4" : "ip6";
}

}  // namespace lint
