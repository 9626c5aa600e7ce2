#include "spfweb/recipe.h"

#include <fmt/core.h>

#include <algorithm>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/idna.h"
#include "common/lint/networks.h"
#include "common/lint/special.h"
#include "common/receiver/terms.h"
#include "common/spf/macro.h"
#include "common/spf/terms.h"
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

  // Adds each network that is not contained in another one.
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

// Adds an entry, unless the form already has as many as it may have. Returns whether it did.
bool add_entry(std::vector<std::string>& entries, std::string_view entry) {
  if (entries.size() >= kMaxEntries) return false;
  entries.emplace_back(entry);
  return true;
}

bool take_include(const std::string& target, Recipe& recipe) {
  const auto known = std::ranges::find_if(
      providers(), [&](const Provider& provider) { return base::equals_ignoring_case(provider.include, target); });
  if (known == providers().end()) return plain_name(target) && add_entry(recipe.includes, target);
  recipe.by.emplace(known->id);
  return true;
}

// Fills in a valid directive. Returns whether the form can express all of it.
bool take(const spf::Term& term, Filled& filled) {
  Recipe& recipe = filled.recipe;
  const spf::Directive& directive = *term.directive;
  if (directive.mechanism == spf::Mechanism::all) {
    recipe.is_strict = directive.qualifier == spf::Result::fail;
    recipe.no_mail = recipe.is_strict && recipe == Recipe{.is_strict = true} && filled.left_out.empty();
    return recipe.is_strict || directive.qualifier == spf::Result::softfail;
  }
  const bool is_whole = directive.prefix4 == 32 && directive.prefix6 == 128;
  if (directive.qualifier != spf::Result::pass) return false;
  switch (directive.mechanism) {
    case spf::Mechanism::ip4:
    case spf::Mechanism::ip6: return add_entry(recipe.networks, std::string_view(term.text).substr(term.text.find(':') + 1));
    case spf::Mechanism::mx: return !term.domain_spec && is_whole && (recipe.mx = true);
    case spf::Mechanism::a:
      if (!is_whole) return false;
      if (!term.domain_spec) return recipe.a = true;
      return plain_name(term.domain_spec->text()) && add_entry(recipe.names, term.domain_spec->text());
    case spf::Mechanism::include: return take_include(std::string(term.domain_spec->text()), recipe);
    default: return false;
  }
}

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

Filled Filled::from(std::string_view record) {
  Filled filled;
  bool is_over = false;
  for (const spf::Term& term : spf::read_terms(record)) {
    const bool is_taken = !is_over && term.directive && take(term, filled);
    if (!is_taken) filled.left_out.push_back(term.text);
    is_over |= term.directive && term.directive->mechanism == spf::Mechanism::all;
  }
  return filled;
}

std::optional<dns::Name> plain_name(std::string_view text) {
  const auto ascii = dns::to_a_labels(text);
  auto name = ascii ? dns::Name::parse(*ascii) : std::nullopt;
  if (!name || name->labels() < 2 || base::IpAddress::parse(text)) return std::nullopt;
  const bool is_plain =
      std::ranges::all_of(name->text(), [](char c) { return base::is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
  if (!is_plain || !spf::MacroString::parse(name->text(), spf::MacroContext::domain_spec).ok()) return std::nullopt;
  return name;
}

MadeRecord make_record(const Recipe& recipe) { return Maker(recipe).make(); }

std::string panel_name(const dns::Name& domain, bool below) {
  const bool is_zone = domain.labels() == 2;
  if (is_zone) return below ? "*" : "@";
  return std::string(below ? "*." : "") + std::string(domain.text());
}

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
