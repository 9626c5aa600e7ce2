#include "common/lint/strays.h"

#include <algorithm>
#include <array>

#include "common/base/text.h"

namespace lint {

namespace {

// Characters that editors, word processors and web pages put into records.
struct Row {
  std::string_view bytes;
  std::string_view name;
  std::string_view instead;
};
// NOLINTBEGIN(misc-misleading-bidirectional)
constexpr std::array kStrays = std::to_array<Row>({
    {"\xc2\xa0", "a no-break space (U+00A0)", "a blank"},
    {"\xe2\x80\xaf", "a narrow no-break space (U+202F)", "a blank"},
    {"\xe2\x80\x8b", "a zero-width space (U+200B)", "nothing"},
    {"\xe2\x80\x8c", "a zero-width non-joiner (U+200C)", "nothing"},
    {"\xe2\x80\x8d", "a zero-width joiner (U+200D)", "nothing"},
    {"\xe2\x81\xa0", "a word joiner (U+2060)", "nothing"},
    {"\xef\xbb\xbf", "a byte order mark (U+FEFF)", "nothing"},
    {"\xe2\x80\x8e", "a left-to-right mark (U+200E)", "nothing"},
    {"\xe2\x80\x8f", "a right-to-left mark (U+200F)", "nothing"},
    {"\xe2\x80\xaa", "a mark for the direction of writing (U+202A)", "nothing"},
    {"\xe2\x80\xab", "a mark for the direction of writing (U+202B)", "nothing"},
    {"\xe2\x80\xac", "a mark for the direction of writing (U+202C)", "nothing"},
    {"\xe2\x80\xad", "a mark for the direction of writing (U+202D)", "nothing"},
    {"\xe2\x80\xae", "a mark for the direction of writing (U+202E)", "nothing"},
    {"\xe2\x80\x90", "a typographic hyphen (U+2010)", "-"},
    {"\xe2\x80\x91", "a no-break hyphen (U+2011)", "-"},
    {"\xe2\x80\x93", "an en dash (U+2013)", "-"},
    {"\xe2\x80\x94", "an em dash (U+2014)", "-"},
    {"\xe2\x88\x92", "a minus sign (U+2212)", "-"},
    {"\xcb\x9c", "a small tilde (U+02DC)", "~"},
    {"\xe2\x88\xbc", "a tilde operator (U+223C)", "~"},
    {"\xe2\x80\x9c", "a typographic quotation mark (U+201C)", "nothing"},
    {"\xe2\x80\x9d", "a typographic quotation mark (U+201D)", "nothing"},
    {"\xe2\x80\x9e", "a typographic quotation mark (U+201E)", "nothing"},
    {"\xe2\x80\x98", "a typographic quotation mark (U+2018)", "nothing"},
    {"\xe2\x80\x99", "a typographic quotation mark (U+2019)", "nothing"},
    {"\t", "a tab", "a blank"},
    {"\r", "a carriage return", "a blank"},
    {"\n", "a line feed", "a blank"},
});
// NOLINTEND(misc-misleading-bidirectional)

const Row* stray_at(std::string_view text) {
  const auto* const row = std::ranges::find_if(kStrays, [&](const Row& one) { return text.starts_with(one.bytes); });
  return row == kStrays.end() ? nullptr : row;
}

}  // namespace

std::optional<Stray> find_stray(std::string_view term) {
  for (std::size_t at = 0; at < term.size(); ++at) {
    if (const Row* const row = stray_at(term.substr(at)))
      return Stray{row->name, row->instead, static_cast<unsigned char>(row->bytes.front()) < 0x80};
  }
  return std::nullopt;
}

std::string without_strays(std::string_view term) {
  std::string out;
  while (!term.empty()) {
    const Row* const row = stray_at(term);
    if (row == nullptr) {
      out += term.front();
    } else if (row->instead != "nothing") {
      out += row->instead == "a blank" ? std::string_view(" ") : row->instead;
    }
    term.remove_prefix(row == nullptr ? 1 : row->bytes.size());
  }
  return std::string(base::strip(out));
}

std::string printable_part(std::string_view term) {
  std::string out;
  for (const char c : term) {
    if (base::is_printable(c)) out += c;
  }
  return out;
}

}  // namespace lint
