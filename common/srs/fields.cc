#include "common/srs/fields.h"

#include "common/base/text.h"

namespace srs {

namespace {

constexpr std::size_t kTagSize = 4;

// Removes the text up to the next "=" and returns it without the "=". Returns nothing if there is no "=".
std::optional<std::string_view> cut(std::string_view& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view field = text.substr(0, equals);
  text.remove_prefix(equals + 1);
  return field;
}

bool is_separator(char c) { return kSeparators.find(c) != std::string_view::npos; }

}  // namespace

Tag tag_of(std::string_view local) {
  if (local.size() <= kTagSize || !is_separator(local[kTagSize])) return Tag::none;
  if (base::starts_with_ignoring_case(local, "SRS0")) return Tag::srs0;
  if (base::starts_with_ignoring_case(local, "SRS1")) return Tag::srs1;
  return Tag::none;
}

std::string_view behind_tag(std::string_view local) { return local.substr(kTagSize); }

std::optional<Srs0> parse_srs0(std::string_view local) {
  if (tag_of(local) != Tag::srs0) return std::nullopt;
  std::string_view text = behind_tag(local).substr(1);
  const auto hash = cut(text);
  const auto stamp = cut(text);
  const auto domain = cut(text);
  if (!hash || !stamp || !domain) return std::nullopt;
  return Srs0{*hash, *stamp, *domain, text};
}

std::optional<Srs1> parse_srs1(std::string_view local) {
  if (tag_of(local) != Tag::srs1) return std::nullopt;
  std::string_view text = behind_tag(local).substr(1);
  const auto hash = cut(text);
  const auto host = cut(text);
  if (!hash || !host || text.empty() || !is_separator(text.front())) return std::nullopt;
  return Srs1{*hash, *host, text};
}

}  // namespace srs
