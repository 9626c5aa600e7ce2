#include "common/spf/near_miss.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

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

struct NearMiss {
  std::string reason;      // why it is not a record
  std::string_view terms;  // what follows its version, with whatever separates them
};

// Returns why the version is not SPF's; empty: it is, or this is not a version. `number` is what follows "v=spf".
std::string wrong_version(std::string_view number) {
  const std::string_view digits = number.substr(0, number.find_first_not_of("0123456789"));
  const std::string_view after = number.substr(digits.size());
  if (digits == "1" || (!after.empty() && std::string_view(" ;:,").find(after.front()) == std::string_view::npos)) return {};
  return fmt::format("it begins with \"v=spf{}\", not with \"v=spf1\"", base::clip(digits, 10));
}

// Returns nothing if the text was probably not meant to be an SPF record.
std::optional<NearMiss> near_miss_of(std::string_view text) {
  std::string_view rest = text;
  const Stray* const before = skip_strays(rest);
  // "v", "=" or ":", "spf" and the number, with strays in between.
  if (base::starts_with_ignoring_case(rest, "spf1 "))
    return NearMiss{"it begins with \"spf1\", not with \"v=spf1\"", rest.substr(4)};
  if (!base::starts_with_ignoring_case(rest, "v")) return std::nullopt;
  rest.remove_prefix(1);
  const Stray* within = skip_strays(rest);
  const bool has_colon = rest.starts_with(':');
  if (!has_colon && !rest.starts_with('=')) return std::nullopt;
  rest.remove_prefix(1);
  if (const Stray* more = skip_strays(rest); within == nullptr) within = more;
  if (!base::starts_with_ignoring_case(rest, "spf")) return std::nullopt;
  rest.remove_prefix(3);
  if (std::string wrong = wrong_version(rest); !wrong.empty())
    return NearMiss{std::move(wrong), rest.substr(std::min(rest.find_first_not_of("0123456789"), rest.size()))};
  if (!rest.starts_with('1')) return std::nullopt;
  rest.remove_prefix(1);
  if (before != nullptr) return NearMiss{fmt::format("it has {} before \"v=spf1\"", before->name), rest};
  if (has_colon) return NearMiss{"it begins with \"v:spf1\", not with \"v=spf1\"", rest};
  if (within != nullptr) return NearMiss{fmt::format("it has {} in \"v=spf1\"", within->name), rest};
  if (const Stray* after = stray_at(rest))
    return NearMiss{fmt::format("it has {} where a blank must follow \"v=spf1\"", after->name), rest};
  return NearMiss{fmt::format("\"v=spf1\" must be followed by a blank, not by {}", base::in_quotes(rest, 20, '\'')), rest};
}

// Returns the first one among the texts.
std::optional<NearMiss> first_near_miss(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (auto found = near_miss_of(text)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::string near_miss(const std::vector<std::string>& texts) {
  auto found = first_near_miss(texts);
  return found ? std::move(found->reason) : std::string();
}

std::string_view terms_of_near_miss(const std::vector<std::string>& texts) {
  const auto found = first_near_miss(texts);
  return found ? found->terms : std::string_view();
}

}  // namespace spf
