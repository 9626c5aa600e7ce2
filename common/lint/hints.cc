#include "common/lint/hints.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <fmt/core.h>

#include "common/base/ip.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/idna.h"
#include "common/dns/name.h"
#include "common/spf/terms.h"

namespace lint {

namespace {

using spf::Mechanism;

// Characters that editors, word processors and web pages put into records.
struct Stray {
  std::string_view bytes;
  std::string_view name;
  std::string_view instead;
};
constexpr std::array kStrays = std::to_array<Stray>({
    {"\xc2\xa0", "a no-break space (U+00A0)", "a blank"},
    {"\xe2\x80\xaf", "a narrow no-break space (U+202F)", "a blank"},
    {"\xe2\x80\x8b", "a zero-width space (U+200B)", "nothing"},
    {"\xe2\x80\x8c", "a zero-width non-joiner (U+200C)", "nothing"},
    {"\xe2\x80\x8d", "a zero-width joiner (U+200D)", "nothing"},
    {"\xe2\x81\xa0", "a word joiner (U+2060)", "nothing"},
    {"\xef\xbb\xbf", "a byte order mark (U+FEFF)", "nothing"},
    {"\xe2\x80\x8e", "a left-to-right mark (U+200E)", "nothing"},
    {"\xe2\x80\x8f", "a right-to-left mark (U+200F)", "nothing"},
    {"\xe2\x80\xaa", "a mark for the direction of writing (U+202A)", "nothing"},
    {"\xe2\x80\xab", "a mark for the direction of writing (U+202B)", "nothing"},
    {"\xe2\x80\xac", "a mark for the direction of writing (U+202C)", "nothing"},
    {"\xe2\x80\xad", "a mark for the direction of writing (U+202D)", "nothing"},
    {"\xe2\x80\xae", "a mark for the direction of writing (U+202E)", "nothing"},
    {"\xe2\x80\x90", "a typographic hyphen (U+2010)", "-"},
    {"\xe2\x80\x91", "a no-break hyphen (U+2011)", "-"},
    {"\xe2\x80\x93", "an en dash (U+2013)", "-"},
    {"\xe2\x80\x94", "an em dash (U+2014)", "-"},
    {"\xe2\x88\x92", "a minus sign (U+2212)", "-"},
    {"\xcb\x9c", "a small tilde (U+02DC)", "~"},
    {"\xe2\x88\xbc", "a tilde operator (U+223C)", "~"},
    {"\xe2\x80\x9c", "a typographic quotation mark (U+201C)", "nothing"},
    {"\xe2\x80\x9d", "a typographic quotation mark (U+201D)", "nothing"},
    {"\xe2\x80\x9e", "a typographic quotation mark (U+201E)", "nothing"},
    {"\xe2\x80\x98", "a typographic quotation mark (U+2018)", "nothing"},
    {"\xe2\x80\x99", "a typographic quotation mark (U+2019)", "nothing"},
    {"\t", "a tab", "a blank"},
    {"\r", "a carriage return", "a blank"},
    {"\n", "a line feed", "a blank"},
});

constexpr std::string_view kSigns = "+-~?";
constexpr std::size_t kMaxShown = 100;

std::string shown(std::string_view text) { return fmt::format("'{}'", base::clip(text, kMaxShown)); }

bool is_sound(std::string_view term) {
  const auto terms = spf::read_terms(fmt::format("v=spf1 {}", term));
  return terms.size() == 1 && terms.front().problem.empty();
}

std::string write(std::string_view term) { return fmt::format("Write {}", base::clip(term, kMaxShown)); }

// An address, perhaps with a prefix length; "ip4" or "ip6" for it.
std::optional<std::string_view> network_name(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = base::IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash != std::string_view::npos && !base::parse_number(text.substr(slash + 1), 128)) return std::nullopt;
  return address->is_v4() ? "ip4" : "ip6";
}

bool is_domain(std::string_view text) { return is_sound(fmt::format("a:{}", text)); }

// Optimal string alignment: insertions, deletions, substitutions and swapped neighbours. Both are short.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) table[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) table[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = table[i - 1][j - 1] + (base::to_lower(a[i - 1]) == b[j - 1] ? 0 : 1);
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, change});
      const bool is_swapped = i > 1 && j > 1 && base::to_lower(a[i - 1]) == b[j - 2] && base::to_lower(a[i - 2]) == b[j - 1];
      if (is_swapped) table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

// A mechanism or modifier whose name is nearly `name`; empty: none.
std::string_view near_name(std::string_view name) {
  constexpr std::array kWords = std::to_array<std::string_view>({"include", "exists", "redirect", "all", "ptr", "mx"});
  if (name.size() < 2 || name.size() > 12) return {};
  for (const std::size_t allowed : {std::size_t{1}, std::size_t{2}}) {
    for (const std::string_view word : kWords) {
      if (word.size() >= allowed * 3 - 1 && distance(name, word) <= allowed) return word;
    }
  }
  return {};
}

// Explains bytes that are not printable US-ASCII.
std::optional<Fault> explain_bytes(std::string_view term) {
  std::size_t first = term.size();
  const Stray* found = nullptr;
  for (const Stray& stray : kStrays) {
    const auto at = term.find(stray.bytes);
    if (at == std::string_view::npos || at >= first) continue;
    first = at;
    found = &stray;
  }
  if (found != nullptr) {
    std::string fix = found->instead == "nothing" ? fmt::format("Remove {}", found->name)
                                                  : fmt::format("Write {} instead of {}", found->instead, found->name);
    const bool is_ascii = static_cast<unsigned char>(found->bytes.front()) < 0x80;
    return Fault{is_ascii ? "S01" : "P06", fmt::format("{} has {}", shown(term), found->name), std::move(fix)};
  }
  if (base::is_ascii(term)) return std::nullopt;
  const auto colon = term.find_first_of(":=");
  const std::string_view name = term.substr(kSigns.find(term.front()) == std::string_view::npos ? 0 : 1, colon);
  if (colon != std::string_view::npos && base::is_utf8(term) && base::is_ascii(name)) {
    const auto slash = term.find('/', colon);
    const std::string_view domain = term.substr(colon + 1, slash == std::string_view::npos ? slash : slash - colon - 1);
    if (const auto ascii = dns::to_a_labels(domain); ascii && dns::Name::parse(*ascii)) {
      const std::string_view rest = slash == std::string_view::npos ? std::string_view() : term.substr(slash);
      return Fault{"S10", shown(term), write(fmt::format("{}{}{}", term.substr(0, colon + 1), *ascii, rest))};
    }
  }
  return Fault{"P06", shown(term), {}};
}

// Text glued to the end of a term: where the second begins.
std::size_t glue_in(std::string_view rest) {
  for (std::size_t i = 1; i < rest.size(); ++i) {
    const std::string_view tail = rest.substr(i);
    const bool has_sign = kSigns.find(tail.front()) != std::string_view::npos;
    const std::string_view name = tail.substr(has_sign ? 1 : 0);
    if (has_sign && base::equals_ignoring_case(name, "all")) return i;
    for (const std::string_view begin : {"include:", "ip4:", "ip6:", "redirect=", "exists:", "v=spf1"}) {
      if (base::starts_with_ignoring_case(name, begin)) return i;
    }
    // "192.0.2.1a:mail.example.com" would be one too, but so is a part of many names.
    if (has_sign && (base::starts_with_ignoring_case(name, "a:") || base::starts_with_ignoring_case(name, "mx:"))) return i;
  }
  return std::string_view::npos;
}

Fault missing_value(std::string_view term, std::string_view next) {
  const std::string_view sign = kSigns.find(term.front()) == std::string_view::npos ? std::string_view() : term.substr(0, 1);
  const std::string_view name = term.substr(sign.size(), term.find(':') - sign.size());
  const std::string joined = fmt::format("{}{}:{}", sign, name, next);
  const bool is_blank = term.ends_with(':') && !next.empty() && is_sound(joined);
  if (is_blank) return {"S04", fmt::format("a blank after {}", shown(term)), write(joined)};
  return {"S04", fmt::format("{} has no value", shown(term)), {}};
}

Fault explain_network(std::string_view term, std::string_view name, std::string_view value, std::string_view problem) {
  const std::string_view other = base::equals_ignoring_case(name, "ip4") ? "ip6" : "ip4";
  if (is_sound(fmt::format("{}:{}", other, value)))
    return {"S02", fmt::format("{} is an IPv{} address", shown(value), other.back()), write(fmt::format("{}:{}", other, value))};
  if (value.starts_with(':') && network_name(value.substr(1)))
    return {"S02", fmt::format("two colons in {}", shown(term)), write(fmt::format("{}:{}", name, value.substr(1)))};
  if (const auto comma = value.find_first_of(",;"); comma != std::string_view::npos) {
    return {"S02", fmt::format("'{}' in {}", value[comma], shown(term)),
            "Write a term for each network, separated by blanks only"};
  }
  if (value.find('-') != std::string_view::npos && network_name(value.substr(0, value.find('-'))))
    return {"S02", fmt::format("{} is a range", shown(value)), "Write the range as networks, such as ip4:192.0.2.0/24"};
  if (is_domain(value))
    return {"S02", fmt::format("{} is a name, not an address", shown(value)), write(fmt::format("a:{}", value))};
  return {"S02", fmt::format("{}: {}", shown(term), problem), {}};
}

Fault explain_domain(std::string_view term, std::string_view name, std::string_view value, std::string_view problem) {
  const std::string_view whole = value.starts_with(':') ? value.substr(1) : value;
  if (const auto network = network_name(whole))
    return {"S04", fmt::format("{} is an address", shown(whole)), write(fmt::format("{}:{}", *network, whole))};
  const auto slash = value.find('/');
  const bool is_prefix = slash != std::string_view::npos && is_sound(fmt::format("{}{}", name, value.substr(0, slash)));
  const bool takes_prefix = base::equals_ignoring_case(name, "a") || base::equals_ignoring_case(name, "mx");
  if (is_prefix && takes_prefix) return {"S02", fmt::format("{}: {}", shown(term), problem), {}};
  if (is_prefix) return {"S02", fmt::format("{} takes no prefix length", shown(name)), write(term.substr(0, term.find('/')))};
  if (whole.find('%') != std::string_view::npos) return {"S05", fmt::format("{}: {}", shown(term), problem), {}};
  if (const auto mark = whole.find_first_of(",;"); mark != std::string_view::npos)
    return {"S04", fmt::format("'{}' in {}", whole[mark], shown(term)), "Write a term for each domain, separated by blanks only"};
  if (whole.starts_with("http://") || whole.starts_with("https://"))
    return {"S04", fmt::format("{} is a URL", shown(whole)), "Write the domain alone"};
  if (!whole.empty() && whole.find('.') == std::string_view::npos)
    return {"S04", fmt::format("{} has no dot", shown(whole)), "Write the full name of the host or domain"};
  return {"S04", fmt::format("{}: {}", shown(term), problem), {}};
}

Fault explain_unknown(std::string_view term, std::string_view sign, std::string_view rest, std::string_view next) {
  if (rest.empty()) {
    const std::string joined = fmt::format("{}{}", sign, next);
    if (!next.empty() && is_sound(joined)) return {"S01", fmt::format("a blank after {}", shown(term)), write(joined)};
    return {"S01", fmt::format("{} alone", shown(term)), "Remove the sign"};
  }
  if (const auto network = network_name(rest))
    return {"S01", fmt::format("{} is an address alone", shown(rest)), write(fmt::format("{}{}:{}", sign, *network, rest))};
  const auto end = rest.find_first_of(":/=");
  const std::string_view name = rest.substr(0, end);
  const std::string_view value = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  // An address after any name: "ipv4:", "ip:", "i4:", "ipv6:"; or without a colon: "ip4192.0.2.1".
  if (const auto network = network_name(value))
    return {"S01", fmt::format("{} is not a mechanism", shown(name)), write(fmt::format("{}{}:{}", sign, *network, value))};
  const bool has_ip = base::starts_with_ignoring_case(rest, "ip4") || base::starts_with_ignoring_case(rest, "ip6");
  if (const auto network = has_ip ? network_name(rest.substr(3)) : std::nullopt)
    return {"S01", fmt::format("a colon is missing in {}", shown(term)),
            write(fmt::format("{}{}:{}", sign, *network, rest.substr(3)))};
  if (base::starts_with_ignoring_case(name, "ip") && is_domain(value))
    return {"S01", fmt::format("{} is not a mechanism", shown(name)), write(fmt::format("{}a:{}", sign, value))};
  if (base::equals_ignoring_case(name, "redirect") || base::equals_ignoring_case(name, "exp"))
    return {"S01", fmt::format("{} is a modifier", shown(name)), write(fmt::format("{}={}", base::lower(name), value))};
  if (base::starts_with_ignoring_case(rest, "include.") && is_domain(rest.substr(8)))
    return {"S01", shown(term), write(fmt::format("{}include:{}", sign, rest.substr(8)))};
  const bool has_end_mark = rest.size() > 1 && std::string_view(",;.\"'").find(rest.back()) != std::string_view::npos;
  if (has_end_mark && is_sound(fmt::format("{}{}", sign, rest.substr(0, rest.size() - 1))))
    return {"S01", fmt::format("'{}' at the end of {}", rest.back(), shown(term)),
            write(fmt::format("{}{}", sign, rest.substr(0, rest.size() - 1)))};
  if (const auto word = near_name(name); !word.empty()) {
    const bool is_modifier = word == "redirect";
    const std::string better = fmt::format("{}{}{}{}", is_modifier ? std::string_view() : sign, word,
                                           end == std::string_view::npos ? ""
                                           : is_modifier                 ? "="
                                                                         : rest.substr(end, 1),
                                           value);
    if (is_sound(better)) return {"S01", fmt::format("{} is not a mechanism", shown(name)), write(better)};
  }
  const bool is_glued_all = !sign.empty() && base::starts_with_ignoring_case(rest, "all") && rest != "all";
  if (is_domain(rest) && end == std::string_view::npos && !is_glued_all)
    return {
        "S01", fmt::format("{} is a name alone", shown(rest)),
        fmt::format("Write a:{0} if it is a host that sends mail, include:{0} if it is a provider", base::clip(rest, kMaxShown))};
  if (base::starts_with_ignoring_case(rest, "all"))
    return {"S01", fmt::format("text is glued to all in {}", shown(term)),
            fmt::format("Put a blank after all, or remove {}", shown(rest.substr(3)))};
  return {"S01", fmt::format("{} is not a mechanism", shown(name.empty() ? term : name)), {}};
}

}  // namespace

std::string without_strays(std::string_view term) {
  std::string out;
  while (!term.empty()) {
    const auto* const stray = std::ranges::find_if(kStrays, [&](const Stray& one) { return term.starts_with(one.bytes); });
    if (stray == kStrays.end()) {
      out += term.front();
      term.remove_prefix(1);
      continue;
    }
    if (stray->instead != "nothing") out += stray->instead == "a blank" ? std::string_view(" ") : stray->instead;
    term.remove_prefix(stray->bytes.size());
  }
  return std::string(base::strip(out));
}

Fault explain_fault(std::string_view term, std::string_view problem, std::string_view next) {
  if (auto fault = explain_bytes(term)) return std::move(*fault);
  if (term.find("&nbsp;") != std::string_view::npos)
    return {"S01", fmt::format("{} has a blank of a web page", shown(term)), "Write a blank instead of &nbsp;"};
  const bool has_sign = kSigns.find(term.front()) != std::string_view::npos;
  const std::string_view sign = term.substr(0, has_sign ? 1 : 0);
  const std::string_view rest = term.substr(sign.size());
  if (const auto at = glue_in(rest); at != std::string_view::npos) {
    const std::string_view first = term.substr(0, sign.size() + at);
    const std::string_view second = rest.substr(at);
    if (first.ends_with(':') && base::starts_with_ignoring_case(second, rest.substr(0, at)) && is_sound(second))
      return {"S01", fmt::format("the mechanism is written twice in {}", shown(term)), write(fmt::format("{}{}", sign, second))};
    const bool is_value = first.ends_with('=');  // "redirect=v=spf1"
    if (!is_value && (is_sound(first) || is_sound(second)))
      return {"S01", fmt::format("{} are two terms without a blank between them", shown(term)),
              fmt::format("Write {} {}", base::clip(first, kMaxShown), base::clip(second, kMaxShown))};
  }
  const auto end = rest.find_first_of(":/=");
  const std::string_view name = rest.substr(0, end);
  const std::string_view value = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  const bool is_modifier = base::equals_ignoring_case(name, "redirect") || base::equals_ignoring_case(name, "exp");
  if (has_sign && is_modifier && value.starts_with('=')) return {"S08", shown(term), write(rest)};
  if (value.starts_with('=')) {
    if (is_modifier && value.size() == 1) {
      const std::string joined = fmt::format("{}{}", rest, next);
      if (!next.empty() && is_sound(joined)) return {"S04", fmt::format("a blank after {}", shown(term)), write(joined)};
      return {"S04", fmt::format("{} has no value", shown(term)), {}};
    }
    if (is_modifier) return explain_domain(term, "a", fmt::format(":{}", value.substr(1)), problem);
    if (!has_sign) return {"S05", fmt::format("{}: {}", shown(term), problem), {}};
  }
  const auto mechanism = spf::find_mechanism(name);
  if (!mechanism) return explain_unknown(term, sign, rest, next);
  if (*mechanism == Mechanism::all)
    return {"S01", fmt::format("{}: all takes no value", shown(term)), write(fmt::format("{}all", sign))};
  const bool needs_value = *mechanism != Mechanism::a && *mechanism != Mechanism::mx && *mechanism != Mechanism::ptr;
  if (value == ":" || (needs_value && value.empty())) return missing_value(term, next);
  if (*mechanism == Mechanism::ip4 || *mechanism == Mechanism::ip6) {
    if (!value.starts_with(':')) return {"S02", fmt::format("{}: {}", shown(term), problem), {}};
    return explain_network(term, name, value.substr(1), problem);
  }
  return explain_domain(term, name, value, problem);
}

bool are_sound_terms(std::string_view text) {
  const std::vector<spf::Term> terms = spf::read_terms(fmt::format("v=spf1 {}", text));
  return !terms.empty() && std::ranges::all_of(terms, [](const spf::Term& term) {
    return term.problem.empty() && term.kind != spf::Term::Kind::modifier;
  });
}

}  // namespace lint
