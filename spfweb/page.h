// The common frame of all pages, and the elements that they share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spfweb/html.h"
#include "spfweb/language.h"
#include "spfweb/parameters.h"
#include "spfweb/texts.h"

namespace spfweb {

// How a page is shown.
struct View {
  std::string_view host;    // the name of this site
  std::string_view prefix;  // of all paths: "" or "/spf"
  Language language = Language::en;
  bool is_language_chosen = false;  // by the parameter "lang", which all links then keep
  std::string path;                 // of this page, as written in a URL, without prefix and parameters
  Parameters parameters;

  // Returns the URL of a path of this site, without its host.
  [[nodiscard]] std::string url(std::string_view to) const;
  [[nodiscard]] Html say(Text text, std::initializer_list<Html> values = {}) const { return spfweb::say(language, text, values); }
};

// Returns the whole page. `title`: text without markup; also its first heading.
std::string page(const View& view, const Html& title, const Html& body);

Html paragraph(const Html& content);
Html heading(const Html& content);
// Returns a text in a language other than the page's, English.
Html english(std::string_view text);
// Returns lines of text to be copied.
Html block(const std::vector<std::string>& lines);
// Returns a form that sends its fields to a path of this site.
Html form(const View& view, std::string_view path, const Html& fields, Text submit);
// Returns a field of a form with its label.
Html field(const View& view, Text label, std::string_view name, std::string_view value, bool is_optional);
// Returns a choice of a form. type: "checkbox" or "radio".
Html choice(const Html& label, std::string_view type, std::string_view name, std::string_view value, bool is_chosen);
// Returns the form for the examination, and that for the values of a refusal.
Html check_form(const View& view, std::string_view domain, std::string_view ip);
Html why_form(const View& view, std::string_view sender, std::string_view ip, std::string_view helo);

// The files that the pages use: style.css, script.js and icon.svg.
extern const std::string_view kStyle;
extern const std::string_view kScript;
extern const std::string_view kIcon;

}  // namespace spfweb
