// HTML that is built piece by piece. All output goes through this type: markup is a literal of our own code, checked by the
// compiler, and everything else is escaped.
//
// Untrusted values are shown with show(): in their own direction, cut, and without characters that change how other text looks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace spfweb {

// Markup of our own: only a literal can become one.
class Markup {
 public:
  consteval explicit Markup(std::string_view literal) : text_(literal) {}
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};
consteval Markup operator""_html(const char* text, std::size_t size) { return Markup(std::string_view(text, size)); }

class Html {
 public:
  Html() = default;

  Html& operator<<(Markup markup) {
    out_ += markup.text();
    return *this;
  }
  // Appends text, escaped for content and for attributes in double quotes. Characters that are not shown, or that change the
  // direction of other text, and invalid UTF-8 become escapes like \x00 or \u202e.
  Html& operator<<(std::string_view text);
  Html& operator<<(const std::string& text) { return *this << std::string_view(text); }
  Html& operator<<(const char* text) { return *this << std::string_view(text); }
  Html& operator<<(const Html& html) {
    out_ += html.out_;
    return *this;
  }
  Html& operator<<(std::uint64_t number);
  // Appends an untrusted value, isolated from the text around it and cut.
  Html& show(std::string_view value);

  [[nodiscard]] bool empty() const { return out_.empty(); }
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  std::string out_;
};

// Returns the value of a query parameter, with every byte that is not unreserved as %NN (RFC 3986 §2.3).
std::string url_encoded(std::string_view value);

// Values longer than this, in bytes, are cut where they are shown.
inline constexpr std::size_t kMaxShown = 300;

}  // namespace spfweb
