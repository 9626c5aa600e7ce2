// The languages of the pages, and their choice (RFC 9110 §12.5.4).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace spfweb {

enum class Language : std::uint8_t { en, de, fr, es, zh };
inline constexpr std::array<Language, 5> kLanguages = {Language::en, Language::de, Language::fr, Language::es, Language::zh};

// Returns "en" and the like.
std::string_view language_code(Language language);
// Returns the name of the language in itself.
std::string_view language_name(Language language);
// Returns the language of a tag such as "de-AT"; nothing: the pages do not have it.
std::optional<Language> language_of(std::string_view tag);
// Returns the best language for the header field Accept-Language.
Language preferred_language(std::string_view accepted);

}  // namespace spfweb
