#include "common/spf/record.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/spf/near_miss.h"
#include "common/spf/query.h"
#include "common/spf/terms.h"

namespace spf {

namespace {

constexpr std::string_view kVersion = "v=spf1";

struct MechanismName {
  std::string_view name;
  Mechanism mechanism;
};
constexpr std::array<MechanismName, 8> kMechanisms = {{{"all", Mechanism::all},
                                                       {"include", Mechanism::include},
                                                       {"a", Mechanism::a},
                                                       {"mx", Mechanism::mx},
                                                       {"ptr", Mechanism::ptr},
                                                       {"ip4", Mechanism::ip4},
                                                       {"ip6", Mechanism::ip6},
                                                       {"exists", Mechanism::exists}}};

// Returns whether the text is an SPF record: the version ends at a blank or at the end of the text (RFC 7208 §4.5). Upper and
// lower case are equal, as in every ABNF string (RFC 5234 §2.3).
bool is_spf_record(std::string_view text) {
  return base::starts_with_ignoring_case(text, kVersion) && (text.size() == kVersion.size() || text[kVersion.size()] == ' ');
}

// Parses ip4-cidr-length or ip6-cidr-length without its "/" (RFC 7208 §5.6). Leading zeros are not allowed.
std::optional<std::uint8_t> parse_prefix_length(std::string_view digits, unsigned maximum) {
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  const auto value = base::parse_number(digits, maximum);
  if (!value) return std::nullopt;
  return static_cast<std::uint8_t>(*value);
}

// Removes a "/" and the digits after it from the end of `text`, and returns the digits. Returns nothing when there is no "/" or
// something else follows it.
std::optional<std::string_view> take_slash_number(std::string_view& text) {
  const auto slash = text.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(slash + 1);
  for (const char c : digits) {
    if (!base::is_digit(c)) return std::nullopt;
  }
  text = text.substr(0, slash);
  return digits;
}

using Reason = std::string;  // why a term is not valid; empty: it is valid

Reason missing_value(std::string_view before) { return fmt::format("the value after '{}' is missing", before); }

// Takes dual-cidr-length from the end of the arguments of a and mx (RFC 7208 §5.6): "/24", "//64", "/24//64".
Reason take_dual_prefix(std::string_view& arguments, Directive& out) {
  auto digits = take_slash_number(arguments);
  if (!digits) return {};
  if (digits->empty()) return missing_value("/");
  if (arguments.ends_with('/')) {
    arguments.remove_suffix(1);
    const auto length = parse_prefix_length(*digits, 128);
    if (!length) return "bad IPv6 prefix length";
    out.prefix6 = *length;
    digits = take_slash_number(arguments);
    if (!digits) return {};
    if (digits->empty()) return missing_value("/");
  }
  const auto length = parse_prefix_length(*digits, 32);
  if (!length) return "bad IPv4 prefix length";
  out.prefix4 = *length;
  return {};
}

// Adds a domain-spec to the record and sets `number` for Record::domain_spec().
Reason add_domain_spec(std::string_view text, Record& record, std::uint32_t& number) {
  auto spec = MacroString::parse(text, MacroContext::domain_spec);
  if (!spec) return spec.error();
  record.domain_specs.push_back(std::move(*spec));
  number = static_cast<std::uint32_t>(record.domain_specs.size());
  return {};
}

// Takes ":" domain-spec, which include and exists require (RFC 7208 §5.2, §5.7).
Reason take_domain_spec(std::string_view arguments, bool required, Record& record, Directive& out) {
  if (arguments.empty()) return required ? "a domain is missing" : Reason{};
  if (arguments.front() != ':') return "unexpected text after the mechanism";
  if (arguments.size() == 1) return missing_value(fmt::format("{}:", mechanism_name(out.mechanism)));
  return add_domain_spec(arguments.substr(1), record, out.domain_spec);
}

// Takes the network of ip4 or ip6 (RFC 7208 §5.6).
Reason take_network(std::string_view arguments, bool want_v6, Directive& out) {
  if (arguments.empty() || arguments.front() != ':') return "an address is missing";
  arguments.remove_prefix(1);
  const auto slash = arguments.find('/');
  const std::string_view text = arguments.substr(0, slash);
  if (text.empty()) return missing_value(want_v6 ? "ip6:" : "ip4:");
  if (slash != std::string_view::npos && slash + 1 == arguments.size()) return missing_value("/");
  const auto address = base::IpAddress::parse_as_written(text);
  if (!address || address->is_v6() != want_v6) return fmt::format("'{}' is not an IPv{} address", text, want_v6 ? 6 : 4);
  out.network = *address;
  if (slash == std::string_view::npos) return {};
  const auto length = parse_prefix_length(arguments.substr(slash + 1), want_v6 ? 128 : 32);
  if (!length) return "bad prefix length";
  (want_v6 ? out.prefix6 : out.prefix4) = *length;
  return {};
}

Reason parse_arguments(std::string_view arguments, Record& record, Directive& out) {
  switch (out.mechanism) {
    case Mechanism::all: return arguments.empty() ? Reason{} : "'all' takes no argument";
    case Mechanism::include:
    case Mechanism::exists: return take_domain_spec(arguments, true, record, out);
    case Mechanism::ptr: return take_domain_spec(arguments, false, record, out);
    case Mechanism::a:
    case Mechanism::mx:
      if (auto reason = take_dual_prefix(arguments, out); !reason.empty()) return reason;
      return take_domain_spec(arguments, false, record, out);
    case Mechanism::ip4: return take_network(arguments, false, out);
    case Mechanism::ip6: return take_network(arguments, true, out);
  }
  return "unknown mechanism";
}

// Parses directive = [ qualifier ] mechanism (RFC 7208 §4.6.1). `from` is the position of `term` in the record.
Reason parse_directive(std::string_view term, std::size_t from, Record& record) {
  Directive out;
  std::string_view rest = term;
  switch (rest.front()) {
    case '+': out.qualifier = Result::pass; break;
    case '-': out.qualifier = Result::fail; break;
    case '~': out.qualifier = Result::softfail; break;
    case '?': out.qualifier = Result::neutral; break;
    default: break;
  }
  if (std::string_view("+-~?").find(rest.front()) != std::string_view::npos) rest.remove_prefix(1);
  const auto end = rest.find_first_of(":/");
  const std::string_view name = rest.substr(0, end);
  const auto mechanism = find_mechanism(name);
  if (!mechanism) return "unknown mechanism";
  out.mechanism = *mechanism;
  out.from = static_cast<std::uint32_t>(from);
  out.size = static_cast<std::uint32_t>(term.size());
  if (auto reason = parse_arguments(rest.substr(name.size()), record, out); !reason.empty()) return reason;
  record.directives.push_back(out);
  return {};
}

// Returns the position of the "=" after the name of a modifier (RFC 7208 §4.6.1), or npos when the term is not a modifier.
std::size_t modifier_equals(std::string_view term) {
  if (!base::is_alpha(term.front())) return std::string_view::npos;
  const auto end = term.find_first_of("=:/");
  if (end == std::string_view::npos || term[end] != '=') return std::string_view::npos;
  for (const char c : term.substr(0, end)) {
    if (!base::is_alphanumeric(c) && c != '-' && c != '_' && c != '.') return std::string_view::npos;
  }
  return end;
}

Reason parse_modifier(std::string_view term, std::size_t equals, Record& record) {
  const std::string_view name = term.substr(0, equals);
  const std::string_view value = term.substr(equals + 1);
  const bool is_redirect = base::equals_ignoring_case(name, "redirect");
  const bool is_explanation = base::equals_ignoring_case(name, "exp");
  if (!is_redirect && !is_explanation) {  // RFC 7208 §6: unknown modifiers are ignored, but must have valid syntax
    const auto parsed = MacroString::parse(value, MacroContext::modifier);
    return parsed ? Reason{} : parsed.error();
  }
  if (value.empty()) return missing_value(is_redirect ? "redirect=" : "exp=");
  std::uint32_t number = 0;
  if (auto reason = add_domain_spec(value, record, number); !reason.empty()) return reason;
  auto& modifier = is_redirect ? record.redirect : record.explanation;
  if (modifier != 0) return fmt::format("'{}' appears twice", base::lower(name));  // RFC 7208 §6
  modifier = number;
  return {};
}

constexpr std::size_t kMaxTermShown = 200;
constexpr std::size_t kMaxUnusedShown = 10;

}  // namespace

bool asks_dns(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::include:
    case Mechanism::a:
    case Mechanism::mx:
    case Mechanism::ptr:
    case Mechanism::exists: return true;
    case Mechanism::all:
    case Mechanism::ip4:
    case Mechanism::ip6: return false;
  }
  return false;
}

base::Result<Record, SyntaxError> parse_record(std::string_view text) {
  if (!is_spf_record(text)) return base::failure(SyntaxError{std::string(text.substr(0, kVersion.size())), "not an SPF record"});
  Record record;
  record.text = text;
  Record unreachable;  // for terms of which only the syntax is checked
  int dns_terms = 0;
  bool has_all = false;
  // terms = *( 1*SP ( directive / modifier ) ). Only SP separates terms, so a tab is part of a term and a syntax error.
  for (const std::string_view term : base::split(text.substr(kVersion.size()), ' ')) {
    if (term.empty()) continue;
    if (const auto equals = modifier_equals(term); equals != std::string_view::npos) {
      const Reason reason = parse_modifier(term, equals, record);
      if (!reason.empty()) return base::failure(SyntaxError{std::string(term), reason});
      continue;
    }
    Record& to = has_all || dns_terms > kMaxDnsTerms ? unreachable : record;
    const Reason reason = parse_directive(term, static_cast<std::size_t>(term.data() - text.data()), to);
    if (!reason.empty()) return base::failure(SyntaxError{std::string(term), reason});
    const Mechanism mechanism = to.directives.back().mechanism;
    if (mechanism == Mechanism::all) has_all = true;
    if (asks_dns(mechanism)) ++dns_terms;
    unreachable.directives.clear();
    unreachable.domain_specs.clear();
  }
  if (has_all) record.redirect = 0;  // RFC 7208 §5.1, §6.1
  record.directives.shrink_to_fit();
  record.domain_specs.shrink_to_fit();
  return record;
}

std::vector<Term> read_terms(std::string_view text, std::size_t most) {
  std::vector<Term> out;
  if (!is_spf_record(text)) return out;
  for (const std::string_view term : base::split(text.substr(kVersion.size()), ' ')) {
    if (out.size() == most) break;
    if (term.empty()) continue;
    Record alone;
    Term& read = out.emplace_back();
    read.text = term;
    if (const auto equals = modifier_equals(term); equals != std::string_view::npos) {
      read.problem = parse_modifier(term, equals, alone);
      const std::string_view name = term.substr(0, equals);
      read.kind = base::equals_ignoring_case(name, "redirect") ? Term::Kind::redirect
                  : base::equals_ignoring_case(name, "exp")    ? Term::Kind::explanation
                                                               : Term::Kind::modifier;
    } else {
      read.problem = parse_directive(term, static_cast<std::size_t>(term.data() - text.data()), alone);
      if (read.problem.empty()) read.directive = alone.directives.back();
    }
    if (read.problem.empty() && !alone.domain_specs.empty()) read.domain_spec = std::move(alone.domain_specs.back());
  }
  return out;
}

std::optional<Mechanism> find_mechanism(std::string_view name) {
  for (const MechanismName& known : kMechanisms) {
    if (base::equals_ignoring_case(name, known.name)) return known.mechanism;
  }
  return std::nullopt;
}

std::string_view mechanism_name(Mechanism mechanism) {
  const auto* const found = std::find_if(kMechanisms.begin(), kMechanisms.end(),
                                         [mechanism](const MechanismName& known) { return known.mechanism == mechanism; });
  return found == kMechanisms.end() ? std::string_view() : found->name;
}

std::vector<std::string> describe_unused(const Record& record) {
  std::vector<std::string> out;
  bool has_all = false;
  std::size_t after_all = 0;
  std::string_view redirect;
  for (const std::string_view term : base::split(std::string_view(record.text).substr(kVersion.size()), ' ')) {
    if (term.empty()) continue;
    const auto equals = modifier_equals(term);
    if (equals == std::string_view::npos) {
      if (has_all) ++after_all;
      const std::string_view name = base::is_alpha(term.front()) ? term : term.substr(1);
      if (base::equals_ignoring_case(name, "all")) has_all = true;
    } else if (base::equals_ignoring_case(term.substr(0, equals), "redirect")) {
      redirect = term;
    } else if (!base::equals_ignoring_case(term.substr(0, equals), "exp") && out.size() < kMaxUnusedShown) {
      out.push_back(fmt::format("{} is ignored: an unknown modifier", base::clip(term, kMaxTermShown)));
    }
  }
  if (has_all && !redirect.empty())
    out.push_back(fmt::format("{} is ignored: the record has an \"all\"", base::clip(redirect, kMaxTermShown)));
  if (after_all == 1) out.emplace_back("1 term after \"all\" is ignored");
  if (after_all > 1) out.push_back(fmt::format("{} terms after \"all\" are ignored", after_all));
  return out;
}

PublishedRecord select_record(const std::vector<std::string>& texts) {
  const std::string* found = nullptr;
  std::size_t count = 0;
  for (const std::string& text : texts) {
    if (!is_spf_record(text)) continue;
    found = &text;
    ++count;
  }
  if (count == 0) return NoRecord{near_miss(texts)};
  if (count > 1) return SeveralRecords{count};
  auto record = parse_record(*found);
  if (!record) return BrokenRecord{*found, record.error()};
  return std::move(*record);
}

}  // namespace spf
