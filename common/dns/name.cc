#include "common/dns/name.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"

namespace dns {

namespace {

// In lower case; NUL where a name cannot hold the byte.
constexpr auto kLower = [] {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    table[i] = base::is_printable(c) ? base::to_lower(c) : '\0';
  }
  return table;
}();

}  // namespace

std::optional<Name> Name::parse(std::string_view text) {
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (text.size() > kMaxText) return std::nullopt;
  std::optional<Name> name(std::in_place);
  std::size_t begin = 0;  // of the label
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = kLower[static_cast<unsigned char>(text[i])];
    if (c == '\0') return std::nullopt;
    name->text_[i] = c;
    if (c != '.') continue;
    if (i == begin || i - begin > kMaxLabel) return std::nullopt;
    begin = i + 1;
  }
  if (!text.empty() && (text.size() == begin || text.size() - begin > kMaxLabel)) return std::nullopt;
  name->size_ = static_cast<std::uint8_t>(text.size());
  return name;
}

int Name::labels() const {
  if (is_root()) return 0;
  const std::string_view all = text();
  return 1 + static_cast<int>(std::count(all.begin(), all.end(), '.'));
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
  if (dot == std::string_view::npos) return {};
  Name above;
  const std::string_view rest = text().substr(dot + 1);
  std::copy(rest.begin(), rest.end(), above.text_.begin());
  above.size_ = static_cast<std::uint8_t>(rest.size());
  return above;
}

}  // namespace dns
