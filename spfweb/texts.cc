#include "spfweb/texts.h"

#include "spfweb/text_rows.h"

namespace spfweb {

std::string_view text_of(Text text, Language language) {
  const auto index = static_cast<std::size_t>(text);
  const std::span<const TextRow> why = texts_of_why();
  const TextRow& row = index < why.size() ? why[index] : texts_of_check()[index - why.size()];
  return row.in.at(static_cast<std::size_t>(language));
}

Html say(Language language, Text text, std::initializer_list<Html> values) {
  Html out;
  std::string_view rest = text_of(text, language);
  const std::span<const Html> given(values.begin(), values.size());
  while (true) {
    const std::size_t open = rest.find('{');
    if (open == std::string_view::npos) return out << rest;
    const auto place = static_cast<std::size_t>(rest[open + 1] - '0');
    out << rest.substr(0, open);
    if (place < given.size()) out << given[place];
    rest.remove_prefix(open + 3);
  }
}

}  // namespace spfweb
