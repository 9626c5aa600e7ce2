#include "common/spf/near_miss.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace spf {

namespace {

// Bytes that editors, word processors and web forms add.
struct Stray {
  std::string_view bytes;
  std::string_view name;
};
constexpr std::array<Stray, 15> kStrays = {{{" ", "a blank"},
                                            {"\t", "a tab"},
                                            {"\r", "a line end"},
                                            {"\n", "a line end"},
                                            {"\"", "a quotation mark"},
                                            {"'", "a quotation mark"},
                                            {"\xef\xbb\xbf", "a byte order mark"},
                                            {"\xe2\x80\x9c", "a typographic quotation mark"},
                                            {"\xe2\x80\x9d", "a typographic quotation mark"},
                                            {"\xe2\x80\x9e", "a typographic quotation mark"},
                                            {"\xe2\x80\x98", "a typographic quotation mark"},
                                            {"\xe2\x80\x99", "a typographic quotation mark"},
                                            {"\xc2\xab", "a typographic quotation mark"},
                                            {"\xe2\x80\x8b", "a zero-width space"},
                                            {"\xc2\xa0", "a no-break space"}}};

// Returns the stray at the beginning of the text, or null.
const Stray* stray_at(std::string_view text) {
  const auto* const found =
      std::find_if(kStrays.begin(), kStrays.end(), [text](const Stray& stray) { return text.starts_with(stray.bytes); });
  return found == kStrays.end() ? nullptr : found;
}

// Removes strays from the beginning; returns the first one, or null.
const Stray* skip_strays(std::string_view& text) {
  const Stray* const first = stray_at(text);
  for (const Stray* stray = first; stray != nullptr; stray = stray_at(text)) text.remove_prefix(stray->bytes.size());
  return first;
}

// Returns why the text is not an SPF record if it was probably meant to be one; otherwise an empty text.
std::string near_miss_of(std::string_view text) {
  std::string_view rest = text;
  const Stray* const before = skip_strays(rest);
  // "v", "=" or ":", and "spf1", with strays in between.
  const Stray* within = nullptr;
  if (base::starts_with_ignoring_case(rest, "spf1 ")) return "it begins with \"spf1\", not with \"v=spf1\"";
  if (!base::starts_with_ignoring_case(rest, "v")) return {};
  rest.remove_prefix(1);
  within = skip_strays(rest);
  const bool has_colon = rest.starts_with(':');
  if (!has_colon && !rest.starts_with('=')) return {};
  rest.remove_prefix(1);
  if (const Stray* more = skip_strays(rest); within == nullptr) within = more;
  if (!base::starts_with_ignoring_case(rest, "spf1")) return {};
  rest.remove_prefix(4);
  if (before != nullptr) return fmt::format("it has {} before \"v=spf1\"", before->name);
  if (has_colon) return "it begins with \"v:spf1\", not with \"v=spf1\"";
  if (within != nullptr) return fmt::format("it has {} in \"v=spf1\"", within->name);
  if (const Stray* after = stray_at(rest)) return fmt::format("it has {} where a blank must follow \"v=spf1\"", after->name);
  return fmt::format("\"v=spf1\" must be followed by a blank, not by {}", base::in_quotes(rest, 20, '\''));
}

}  // namespace

std::string near_miss(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (auto found = near_miss_of(text); !found.empty()) return found;
  }
  return {};
}

}  // namespace spf
