#include "common/dns/name.h"

#include <algorithm>

#include "common/base/text.h"

namespace dns {

std::optional<int> Name::count_labels(std::string_view text) {
  if (!base::all_printable(text)) return std::nullopt;
  if (text.empty()) return 0;
  int labels = 1;
  std::size_t length = 0;  // length of the label so far
  for (const char c : text) {
    if (c != '.') {
      if (++length > kMaxLabel) return std::nullopt;
    } else {
      if (length == 0) return std::nullopt;
      ++labels;
      length = 0;
    }
  }
  if (length == 0) return std::nullopt;
  return labels;
}

Name Name::known(std::string_view text, int labels) {
  Name name;
  name.size_ = static_cast<std::uint8_t>(text.copy(name.text_.data(), kMaxText));
  name.labels_ = static_cast<std::uint8_t>(labels);
  return name;
}

std::optional<Name> Name::parse(std::string_view text) {
  std::optional<Name> name;  // returned on every path, so that it is built in the caller's storage
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > kMaxText) return name;
  const auto labels = count_labels(text);
  if (!labels) return name;
  name.emplace();
  base::copy_lower(text, name->text_.data());
  name->size_ = static_cast<std::uint8_t>(text.size());
  name->labels_ = static_cast<std::uint8_t>(*labels);
  return name;
}

bool Name::is_within(const Name& ancestor) const {
  if (ancestor.is_root()) return true;
  const std::string_view own = text();
  const std::string_view above = ancestor.text();
  if (!own.ends_with(above)) return false;
  return own.size() == above.size() || own[own.size() - above.size() - 1] == '.';
}

Name Name::parent() const {
  const auto dot = text().find('.');
  return dot == std::string_view::npos ? Name() : known(text().substr(dot + 1), labels_ - 1);
}

}  // namespace dns
