#include "spfweb/parameters.h"

#include <algorithm>

#include "common/base/hex.h"
#include "common/base/text.h"
#include "spfweb/html.h"

namespace spfweb {

std::string url_decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const auto byte = base::bytes_of_hex(text.substr(i + 1, 2));
      if (byte && byte->size() == 1) {
        out += *byte;
        i += 2;
        continue;
      }
    }
    out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
  }
  return out;
}

Parameters::Parameters(std::string_view query) {
  while (!query.empty() && values_.size() < kMaxCount) {
    const std::size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string value = url_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (value.size() > kMaxValue) continue;
    values_.emplace_back(url_decoded(pair.substr(0, equals), true), std::move(value));
  }
}

std::string_view Parameters::value(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return base::strip(value);
  }
  return {};
}

std::vector<std::string_view> Parameters::all(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto& [key, value] : values_) {
    if (key == name) found.push_back(base::strip(value));
  }
  return found;
}

bool Parameters::has(std::string_view name) const {
  return std::ranges::any_of(values_, [name](const auto& pair) { return pair.first == name; });
}

std::string Parameters::without(std::string_view name) const {
  std::string out;
  for (const auto& [key, value] : values_) {
    if (key == name) continue;
    base::append(out, out.empty() ? "" : "&", url_encoded(key), "=", url_encoded(value));
  }
  return out;
}

}  // namespace spfweb
