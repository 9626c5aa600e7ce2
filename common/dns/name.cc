#include "common/dns/name.h"

#include <algorithm>

#include "common/base/text.h"

namespace dns {

namespace {

// Nothing when one is empty or too long.
std::optional<int> count_labels(std::string_view text) {
  if (text.empty()) return 0;
  int labels = 0;
  for (std::size_t begin = 0; begin <= text.size(); ++labels) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    if (end == begin || end - begin > Name::kMaxLabel) return std::nullopt;
    begin = end + 1;
  }
  return labels;
}

// Compilers take a whole block in one go.
constexpr std::size_t kBlock = 16;

void lower_block(char* block) {
  for (std::size_t i = 0; i < kBlock; ++i) block[i] = base::to_lower(block[i]);
}

}  // namespace

Name Name::known(std::string_view text, int labels) {
  Name name;
  name.size_ = static_cast<std::uint8_t>(text.copy(name.text_.data(), kMaxText));
  name.labels_ = static_cast<std::uint8_t>(labels);
  return name;
}

std::optional<Name> Name::parse(std::string_view text) {
  std::optional<Name> name;  // what every return gives, so that it is made where it is wanted
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > kMaxText || !base::all_printable(text)) return name;
  const auto labels = count_labels(text);
  if (!labels) return name;
  name.emplace();
  static_assert(sizeof(text_) % kBlock == 0 && sizeof(text_) >= kMaxText);
  char* const out = name->text_.data();
  std::memset(out + text.size() / kBlock * kBlock, 0, kBlock);  // so that no byte of the last block is unknown
  std::memcpy(out, text.data(), text.size());
  for (std::size_t at = 0; at < text.size(); at += kBlock) lower_block(out + at);
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
