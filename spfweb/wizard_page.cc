#include "spfweb/wizard_page.h"

#include <fmt/core.h>

#include <algorithm>

#include "spfweb/check_page.h"
#include "spfweb/providers.h"

namespace spfweb {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

Html wizard_form(const View& view, std::string_view domain, const Recipe& recipe) {
  Html out;
  out << field(view, Text::label_domain, "domain", domain, false) << "<input type=\"hidden\" name=\"made\" value=\"1\">\n"_html
      << choice(view.say(Text::wiz_no_mail), "checkbox", "none", "1", recipe.no_mail)
      << field(view, Text::wiz_own, "net", joined(recipe.networks), true) << paragraph(view.say(Text::wiz_own_help))
      << field(view, Text::wiz_names, "host", joined(recipe.names), true)
      << choice(view.say(Text::wiz_mx), "checkbox", "mx", "1", recipe.mx)
      << choice(view.say(Text::wiz_a), "checkbox", "a", "1", recipe.a) << "<fieldset>\n<legend>"_html
      << view.say(Text::wiz_providers, {Html() << kProvidersDate}) << "</legend>\n"_html;
  for (const Provider& provider : providers())
    out << choice(Html() << provider.name, "checkbox", "by", provider.id, recipe.by.contains(provider.id));
  out << "</fieldset>\n"_html << field(view, Text::wiz_includes, "include", joined(recipe.includes), true)
      << "<fieldset>\n<legend>"_html << view.say(Text::wiz_all) << "</legend>\n"_html
      << choice(view.say(Text::wiz_soft), "radio", "all", "soft", !recipe.is_strict)
      << choice(view.say(Text::wiz_fail), "radio", "all", "fail", recipe.is_strict) << "</fieldset>\n"_html
      << choice(view.say(Text::wiz_below), "checkbox", "below", "1", recipe.below);
  return form(view, "/wizard", out, Text::submit_wizard);
}

Html problems_of(const View& view, const MadeRecord& made) {
  Html out;
  out << "<div class=\"box bad\" role=\"alert\"><ul>\n"_html;
  for (const RecipeProblem& problem : made.problems) {
    const Html first = problem.limit > 0 ? number(problem.number) : shown(problem.value);
    out << "<li>"_html << view.say(problem.text, {first, number(problem.limit)}) << "</li>\n"_html;
  }
  return out << "</ul></div>\n"_html;
}

void add_instructions(const View& view, const dns::Name& domain, const Recipe& recipe, const MadeRecord& made, Html& out) {
  const std::string own = panel_name(domain, false);
  std::vector<std::string> panel = {own, "TXT", made.text};
  const auto add = [&panel](std::initializer_list<std::string> lines) { panel.insert(panel.end(), lines.begin(), lines.end()); };
  if (recipe.no_mail) add({"", own, "MX", "0 ."});
  if (recipe.below || recipe.no_mail) add({"", panel_name(domain, true), "TXT", "v=spf1 -all"});
  out << heading(view.say(Text::wiz_zone)) << block(zone_lines(domain, recipe, made.text)) << heading(view.say(Text::wiz_panel))
      << block(panel);
  if (own != "@") out << paragraph(view.say(Text::wiz_panel_names));
  std::string client = "192.0.2.25";
  if (!recipe.networks.empty()) client = recipe.networks.front().substr(0, recipe.networks.front().find('/'));
  out << heading(view.say(Text::wiz_test))
      << block({fmt::format("spfquery --record '{}={}' --ip {} --sender postmaster@{}", domain.text(), made.text, client,
                            domain.text())});
  if (!recipe.no_mail) {
    out << heading(view.say(Text::wiz_plan)) << "<ol>\n"_html;
    for (const Text step : {Text::wiz_plan_1, Text::wiz_plan_2, Text::wiz_plan_3})
      out << "<li>"_html << view.say(step) << "</li>\n"_html;
    out << "</ol>\n<details>\n<summary>"_html << view.say(Text::wiz_flat) << "</summary>\n"_html
        << paragraph(view.say(Text::wiz_flat_text)) << "</details>\n"_html;
  }
}

// Returns the note about the present record when the form is filled in from it.
Html filled_note(const View& view, std::string_view text, const Filled& filled) {
  Html out;
  out << view.say(Text::wiz_filled) << "<br><code>"_html << shown(text) << "</code>"_html;
  if (filled.left_out.empty()) return out;
  out << "<br>"_html << view.say(Text::wiz_left_out);
  for (std::size_t i = 0; i < std::min(filled.left_out.size(), kMaxEntries); ++i)
    out << " <code>"_html << shown(filled.left_out[i]) << "</code>"_html;
  return out << (filled.left_out.size() > kMaxEntries ? " …" : "");
}

}  // namespace

std::string filled_page(const View& view, std::string_view domain, const Recipe& recipe, const Examined& examined) {
  const lint::Tree& tree = examined.report.tree;
  const lint::Record* const root = tree.records.empty() ? nullptr : &tree.root();
  const auto with = [&](const Html& note, const Recipe& filled) { return wizard_page(view, domain, filled, {}, {}, note); };
  if (root == nullptr || !examined.is_complete) return with(view.say(Text::wiz_unknown), recipe);
  if (const auto* const several = root->get<lint::Record::Several>())
    return with(view.say(Text::wiz_several, {number(several->count)}), recipe);
  if (const auto* const none = root->get<lint::Record::None>()) {
    Html note = view.say(Text::wiz_none);
    if (!none->near_miss.empty()) note << " "_html << english(none->near_miss);
    return with(note, recipe);
  }
  if (!root->is_found()) return with(view.say(Text::wiz_unknown), recipe);
  const Filled filled = Filled::from(root->text());
  return with(filled_note(view, root->text(), filled), filled.recipe);
}

std::string wizard_page(const View& view, std::string_view domain, const Recipe& recipe, const std::optional<MadeRecord>& made,
                        const std::optional<Examined>& examined, const Html& note) {
  Html out;
  if (!note.empty()) out << "<div class=\"box\" role=\"status\">"_html << paragraph(note) << "</div>\n"_html;
  out << paragraph(view.say(Text::wiz_intro)) << paragraph(view.say(Text::wiz_nothing_stored));
  if (made) {
    out << heading(view.say(Text::wiz_record));
    if (!made->problems.empty()) out << problems_of(view, *made);
    out << block({made->text}) << paragraph(view.say(Text::octets, {number(made->text.size())}));
  }
  if (made && examined && made->problems.empty()) {
    out << report_of(view, *examined);
    if (examined->report.count(lint::Severity::error) == 0) add_instructions(view, examined->report.domain, recipe, *made, out);
  }
  out << wizard_form(view, domain, recipe);
  return page(view, view.say(Text::wiz_title), out);
}

}  // namespace spfweb
