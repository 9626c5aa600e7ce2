#include "common/lint/glue.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/lint/term_text.h"
#include "common/spf/terms.h"

namespace lint {

namespace {

using Parts = std::vector<std::string_view>;

// The mechanisms that need no value.
constexpr std::array kShort = std::to_array<std::string_view>({"all", "mx", "ptr", "a"});

bool is_version(std::string_view term) { return base::starts_with_ignoring_case(term.substr(sign_of(term).size()), "v=spf1"); }

// Returns whether a term can begin with this text within another one, to which it is glued.
bool begins_term(std::string_view text) {
  const std::string_view sign = sign_of(text);
  const std::string_view name = text.substr(sign.size());
  for (const std::string_view begin : {"include:", "ip4:", "ip6:", "redirect=", "exists:", "v=spf1"}) {
    if (base::starts_with_ignoring_case(name, begin)) return true;
  }
  // Without a sign, such a word may be a part of a name.
  if (sign.empty()) return false;
  return std::ranges::any_of(kShort, [&](std::string_view word) {
    if (!base::starts_with_ignoring_case(name, word)) return false;
    const std::string_view after = name.substr(word.size());
    return after.empty() || after.front() == ':' || after.front() == '/' || !sign_of(after).empty();
  });
}

// Returns the places in the term, in ascending order, at which others that are glued to it begin by their form.
std::vector<std::size_t> glued_places(std::string_view term) {
  constexpr std::size_t kMost = 32;
  std::vector<std::size_t> places;
  for (std::size_t i = sign_of(term).size() + 1; i < term.size() && places.size() < kMost; ++i) {
    if (!begins_term(term.substr(i))) continue;
    places.push_back(i);
    if (!sign_of(term.substr(i)).empty()) ++i;  // its name begins no term of its own
  }
  return places;
}

// Appends the short terms of which the text consists, such as "a" and "mx" of "amx"; false: it is something else.
bool add_short_terms(std::string_view text, Parts& parts) {
  if (text.empty()) return true;
  const std::string_view sign = sign_of(text);
  const std::string_view rest = text.substr(sign.size());
  const auto is_name_of = [](std::string_view term, std::string_view word) {
    return base::equals_ignoring_case(term.substr(sign_of(term).size()), word);
  };
  for (const std::string_view word : kShort) {
    const bool is_used = std::ranges::any_of(parts, [&](std::string_view part) { return is_name_of(part, word); });
    const bool is_odd = word == "all" && (lets_all_pass(text) || rest.size() > word.size());
    if (is_used || is_odd || !base::starts_with_ignoring_case(rest, word)) continue;
    parts.push_back(text.substr(0, sign.size() + word.size()));
    if (add_short_terms(rest.substr(word.size()), parts)) return true;
    parts.pop_back();
  }
  return false;
}

// Returns where the network of an ip4 or ip6 term must end; npos: it is none, or has no such end.
std::size_t end_of_network(std::string_view term) {
  constexpr std::size_t kName = 4;  // "ip4:"
  constexpr std::string_view kDigits = "0123456789";
  const std::size_t begin = sign_of(term).size();
  const std::string_view name = term.substr(begin, kName);
  if (base::equals_ignoring_case(name, "ip4:")) return term.find_first_not_of("0123456789./", begin + kName);
  // The letters a to f are digits of an IPv6 address.
  const std::size_t slash = base::equals_ignoring_case(name, "ip6:") ? term.find('/') : std::string_view::npos;
  return slash == std::string_view::npos ? slash : term.find_first_not_of(kDigits, slash + 1);
}

// Returns the first colon within the value of a term, before which a name such as "mx" may be; npos: there is none.
std::size_t colon_within(std::string_view term) {
  const std::size_t first = term.find_first_of(":=");
  if (first == std::string_view::npos || term.find('%') != std::string_view::npos) return std::string_view::npos;
  const std::string_view name = term.substr(sign_of(term).size(), first - sign_of(term).size());
  return base::equals_ignoring_case(name, "ip6") ? std::string_view::npos : term.find(':', first + 1);
}

// Returns where a term that ends with a macro ends, if another one follows it as in "exists:%{i}mx"; 0: nothing shows that.
std::size_t end_of_macro(std::string_view text) {
  const std::string_view rest = after_macros(text);
  const std::size_t end = text.size() - rest.size();
  if (end == 0 || rest.empty()) return 0;
  if (is_sound(text) && rest.find(':') == std::string_view::npos) return 0;  // no name of a host has a colon
  return is_sound(text.substr(0, end)) && is_sound(rest) && !lets_all_pass(rest) ? end : 0;
}

// Returns where the first term of the text ends and another begins; 0: nothing shows that.
std::size_t end_of_first(std::string_view text) {
  if (const std::size_t end = end_of_macro(text); end != 0) return end;
  const std::size_t end = end_of_network(text);
  if (end != std::string_view::npos && is_sound(text.substr(0, end))) return end;
  const std::size_t colon = colon_within(text);
  if (colon == std::string_view::npos) return 0;
  for (const std::string_view word : {"mx", "ptr", "a"}) {
    if (colon <= word.size()) continue;
    const std::size_t begin = colon - word.size();
    if (base::equals_ignoring_case(text.substr(begin, word.size()), word) && is_sound(text.substr(0, begin))) return begin;
  }
  return 0;
}

// Divides a text in which no place shows by its form that a term begins there; returns the text itself if not all parts of it
// would be terms.
Parts divided(std::string_view text) {
  constexpr std::size_t kMostBytes = 300;
  Parts parts;
  for (std::string_view rest = text; text.size() <= kMostBytes;) {
    if (!is_sound(rest) && add_short_terms(rest, parts)) return parts;
    const std::size_t end = end_of_first(rest);
    parts.push_back(rest.substr(0, end == 0 ? rest.size() : end));
    if (end == 0) break;
    rest.remove_prefix(end);
  }
  return !parts.empty() && std::ranges::all_of(parts, is_sound) ? parts : Parts{text};
}

Parts parts_of(std::string_view term, const std::vector<std::size_t>& places) {
  Parts parts;
  for (std::size_t i = 0; i <= places.size(); ++i) {
    const std::size_t from = i == 0 ? 0 : places[i - 1];
    std::string_view part = term.substr(from, i == places.size() ? std::string_view::npos : places[i] - from);
    while (!part.empty() && std::string_view(",;|").find(part.back()) != std::string_view::npos) part.remove_suffix(1);
    for (const std::string_view one : divided(part)) parts.push_back(one);
  }
  return parts;
}

// Returns advice for parts some of which have faults of their own.
std::string separate(const Parts& parts) {
  std::string out;
  for (std::size_t i = 1; i < parts.size(); ++i) base::append(out, i == 1 ? "Put a blank before " : ", ", shown(parts[i]));
  const auto faulty = std::ranges::find_if_not(parts, is_sound);
  if (faulty != parts.end()) base::append(out, ", and correct ", shown(*faulty));
  const auto open = std::ranges::find_if(parts, lets_all_pass);
  if (open != parts.end()) base::append(out, ", with ~all in place of ", shown(*open), ", which lets every client pass");
  return out;
}

}  // namespace

std::optional<Fault> explain_glue(std::string_view term, std::string_view next) {
  const std::vector<std::size_t> places = glued_places(term);
  if (!places.empty()) {
    const std::string_view first = term.substr(0, places.front());
    const std::string_view second = term.substr(places.front());
    const std::string_view sign = sign_of(term);
    if (first.ends_with(':') && base::starts_with_ignoring_case(second, first.substr(sign.size())) && is_sound(second))
      return Fault{"S01", fmt::format("the mechanism is written twice in {}", shown(term)),
                   write_this(fmt::format("{}{}", sign, second))};
    if (first.ends_with('=')) return std::nullopt;  // "redirect=v=spf1"
  }
  Parts parts = parts_of(term, places);
  if (parts.size() < 2 || std::ranges::none_of(parts, is_sound)) return std::nullopt;
  constexpr std::size_t kTypingError = 2;  // bytes before the name of a mechanism: "xinclude:example.com"
  if (parts.front().size() <= kTypingError && !is_sound(parts.front())) return std::nullopt;
  Fault fault = {
      "S01", fmt::format("{} are {} terms without a blank between them", shown(term), parts.size() == 2 ? "two" : "several"), {}};
  if (is_version(parts[1])) {
    fault.fix = fmt::format("Write {}; if two records were joined here, make one of them, with one v=spf1 and one all",
                            base::clip(parts.front(), kMaxShown));
    return fault;
  }
  // Another term was put into the middle of the first one.
  std::string joined = fmt::format("{}{}", parts.front(), next);
  if (!is_sound(parts.front()) && is_divided(joined, next)) {
    parts.front() = joined;
    fault.takes_next = true;
  }
  if (!std::ranges::all_of(parts, is_sound)) {
    fault.fix = separate(parts);
    return fault;
  }
  std::ranges::stable_sort(parts, {}, is_all);  // terms after all are ignored
  const bool was_open = std::erase_if(parts, lets_all_pass) != 0;
  const bool has_all = is_all(next) || (!parts.empty() && is_all(parts.back()));
  // A redirect has no effect beside an all.
  const bool has_redirect =
      std::ranges::any_of(parts, [](std::string_view part) { return is_modifier_of_name(part, "redirect"); });
  if (parts.empty() || (was_open && !has_all && !has_redirect)) parts.emplace_back("~all");
  fault.fix = "Write";
  for (const std::string_view part : parts) base::append(fault.fix, " ", part);
  return fault;
}

std::optional<Fault> explain_glued_end(std::string_view term) {
  // Countries have two letters. With a longer list, more words would look like a name with a term after it.
  constexpr std::array kTop = std::to_array<std::string_view>({"com", "net", "org", "info", "biz", "edu", "gov", "mil", "int"});
  const std::size_t dot = term.rfind('.');
  const std::size_t colon = term.find_first_of(":=");
  if (colon == std::string_view::npos || dot == std::string_view::npos || dot < colon) return std::nullopt;
  const std::string_view label = term.substr(dot + 1);
  for (const std::string_view word : kShort) {
    if (label.size() <= word.size() + 1 || !base::equals_ignoring_case(label.substr(label.size() - word.size()), word)) continue;
    std::string_view top = label.substr(0, label.size() - word.size());
    const bool has_sign = !sign_of(top.substr(top.size() - 1)).empty();
    if (has_sign) top.remove_suffix(1);
    const bool is_country = top.size() == 2 && (has_sign || word != "a");
    const bool is_known = std::ranges::any_of(kTop, [&](std::string_view one) { return base::equals_ignoring_case(one, top); });
    if (!is_known && !(is_country && std::ranges::all_of(top, base::is_alpha))) continue;
    const std::string_view glued = term.substr(term.size() - word.size() - (has_sign ? 1 : 0));
    const std::string_view rest = term.substr(0, term.size() - glued.size());
    const bool is_redirect = base::starts_with_ignoring_case(rest, "redirect=");  // which has no effect beside all
    return Fault{"S04", fmt::format("{} seems to be glued to {}", shown(glued), shown(rest)),
                 is_redirect ? write_this(rest)
                             : fmt::format("Write {} {}", base::clip(rest, kMaxShown), lets_all_pass(glued) ? "~all" : glued)};
  }
  return std::nullopt;
}

}  // namespace lint
