#include "spfweb/html.h"

#include <fmt/core.h>

#include "common/base/text.h"

namespace spfweb {

namespace {

// The size in bytes of a UTF-8 character and its number. The size 0 means that it is not valid (RFC 3629 §4).
struct Character {
  std::size_t size = 0;
  char32_t number = 0;
};
Character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, lead};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (size > text.size() || !base::is_utf8(text.substr(0, size))) return {};
  char32_t number = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) number = number << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
  return {size, number};
}

// Returns whether a character is invisible, or changes how other text is shown.
bool is_unruly(char32_t number) {
  return number < 0x20 || (number >= 0x7f && number <= 0x9f) || number == 0xad || number == 0x61c || number == 0x180e ||
         (number >= 0x200b && number <= 0x200f) || (number >= 0x2028 && number <= 0x202e) ||
         (number >= 0x2060 && number <= 0x206f) || number == 0xfeff || (number >= 0xfff9 && number <= 0xfffb) ||
         (number >= 0xe0000 && number <= 0xe0fff);
}

}  // namespace

Html& Html::operator<<(std::string_view text) {
  while (!text.empty()) {
    const auto [size, number] = first_of(text);
    if (size == 0) {
      out_ += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    switch (number) {
      case '&': out_ += "&amp;"; break;
      case '<': out_ += "&lt;"; break;
      case '>': out_ += "&gt;"; break;
      case '"': out_ += "&quot;"; break;
      case '\'': out_ += "&#39;"; break;
      default:
        if (!is_unruly(number)) {
          out_ += text.substr(0, size);
        } else {
          out_ += number < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(number))
                                 : fmt::format("\\u{:04x}", static_cast<unsigned>(number));
        }
    }
    text.remove_prefix(size);
  }
  return *this;
}

Html& Html::operator<<(std::uint64_t number) {
  out_ += std::to_string(number);
  return *this;
}

Html& Html::show(std::string_view value) {
  const bool is_cut = value.size() > kMaxShown;
  std::size_t size = is_cut ? kMaxShown : value.size();
  // A character is not cut in two.
  while (is_cut && size > 0 && (static_cast<unsigned char>(value[size]) & 0xc0U) == 0x80U) --size;
  return *this << "<bdi>"_html << value.substr(0, size) << (is_cut ? "…" : "") << "</bdi>"_html;
}

std::string url_encoded(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (base::is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace spfweb
