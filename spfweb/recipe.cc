#include "spfweb/recipe.h"

#include <fmt/core.h>

#include <algorithm>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/idna.h"
#include "common/lint/networks.h"
#include "common/lint/special.h"
#include "common/receiver/terms.h"
#include "spfweb/providers.h"

namespace spfweb {

namespace {

constexpr int kWidest4 = 16;  // prefix lengths, in bits
constexpr int kWidest6 = 32;
constexpr std::size_t kMostLookups = 10;  // RFC 7208 §4.6.4
constexpr std::size_t kMaxString = 255;   // octets

// Returns the words of all fields of that name.
std::vector<std::string> words_of(const Parameters& form, std::string_view name) {
  std::vector<std::string> words;
  for (std::string_view field : form.all(name)) {
    constexpr std::string_view kBetween = " \t\r\n,;";
    while (!field.empty()) {
      const std::size_t from = field.find_first_not_of(kBetween);
      if (from == std::string_view::npos) break;
      const std::size_t to = std::min(field.find_first_of(kBetween, from), field.size());
      const std::string_view word = field.substr(from, to - from);
      if (words.size() < kMaxEntries && std::ranges::find(words, word) == words.end()) words.emplace_back(word);
      field.remove_prefix(to);
    }
  }
  return words;
}

class Maker {
 public:
  explicit Maker(const Recipe& recipe) : recipe_(recipe) {}

  MadeRecord make() {
    made_.text = "v=spf1";
    if (!recipe_.no_mail) add_terms();
    made_.text += recipe_.no_mail || recipe_.is_strict ? " -all" : " ~all";
    if (lookups_ > kMostLookups) made_.problems.push_back({Text::many_lookups, {}, lookups_, kMostLookups});
    if (made_.text.size() > kMaxRecord) made_.problems.push_back({Text::long_record, {}, made_.text.size(), kMaxRecord});
    return std::move(made_);
  }

 private:
  void add_terms() {
    add_networks();
    if (recipe_.a) add_term("a", true);
    if (recipe_.mx) add_term("mx", true);
    for (const std::string& name : recipe_.names) add_name("a:", name);
    for (const Provider& provider : providers()) {
      if (recipe_.by.contains(provider.id)) add_term(fmt::format("include:{}", provider.include), true);
    }
    for (const std::string& name : recipe_.includes) add_name("include:", name);
  }

  void add_term(const std::string& term, bool asks_dns) {
    if (std::ranges::find(terms_, term) != terms_.end()) return;
    terms_.push_back(term);
    if (asks_dns) ++lookups_;
    made_.text += ' ';
    made_.text += term;
  }

  void add_name(std::string_view mechanism, const std::string& given) {
    if (const auto name = plain_name(given)) {
      add_term(fmt::format("{}{}", mechanism, name->text()), true);
    } else {
      made_.problems.push_back({Text::bad_name, given});
    }
  }

  // Adds each network that no other contains.
  void add_networks() {
    struct Read {
      lint::Interval interval;
      lint::Family family;
    };
    std::vector<Read> all;
    for (const std::string& given : recipe_.networks) {
      const auto network = receiver::parse_network(given);
      if (!network) {
        made_.problems.push_back({Text::bad_network, given});
        continue;
      }
      const bool is_v4 = network->address.is_v4();
      const Read read = {lint::network_of(network->address, network->length), is_v4 ? lint::Family::ipv4 : lint::Family::ipv6};
      if (network->length < (is_v4 ? kWidest4 : kWidest6)) {
        made_.problems.push_back({Text::wide_network, given});
      } else if (!lint::special_name(read.interval, read.family).empty()) {
        made_.problems.push_back({Text::reserved_network, given});
      } else {
        all.push_back(read);
      }
    }
    for (const Read& one : all) {
      const bool is_within = std::ranges::any_of(all, [&](const Read& other) {
        return other.family == one.family && other.interval != one.interval && other.interval.first <= one.interval.first &&
               one.interval.last <= other.interval.last;
      });
      if (is_within) continue;
      add_term((one.family == lint::Family::ipv4 ? "ip4:" : "ip6:") + lint::text_of(one.interval, one.family), false);
    }
  }

  const Recipe& recipe_;
  MadeRecord made_;
  std::vector<std::string> terms_;
  std::size_t lookups_ = 0;
};

}  // namespace

Recipe Recipe::read(const Parameters& form) {
  Recipe recipe;
  recipe.no_mail = form.value("none") == "1";
  recipe.networks = words_of(form, "net");
  recipe.names = words_of(form, "host");
  recipe.includes = words_of(form, "include");
  for (const std::string& id : words_of(form, "by")) recipe.by.insert(id);
  recipe.mx = form.value("mx") == "1";
  recipe.a = form.value("a") == "1";
  recipe.is_strict = form.value("all") == "fail";
  recipe.below = form.value("below") == "1";
  return recipe;
}

Recipe Recipe::of(const spf::Record& record) {
  Recipe recipe;
  for (const spf::Directive& directive : record.directives) {
    const spf::MacroString* const spec = record.domain_spec(directive.domain_spec);
    const bool is_whole = directive.prefix4 == 32 && directive.prefix6 == 128;
    const std::string_view term = record.text_of(directive);
    if (directive.mechanism == spf::Mechanism::all) {
      recipe.is_strict = directive.qualifier == spf::Result::fail;
      recipe.no_mail = recipe.is_strict && record.directives.size() == 1;
      break;
    }
    if (directive.qualifier != spf::Result::pass) continue;
    switch (directive.mechanism) {
      case spf::Mechanism::ip4:
      case spf::Mechanism::ip6: recipe.networks.emplace_back(term.substr(term.find(':') + 1)); break;
      case spf::Mechanism::mx: recipe.mx |= spec == nullptr && is_whole; break;
      case spf::Mechanism::a:
        if (spec == nullptr) {
          recipe.a |= is_whole;
        } else if (is_whole) {
          recipe.names.push_back(spec->text());
        }
        break;
      case spf::Mechanism::include: {
        const auto known = std::ranges::find_if(
            providers(), [&](const Provider& provider) { return base::equals_ignoring_case(provider.include, spec->text()); });
        if (known != providers().end()) {
          recipe.by.emplace(known->id);
        } else {
          recipe.includes.push_back(spec->text());
        }
        break;
      }
      default: break;
    }
  }
  return recipe;
}

std::optional<dns::Name> plain_name(std::string_view text) {
  const auto ascii = dns::to_a_labels(text);
  auto name = ascii ? dns::Name::parse(*ascii) : std::nullopt;
  if (!name || name->labels() < 2 || base::IpAddress::parse(text)) return std::nullopt;
  const bool is_plain =
      std::ranges::all_of(name->text(), [](char c) { return base::is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
  // The top label of a domain-spec is not numeric (RFC 7208 §7.1).
  const std::string_view top = name->text().substr(name->text().rfind('.') + 1);
  if (!is_plain || std::ranges::all_of(top, base::is_digit) || top.ends_with('-') || top.find('_') != std::string_view::npos)
    return std::nullopt;
  return name;
}

MadeRecord make_record(const Recipe& recipe) { return Maker(recipe).make(); }

std::string zone_strings(std::string_view record) {
  std::string strings;
  for (std::size_t at = 0; at < record.size(); at += kMaxString) {
    base::append(strings, strings.empty() ? "" : " ", base::quoted_string(record.substr(at, kMaxString)));
  }
  return strings;
}

std::vector<std::string> zone_lines(const dns::Name& domain, const Recipe& recipe, std::string_view record) {
  std::vector<std::string> lines = {fmt::format("{}. 300 IN TXT {}", domain.text(), zone_strings(record))};
  if (recipe.no_mail) lines.push_back(fmt::format("{}. 300 IN MX 0 .", domain.text()));  // RFC 7505
  if (recipe.below || recipe.no_mail) lines.push_back(fmt::format("*.{}. 300 IN TXT \"v=spf1 -all\"", domain.text()));
  return lines;
}

}  // namespace spfweb
