#include "spfweb/language.h"

#include <algorithm>

#include "common/base/text.h"

namespace spfweb {

namespace {

// Returns the weight of ";q=0.8" in thousandths; 0: none, or not valid.
unsigned weight_of(std::string_view parameter) {
  parameter = base::strip(parameter);
  if (parameter.empty()) return 1000;
  if (!base::starts_with_ignoring_case(parameter, "q=")) return 0;
  parameter.remove_prefix(2);
  if (parameter.empty() || parameter.size() > 5 || (parameter.front() != '0' && parameter.front() != '1')) return 0;
  if (parameter.size() > 1 && parameter[1] != '.') return 0;
  unsigned weight = parameter.front() == '1' ? 1000 : 0;
  unsigned unit = 100;
  for (const char c : parameter.substr(std::min<std::size_t>(2, parameter.size()))) {
    if (!base::is_digit(c)) return 0;
    weight += static_cast<unsigned>(c - '0') * unit;
    unit /= 10;
  }
  return weight > 1000 ? 0 : weight;
}

}  // namespace

std::string_view language_code(Language language) {
  constexpr std::array<std::string_view, 5> kCodes = {"en", "de", "fr", "es", "zh"};
  return kCodes.at(static_cast<std::size_t>(language));
}

std::string_view language_name(Language language) {
  constexpr std::array<std::string_view, 5> kNames = {"English", "Deutsch", "Français", "Español", "中文"};
  return kNames.at(static_cast<std::size_t>(language));
}

std::optional<Language> language_of(std::string_view tag) {
  tag = base::strip(tag);
  tag = tag.substr(0, tag.find('-'));
  for (const Language language : kLanguages) {
    if (base::equals_ignoring_case(tag, language_code(language))) return language;
  }
  return std::nullopt;
}

Language preferred_language(std::string_view accepted) {
  Language best = Language::en;
  unsigned most = 0;
  for (const std::string_view one : base::split(accepted.substr(0, 1000), ',')) {
    const std::size_t semicolon = std::min(one.find(';'), one.size());
    const auto language = language_of(one.substr(0, semicolon));
    const unsigned weight = weight_of(one.substr(std::min(semicolon + 1, one.size())));
    if (!language || weight <= most) continue;
    best = *language;
    most = weight;
  }
  return best;
}

}  // namespace spfweb
