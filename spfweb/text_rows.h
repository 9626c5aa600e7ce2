// The parts of the table of texts, each in its own file.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "spfweb/texts.h"

namespace spfweb {

struct TextRow {
  Text text;
  std::array<std::string_view, kLanguages.size()> in;  // in the order of the languages
};

// Both in the order of Text, the second after the first.
std::span<const TextRow> texts_of_why();    // common texts and the page about refusals
std::span<const TextRow> texts_of_check();  // examination, errors, wizard

}  // namespace spfweb
