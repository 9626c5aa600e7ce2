#include "common/lint/hints.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "common/base/ip.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/idna.h"
#include "common/dns/name.h"
#include "common/lint/glue.h"
#include "common/lint/strays.h"
#include "common/lint/term_text.h"
#include "common/spf/near_miss.h"
#include "common/spf/terms.h"

namespace lint {

namespace {

using spf::Mechanism;

// Returns the number of insertions, deletions, substitutions and swaps of neighbours that turn one text into the other (optimal
// string alignment). Both texts are short.
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

// Returns the mechanism or modifier whose name resembles `name`; empty: none.
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

// Returns whether the parser reads the term as an unknown modifier (RFC 7208 §4.6.1), perhaps with a wrong value.
bool is_unknown_modifier(std::string_view term) {
  const std::vector<spf::Term> terms = spf::read_terms(fmt::format("v=spf1 {}", term));
  return terms.size() == 1 && terms.front().kind == spf::Term::Kind::modifier;
}

// Explains bytes that are not printable US-ASCII.
std::optional<Fault> explain_bytes(std::string_view term) {
  const std::string_view sign = sign_of(term);
  const auto stray = find_stray(term);
  if (stray) {
    std::string fix = stray->instead == "nothing" ? fmt::format("Remove {}", stray->name)
                                                  : fmt::format("Write {} instead of {}", stray->instead, stray->name);
    for (const std::string& meant : {without_strays(term), printable_part(term)}) {
      if (!are_sound_terms(meant)) continue;
      fix = write_this(meant);
      break;
    }
    return Fault{stray->is_ascii ? "S01" : "P06", fmt::format("{} has {}", shown(term), stray->name), std::move(fix)};
  }
  if (base::is_ascii(term)) return std::nullopt;
  const auto colon = term.find_first_of(":=");
  const std::string_view name = term.substr(sign.size(), colon == std::string_view::npos ? colon : colon - sign.size());
  const std::string_view value = colon == std::string_view::npos ? std::string_view() : term.substr(colon + 1);
  const bool is_network = base::equals_ignoring_case(name, "ip4") || base::equals_ignoring_case(name, "ip6");
  if (!value.empty() && !is_network && base::is_utf8(term) && base::is_ascii(name)) {
    const std::string_view domain = value.substr(0, value.find('/'));
    if (const auto ascii = dns::to_a_labels(domain); ascii && dns::Name::parse(*ascii))
      return Fault{"S10", shown(term),
                   write_this(fmt::format("{}{}{}", term.substr(0, colon + 1), *ascii, value.substr(domain.size())))};
  }
  // Programs that translate web pages translate names of mechanisms, too.
  if (!base::is_ascii(name) && is_domain(value))
    return Fault{"P06", fmt::format("{} is not a mechanism", shown(name)),
                 fmt::format("Write {0}include:{1} if it is a provider, {0}a:{1} if it is a host that sends mail", sign,
                             base::clip(value, kMaxShown))};
  const std::string rest = printable_part(term);
  return Fault{"P06", shown(term), is_network && is_sound(rest) ? write_this(rest) : std::string()};
}

// Returns the term without a colon or equals sign at its beginning, which belongs to the name before the blank. An IPv6 address
// may begin with two colons.
std::string_view without_mark(std::string_view term) {
  const bool has_mark = (term.starts_with(':') && !term.starts_with("::")) || term.starts_with('=');
  return has_mark ? term.substr(1) : term;
}

Fault missing_value(std::string_view term, std::string_view next) {
  const std::string_view sign = sign_of(term);
  const std::string_view name = term.substr(sign.size(), term.find(':') - sign.size());
  const bool has_colon = term.ends_with(':');
  const std::string_view value = without_mark(next);
  const auto network = network_name(value);
  const std::string joined = fmt::format("{}{}:{}", sign, network ? *network : name, value);
  if ((has_colon || !is_sound(name)) && is_divided(joined, next))
    return {"S04", fmt::format("a blank {} {}", has_colon || value != next ? "after" : "instead of a colon after", shown(term)),
            write_this(joined), true};
  if (base::equals_ignoring_case(name, "ip4") || base::equals_ignoring_case(name, "ip6"))
    return {"S04", fmt::format("{} has no value", shown(term)),
            fmt::format("Write a network directly after the colon, such as {}",
                        base::equals_ignoring_case(name, "ip4") ? "ip4:192.0.2.0/24" : "ip6:2001:db8::/32")};
  const bool is_optional = is_sound(name);
  return {"S04", fmt::format("{} has no value", shown(term)),
          is_optional ? fmt::format("Write {}{} for the domain itself, or a name directly after the colon", sign, name)
                      : std::string()};
}

// Returns the terms for several networks that were written as one; empty: the value is not such a list.
std::string listed_networks(std::string_view sign, std::string_view value) {
  const std::string_view marks = value.find('.') != std::string_view::npos ? ",;|:" : ",;|";
  std::string terms;
  std::size_t count = 0;
  for (std::size_t from = 0; from <= value.size(); ++count) {
    const std::size_t to = std::min(value.find_first_of(marks, from), value.size());
    const std::string_view part = value.substr(from, to - from);
    const auto name = network_name(part);
    if (!name) return {};
    base::append(terms, terms.empty() ? "" : " ", sign, *name, ":", part);
    from = to + 1;
  }
  return count > 1 ? terms : std::string();
}

// Returns the network that is written with a mask (192.0.2.0/255.255.255.0) or with asterisks (192.0.2.*); empty: it is not.
std::string unusual_network(std::string_view value) {
  const auto slash = value.find('/');
  const auto mask = slash == std::string_view::npos ? std::nullopt : base::IpAddress::parse(value.substr(slash + 1));
  if (mask && mask->is_v4()) {
    std::uint32_t bits = 0;
    for (const std::uint8_t byte : mask->bytes()) bits = bits << 8U | byte;
    const int length = std::countl_one(bits);
    const bool is_mask = length > 0 && length + std::countr_zero(bits) == 32;
    return is_mask ? fmt::format("{}/{}", value.substr(0, slash), length) : std::string();
  }
  const auto numbers = base::split(value, '.');
  const auto first = std::ranges::find(numbers, "*");
  const auto known = static_cast<std::size_t>(first - numbers.begin());
  if (first == numbers.end() || known == 0 || numbers.size() > 4 ||
      std::any_of(first, numbers.end(), [](std::string_view one) { return one != "*"; }))
    return {};
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) base::append(out, i == 0 ? "" : ".", i < known ? numbers[i] : "0");
  return fmt::format("{}/{}", out, 8 * known);
}

// Returns why a text is not an address, if its form shows that; otherwise an empty text.
std::string wrong_address(std::string_view value) {
  value = value.substr(0, value.find('/'));
  const bool is_dotted = !value.empty() && value.find_first_not_of("0123456789.") == std::string_view::npos;
  if (is_dotted) {
    const auto numbers = base::split(value, '.');
    if (numbers.size() > 4) return "several addresses without a blank between them";
    if (numbers.size() < 4) return fmt::format("{} of the 4 numbers of an address", numbers.size());
    for (const std::string_view number : numbers) {
      if (!number.empty() && !base::parse_number(number, 255)) return fmt::format("{} is over 255", base::clip(number, 20));
      if (number.size() > 1 && number.front() == '0') return fmt::format("{} begins with 0", base::clip(number, 20));
    }
  }
  const bool is_grouped =
      value.find(':') != std::string_view::npos && value.find_first_not_of("0123456789abcdefABCDEF:") == std::string_view::npos;
  if (is_grouped && value.find("::") == std::string_view::npos) {
    const std::size_t groups = base::split(value, ':').size();
    if (groups != 8) return fmt::format("{} of the 8 groups of an address", groups);
  }
  return {};
}

Fault explain_network(std::string_view term, std::string_view name, std::string_view value, std::string_view problem) {
  const std::string_view sign = sign_of(term);
  const std::string_view other = base::equals_ignoring_case(name, "ip4") ? "ip6" : "ip4";
  if (is_sound(fmt::format("{}:{}", other, value)))
    return {"S02", fmt::format("{} is an IPv{} address", shown(value), other.back()),
            write_this(fmt::format("{}{}:{}", sign, other, value))};
  if (value.starts_with(':') && network_name(value.substr(1)))
    return {"S02", fmt::format("two colons in {}", shown(term)), write_this(fmt::format("{}{}:{}", sign, name, value.substr(1)))};
  constexpr std::string_view kEach = "Write a term for each network, separated by blanks only";
  if (const std::string terms = listed_networks(sign, value); !terms.empty()) {
    const char mark = value[value.find_first_of(value.find('.') != std::string_view::npos ? ",;|:" : ",;|")];
    return {"S02", fmt::format("'{}' between networks in {}", mark, shown(term)),
            terms.size() > kMaxShown ? std::string(kEach) : write_this(terms)};
  }
  if (const auto mark = value.find_first_of(",;|"); mark != std::string_view::npos) {
    const bool is_last = mark + 1 == value.size() && network_name(value.substr(0, mark));
    return {"S02", fmt::format("'{}' in {}", value[mark], shown(term)),
            is_last ? write_this(term.substr(0, term.size() - 1)) : std::string(kEach)};
  }
  if (value.find('-') != std::string_view::npos && network_name(value.substr(0, value.find('-'))))
    return {"S02", fmt::format("{} is a range", shown(value)), "Write the range as networks, such as ip4:192.0.2.0/24"};
  if (const std::string better = fmt::format("{}{}:{}", sign, name, unusual_network(value)); is_sound(better))
    return {"S02", fmt::format("{}: the length of a network is a number of bits", shown(term)), write_this(better)};
  const std::string_view address = value.substr(0, value.find('/'));
  if (const auto network = network_name(address); network && address.size() != value.size())
    return {"S02", fmt::format("{}: {}", shown(term), problem),
            fmt::format("Write {0}{1}:{2} for that address alone, or add a length from 0 to {3}", sign, *network, address,
                        *network == "ip4" ? 32 : 128)};
  if (std::string what = wrong_address(value); !what.empty())
    return {"S02", fmt::format("{}: {}", shown(term), what), what.starts_with("several") ? std::string(kEach) : std::string()};
  const std::string_view top = value.substr(value.rfind('.', value.size() - 2) + 1);
  const bool has_name = !top.empty() && base::is_alpha(top.front());  // no top-level domain begins with a digit
  if (is_domain(value) && has_name)
    return {"S02", fmt::format("{} is a name, not an address", shown(value)), write_this(fmt::format("{}a:{}", sign, value))};
  return {"S02", fmt::format("{}: {}", shown(term), problem), {}};
}

std::string_view without_quotes(std::string_view text) {
  constexpr std::string_view kQuotes = "\"'";
  while (!text.empty() && kQuotes.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
  while (!text.empty() && kQuotes.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return text;
}

// Returns the host of a URL; from a text into which a program put links in angle brackets, it removes them.
std::string without_url(std::string_view text) {
  std::string out;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t open = std::min(text.find('<', from), text.size());
    base::append(out, text.substr(from, open - from));
    const std::size_t close = text.find('>', open);
    from = close == std::string_view::npos ? text.size() : close + 1;
  }
  constexpr std::string_view kEndOfScheme = "://";
  if (const auto scheme = out.find(kEndOfScheme); scheme != std::string::npos) {
    out.erase(0, scheme + kEndOfScheme.size());
    out.erase(std::min(out.find('/'), out.size()));
  }
  return out;
}

// `next` is the term after it.
Fault explain_domain(std::string_view term, std::string_view value, std::string_view problem, std::string_view next) {
  const std::string_view sign = sign_of(term);
  const std::string_view begin = term.substr(0, term.size() - value.size());  // "-include:", "redirect="
  const std::string_view name = begin.substr(sign.size(), begin.find_first_of(":=/") - sign.size());
  const std::string_view whole = value.starts_with(':') ? value.substr(1) : value;
  if (const auto network = network_name(whole))
    return {"S04", fmt::format("{} is an address", shown(whole)), write_this(fmt::format("{}{}:{}", sign, *network, whole))};
  if (whole != value && is_sound(fmt::format("{}{}", begin, whole)))
    return {"S04", fmt::format("two colons in {}", shown(term)), write_this(fmt::format("{}{}", begin, whole))};
  const auto slash = term.find('/');
  const bool takes_prefix = base::equals_ignoring_case(name, "a") || base::equals_ignoring_case(name, "mx");
  if (slash != std::string_view::npos && is_sound(term.substr(0, slash)) && value.find(':') == std::string_view::npos) {
    if (takes_prefix)
      return {"S02", fmt::format("{} does not end in prefix lengths", shown(term)),
              fmt::format("Write {0}, or {0} with a length from 0 to 32 for IPv4, as in {0}/24, from 0 to 128 for IPv6, as in "
                          "{0}//64, or with both, as in {0}/24//64",
                          base::clip(term.substr(0, slash), kMaxShown))};
    return {"S02", fmt::format("{} takes no prefix length", shown(name)), write_this(term.substr(0, slash))};
  }
  if (whole.find("http:") != std::string_view::npos || whole.find("https:") != std::string_view::npos) {
    const std::string better = fmt::format("{}{}", begin, without_url(whole));
    return {"S04", fmt::format("a URL in {}", shown(term)),
            is_sound(better) ? write_this(better) : std::string("Write the domain alone")};
  }
  if (const std::string_view bare = without_quotes(whole); bare != whole && is_domain(bare))
    return {"S04", fmt::format("quotation marks in {}", shown(term)), write_this(fmt::format("{}{}", begin, bare))};
  if (const auto inner = whole.find(':'); inner != std::string_view::npos && inner != 0) {
    if (spf::find_mechanism(whole.substr(0, inner)) && is_sound(whole))
      return {"S04", fmt::format("{} within {}", shown(whole.substr(0, inner + 1)), shown(term)),
              fmt::format("Write {}{}, or {}{}", sign, base::clip(whole, kMaxShown), begin,
                          base::clip(whole.substr(inner + 1), kMaxShown))};
    if (base::parse_number(whole.substr(inner + 1), 65535) && is_domain(whole.substr(0, inner)))
      return {"S04", fmt::format("a port in {}", shown(term)), write_this(fmt::format("{}{}", begin, whole.substr(0, inner)))};
  }
  if (whole.find('%') != std::string_view::npos) {
    // With another end, the term would be sound: its macros are.
    if (is_sound(fmt::format("{}{}.example.com", begin, whole)))
      return {"S04", fmt::format("{}: {} is not the end of a domain name", shown(term), shown(after_macros(whole))),
              "End it with a macro, or with a domain after a dot, as in %{i}.example.com"};
    return {"S05", fmt::format("{}: {}", shown(term), problem), {}};
  }
  if (const auto mark = whole.find_first_of(",;"); mark != std::string_view::npos) {
    const std::string_view without = term.substr(0, term.size() - 1);
    return {"S04", fmt::format("'{}' in {}", whole[mark], shown(term)),
            mark + 1 == whole.size() && is_sound(without)
                ? write_this(without)
                : std::string("Write a term for each domain, separated by blanks only")};
  }
  if (const auto at = whole.rfind('@'); at != std::string_view::npos && is_domain(whole.substr(at + 1)))
    return {"S04", fmt::format("{} is a mailbox", shown(whole)), write_this(fmt::format("{}{}", begin, whole.substr(at + 1)))};
  if (base::equals_ignoring_case(whole, "v=spf1"))
    return {"S04", fmt::format("a second 'v=spf1' in {}", shown(term)),
            fmt::format("Remove {}, or write a domain in place of v=spf1", shown(term))};
  if (base::starts_with_ignoring_case(whole, "v=spf1"))
    return {"S04", fmt::format("a second 'v=spf1' in {}", shown(term)),
            fmt::format("Remove it, and write the domain directly after {}", base::clip(begin, kMaxShown))};
  if (is_verification(whole) || whole.find('=') != std::string_view::npos) {
    // Without a dot before "=", no domain precedes the text.
    const std::string_view before = whole.substr(0, whole.find('='));
    if (before.size() < whole.size() && before.find('.') == std::string_view::npos)
      return {"S04", fmt::format("{} is text of another TXT record, and not a domain", shown(whole)),
              fmt::format("Remove {}; what proves the domain to a service belongs into a TXT record of its own", shown(term))};
    return {"S04", fmt::format("{} has text of another TXT record", shown(term)),
            "Remove that text; what proves the domain to a service belongs into a TXT record of its own"};
  }
  const std::string joined = fmt::format("{}{}", term, next);
  if (is_domain(next) && is_divided(joined, next))
    return {"S04", fmt::format("a blank after {}", shown(term)), write_this(joined), true};
  if (!whole.empty() && whole.find('.') == std::string_view::npos)
    return {"S04", fmt::format("{} has no dot", shown(whole)), "Write the full name of the host or domain"};
  return {"S04", fmt::format("{}: {}", shown(term), problem), {}};
}

// Explains a modifier that is written like a mechanism. `value` is the text after its colon.
Fault explain_colon_of_modifier(std::string_view term, std::string_view name, std::string_view value, std::string_view next) {
  const std::string begin = fmt::format("{}=", base::lower(name));
  if (!value.empty()) return {"S01", fmt::format("{} is a modifier", shown(name)), write_this(fmt::format("{}{}", begin, value))};
  const std::string joined = fmt::format("{}{}", begin, without_mark(next));
  if (is_divided(joined, next))
    return {"S01", fmt::format("{} is a modifier, with a blank after {}", shown(name), shown(term)), write_this(joined), true};
  return {"S01", fmt::format("{} is a modifier, and has no value", shown(name)),
          fmt::format("Write {} with a domain name directly after it, or remove the term", begin)};
}

Fault explain_unknown(std::string_view term, std::string_view sign, std::string_view rest, std::string_view next) {
  if (rest.empty()) {
    const std::string joined = fmt::format("{}{}", sign, next);
    if (!next.empty() && is_sound(joined)) return {"S01", fmt::format("a blank after {}", shown(term)), write_this(joined), true};
    // At the end of a record it is what is left of "-all".
    if (next.empty() && sign != "+")
      return {"S01", fmt::format("{} alone", shown(term)), fmt::format("Write {}all, or remove the sign", sign)};
    return {"S01", fmt::format("{} alone", shown(term)), "Remove the sign"};
  }
  const bool is_glued_all = !sign.empty() && base::starts_with_ignoring_case(rest, "all");
  if (const auto network = network_name(rest))
    return {"S01", fmt::format("{} is an address alone", shown(rest)), write_this(fmt::format("{}{}:{}", sign, *network, rest))};
  const auto end = rest.find_first_of(":/=");
  const std::string_view name = rest.substr(0, end);
  const std::string_view value = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  // An address after any name: "ipv4:", "ip:", "i4:", "ipv6:"; or without a colon: "ip4192.0.2.1".
  if (const auto network = network_name(value))
    return {"S01", fmt::format("{} is not a mechanism", shown(name.empty() ? term : name)),
            write_this(fmt::format("{}{}:{}", sign, *network, value))};
  const bool has_ip = base::starts_with_ignoring_case(rest, "ip4") || base::starts_with_ignoring_case(rest, "ip6");
  if (const auto network = has_ip ? network_name(rest.substr(3)) : std::nullopt)
    return {"S01", fmt::format("a colon is missing in {}", shown(term)),
            write_this(fmt::format("{}{}:{}", sign, *network, rest.substr(3)))};
  if (base::starts_with_ignoring_case(name, "ip") && is_domain(value))
    return {"S01", fmt::format("{} is not a mechanism", shown(name)), write_this(fmt::format("{}a:{}", sign, value))};
  if (base::equals_ignoring_case(name, "redirect") || base::equals_ignoring_case(name, "exp"))
    return explain_colon_of_modifier(term, name, value, next);
  // Another mark instead of the colon: "include.example.com", "ip4;192.0.2.1".
  for (const std::string_view word : {"include", "exists", "ip4", "ip6"}) {
    const bool has_mark = base::starts_with_ignoring_case(rest, word) && rest.size() > word.size() + 1 &&
                          std::string_view(";,._-").find(rest[word.size()]) != std::string_view::npos;
    const std::size_t kept = has_mark && rest[word.size()] == '_' ? 0 : 1;  // names of records often begin with "_"
    const std::string better = has_mark ? fmt::format("{}{}:{}", sign, word, rest.substr(word.size() + kept)) : std::string();
    if (has_mark && is_sound(better))
      return {"S01", fmt::format("'{}' instead of a colon in {}", rest[word.size()], shown(term)), write_this(better)};
  }
  if (base::equals_ignoring_case(name, "aaaa")) {
    const std::string better = fmt::format("{}a{}", sign, rest.substr(name.size()));
    if (is_sound(better))
      return {"S01", fmt::format("{} is not a mechanism; a is for IPv4 and IPv6 addresses", shown(name)), write_this(better)};
  }
  if (is_verification(rest) && !is_glued_all)
    return {"S01", fmt::format("{} is text of another TXT record", shown(term)),
            "Remove it here; what proves the domain to a service belongs into a TXT record of its own"};
  const bool has_end_mark = rest.size() > 1 && std::string_view(",;.\"'").find(rest.back()) != std::string_view::npos;
  if (has_end_mark && is_sound(fmt::format("{}{}", sign, rest.substr(0, rest.size() - 1))))
    return {"S01", fmt::format("'{}' at the end of {}", rest.back(), shown(term)),
            write_this(fmt::format("{}{}", sign, rest.substr(0, rest.size() - 1)))};
  if (const auto word = near_name(name); !word.empty()) {
    const bool is_modifier = word == "redirect";
    const std::string better = fmt::format("{}{}{}{}", is_modifier ? std::string_view() : sign, word,
                                           end == std::string_view::npos ? ""
                                           : is_modifier                 ? "="
                                                                         : rest.substr(end, 1),
                                           value);
    if (is_sound(better)) return {"S01", fmt::format("{} is not a mechanism", shown(name)), write_this(better)};
  }
  // Names of hosts do not begin with "_" (RFC 952), and many records of providers do.
  if (rest.front() == '_' && is_domain(rest) && end == std::string_view::npos)
    return {"S01", fmt::format("{} is a name alone", shown(rest)), write_this(fmt::format("{}include:{}", sign, rest))};
  if (is_domain(rest) && end == std::string_view::npos && !is_glued_all)
    return {
        "S01", fmt::format("{} is a name alone", shown(rest)),
        fmt::format("Write a:{0} if it is a host that sends mail, include:{0} if it is a provider", base::clip(rest, kMaxShown))};
  if (base::starts_with_ignoring_case(rest, "all")) {
    const std::string_view glued = rest.substr(3);
    std::string fix = fmt::format("Remove {}", shown(glued));
    if (is_sound(glued)) fix = fmt::format("Put a blank after all, or remove {}", shown(glued));
    if (lets_all_pass(term.substr(0, term.size() - glued.size())))
      fix = is_sound(glued) && !is_all(glued) ? fmt::format("Write {} ~all, or ~all alone", glued)
                                              : fmt::format("Write ~all in place of {}", shown(term));
    if (glued.front() == '_' && is_domain(glued)) fix += fmt::format("; if it is a provider, write include:{} before all", glued);
    return {"S01", fmt::format("text is glued to all in {}", shown(term)), std::move(fix)};
  }
  return {"S01", fmt::format("{} is not a mechanism", shown(name.empty() ? term : name)), {}};
}

}  // namespace

Fault explain_fault(std::string_view term, std::string_view problem, std::string_view next) {
  if (auto fault = explain_bytes(term)) return std::move(*fault);
  if (term.find("&nbsp;") != std::string_view::npos)
    return {"S01", fmt::format("{} has a blank of a web page", shown(term)), "Write a blank instead of &nbsp;"};
  if (auto fault = explain_glue(term, next)) return std::move(*fault);
  const std::string_view sign = sign_of(term);
  const std::string_view rest = term.substr(sign.size());
  const auto end = rest.find_first_of(":/=");
  const std::string_view name = rest.substr(0, end);
  const std::string_view value = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  const bool is_modifier = base::equals_ignoring_case(name, "redirect") || base::equals_ignoring_case(name, "exp");
  if (!sign.empty() && is_modifier && value.starts_with('=')) return {"S08", shown(term), write_this(rest)};
  if (value.starts_with('=')) {
    if (is_modifier && value.size() == 1) {
      const std::string joined = fmt::format("{}{}", rest, without_mark(next));
      if (is_divided(joined, next)) return {"S04", fmt::format("a blank after {}", shown(term)), write_this(joined), true};
      return {"S04", fmt::format("{} has no value", shown(term)), {}};
    }
    if (is_modifier) return explain_domain(term, value.substr(1), problem, next);
    if (is_unknown_modifier(term)) return {"S05", fmt::format("{}: {}", shown(term), problem), {}};
  }
  const auto mechanism = spf::find_mechanism(name);
  if (!mechanism) return explain_unknown(term, sign, rest, next);
  if (*mechanism == Mechanism::all)
    return {"S01", fmt::format("{}: all takes no value", shown(term)), write_this(fmt::format("{}all", sign))};
  if (value.starts_with('=')) return explain_equals_sign(term, next);
  const bool needs_value = *mechanism != Mechanism::a && *mechanism != Mechanism::mx && *mechanism != Mechanism::ptr;
  if (value == ":" || (needs_value && value.empty())) return missing_value(term, next);
  if (*mechanism == Mechanism::ip4 || *mechanism == Mechanism::ip6) {
    if (!value.starts_with(':')) return {"S02", fmt::format("{}: {}", shown(term), problem), {}};
    return explain_network(term, name, value.substr(1), problem);
  }
  return explain_domain(term, value.starts_with(':') ? value.substr(1) : value, problem, next);
}

Fault explain_equals_sign(std::string_view term, std::string_view next) {
  Fault fault = {"S01", fmt::format("an equals sign in place of the colon in {}", shown(term)), {}};
  const std::size_t equals = term.find('=');
  const std::string meant = fmt::format("{}:{}", base::lower(term.substr(0, equals)), term.substr(equals + 1));
  const std::vector<spf::Term> terms = spf::read_terms(fmt::format("v=spf1 {}", meant));
  if (terms.size() != 1) return fault;
  if (terms.front().problem.empty()) {
    fault.fix = write_this(meant);
  } else {
    Fault other = explain_fault(meant, terms.front().problem, next);
    fault.id = other.id;
    fault.fix = std::move(other.fix);
    fault.takes_next = other.takes_next;
  }
  return fault;
}

std::optional<Fault> explain_odd_domain(std::string_view term) {
  const std::size_t colon = term.find_first_of(":=");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view value = term.substr(colon + 1);
  const auto is_usual = [](char c) {
    return base::is_alphanumeric(c) || std::string_view(".-_/").find(c) != std::string_view::npos;
  };
  const std::string_view domain = value.substr(0, value.find('/'));
  const bool has_slash_only_at_end = value.find_first_not_of("/0123456789", domain.size()) == std::string_view::npos;
  const bool has_macro = value.find('%') != std::string_view::npos;
  if (!has_macro && std::ranges::all_of(value, is_usual) && has_slash_only_at_end) return std::nullopt;
  auto glue = explain_glue(term, {});
  if (has_macro && !glue) return std::nullopt;
  Fault fault = glue ? std::move(*glue) : explain_domain(term, value, "no host has such a name", {});
  fault.id = "S04";
  return fault;
}

std::string nearly_terms(const std::vector<std::string>& texts) {
  constexpr std::string_view kAround = " \"'";
  const std::string clean = without_strays(spf::terms_of_near_miss(texts));
  const std::size_t begin = clean.find_first_not_of(" \"';:,.|");
  if (begin == std::string::npos) return {};
  return closed(clean.substr(begin, clean.find_last_not_of(kAround) + 1 - begin));
}

bool is_verification(std::string_view text) {
  const std::string_view name = text.substr(sign_of(text).size());
  if (base::lower(name).find("verification") != std::string::npos) return true;
  constexpr std::array kBegins = std::to_array<std::string_view>(
      {"MS=", "EM=", "brevo-code", "Sendinblue-code", "zoho-", "google-", "apple-domain", "facebook-domain", "docusign",
       "MSFPKEY", "v=DKIM1", "v=DMARC1", "v=STSv1", "v=TLSRPTv1", "v=BIMI1"});
  return std::ranges::any_of(kBegins, [&](std::string_view begin) { return base::starts_with_ignoring_case(name, begin); });
}

bool resembles_mechanism(std::string_view modifier) {
  const std::string_view name = modifier.substr(0, modifier.find('='));
  return spf::find_mechanism(name).has_value() || base::starts_with_ignoring_case(name, "ip");
}

bool are_sound_terms(std::string_view text) {
  const std::vector<spf::Term> terms = spf::read_terms(fmt::format("v=spf1 {}", text));
  return !terms.empty() && std::ranges::all_of(terms, [](const spf::Term& term) {
    return term.problem.empty() && term.kind != spf::Term::Kind::modifier;
  });
}

}  // namespace lint
