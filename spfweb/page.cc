#include "spfweb/page.h"

#include "common/base/version.h"

namespace spfweb {

namespace {

// The links to other languages keep the parameters up to this size, in bytes: longer ones would make a page many times as large
// as its request.
constexpr std::size_t kMaxKept = 6000;

void add_languages(const View& view, Html& out) {
  out << "<nav class=\"languages\" aria-label=\""_html << view.say(Text::language) << "\"><ul>"_html;
  std::string others = view.parameters.without("lang");
  if (others.size() > kMaxKept) others.clear();
  for (const Language language : kLanguages) {
    out << "<li><a hreflang=\""_html << language_code(language) << "\" lang=\""_html << language_code(language) << "\""_html;
    if (language == view.language) out << " aria-current=\"true\""_html;
    out << " href=\""_html << view.prefix << view.path << "?"_html << others << (others.empty() ? "" : "&") << "lang="_html
        << language_code(language) << "\">"_html << language_name(language) << "</a></li>"_html;
  }
  out << "</ul></nav>"_html;
}

}  // namespace

std::string View::url(std::string_view to) const {
  std::string out(prefix);
  out += to;
  if (is_language_chosen) {
    out += to.find('?') == std::string_view::npos ? "?lang=" : "&lang=";
    out += language_code(language);
  }
  return out;
}

std::string page(const View& view, const Html& title, const Html& body) {
  const Html site = view.say(Text::site, {Html() << view.host});
  Html out;
  out << "<!DOCTYPE html>\n<html lang=\""_html << language_code(view.language)
      << "\">\n<head>\n<meta charset=\"utf-8\">\n<title>"_html << title << " – "_html << site << "</title>\n"_html
      << "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"_html
      << "<meta name=\"color-scheme\" content=\"light dark\">\n"_html
      << "<link rel=\"icon\" type=\"image/svg+xml\" href=\""_html << view.prefix << "/icon.svg\">\n"_html
      << "<link rel=\"stylesheet\" href=\""_html << view.prefix << "/style.css\">\n<script src=\""_html << view.prefix
      << "/script.js\" defer></script>\n</head>\n<body>\n<header>\n<a class=\"site\" href=\""_html << view.url("/") << "\">"_html
      << site << "</a>\n"_html;
  add_languages(view, out);
  out << "\n</header>\n<main>\n<h1>"_html << title << "</h1>\n"_html << body << "</main>\n<footer>\n<p>"_html
      << view.say(Text::footer) << "</p>\n<p>spfweb "_html << base::kVersion << "</p>\n</footer>\n</body>\n</html>\n"_html;
  return out.text();
}

Html paragraph(const Html& content) { return Html() << "<p>"_html << content << "</p>\n"_html; }

Html heading(const Html& content) { return Html() << "<h2>"_html << content << "</h2>\n"_html; }

Html english(std::string_view text) { return Html() << "<span lang=\"en\">"_html << text << "</span>"_html; }

Html block(const std::vector<std::string>& lines) {
  Html out;
  out << "<pre tabindex=\"0\">"_html;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out << "\n"_html;
    out << lines[i];
  }
  return out << "</pre>\n"_html;
}

Html form(const View& view, std::string_view path, const Html& fields, Text submit) {
  Html out;
  out << "<form method=\"get\" action=\""_html << view.prefix << path << "\">\n"_html << fields;
  if (view.is_language_chosen)
    out << "<input type=\"hidden\" name=\"lang\" value=\""_html << language_code(view.language) << "\">\n"_html;
  return out << "<button type=\"submit\">"_html << view.say(submit) << "</button>\n</form>\n"_html;
}

Html field(const View& view, Text label, std::string_view name, std::string_view value, bool is_optional) {
  Html out;
  // The label encloses its field: a page may have two forms with fields of the same name, so names cannot serve as ids.
  out << "<p><label>"_html << view.say(label);
  if (is_optional) out << " ("_html << view.say(Text::optional) << ")"_html;
  out << "\n<input type=\"text\" name=\""_html << name << "\" value=\""_html << value
      << "\" maxlength=\"2000\" autocapitalize=\"none\" autocomplete=\"off\" spellcheck=\"false\" dir=\"ltr\""_html;
  if (!is_optional) out << " required"_html;
  return out << "></label></p>\n"_html;
}

Html choice(const Html& label, std::string_view type, std::string_view name, std::string_view value, bool is_chosen) {
  Html out;
  out << "<label class=\"choice\"><input type=\""_html << type << "\" name=\""_html << name << "\" value=\""_html << value
      << "\""_html;
  if (is_chosen) out << " checked"_html;
  return out << "> "_html << label << "</label>\n"_html;
}

Html check_form(const View& view, std::string_view domain, std::string_view ip) {
  return form(view, "/check",
              Html() << field(view, Text::label_domain, "domain", domain, false) << field(view, Text::label_ip, "ip", ip, true),
              Text::submit_check);
}

Html why_form(const View& view, std::string_view sender, std::string_view ip, std::string_view helo) {
  return form(view, "/why",
              Html() << field(view, Text::label_sender, "sender", sender, false) << field(view, Text::label_ip, "ip", ip, false)
                     << field(view, Text::label_helo, "helo", helo, true),
              Text::submit_why);
}

}  // namespace spfweb
