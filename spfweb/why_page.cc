#include "spfweb/why_page.h"

#include <fmt/core.h>

#include <chrono>

#include "common/base/text.h"
#include "common/spf/result.h"
#include "spfweb/check_page.h"
#include "spfweb/recipe.h"

namespace spfweb {

namespace {

// Returns whether a record excludes the server. An error or a rule of this site is not a sign of that.
bool is_by_record(const token::Facts& facts) {
  return facts.cause != token::Cause::site_rule && facts.cause != token::Cause::none;
}

Text cause_text(const token::Facts& facts) {
  if (is_by_record(facts) && facts.identity == spf::Identity::helo) return Text::cause_helo;
  switch (facts.cause) {
    case token::Cause::last_word: return Text::cause_last_word;
    case token::Cause::sends_no_mail: return Text::cause_no_mail;
    case token::Cause::term: return Text::cause_term;
    case token::Cause::site_rule: return Text::cause_site_rule;
    case token::Cause::none: break;
  }
  return facts.result == spf::Result::none ? Text::cause_no_record : Text::cause_error;
}

// Returns "2026-11-26 09:30".
std::string time_text(std::uint64_t minute) {
  const std::chrono::sys_time<std::chrono::minutes> time{std::chrono::minutes(minute)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count());
}

Html code(std::string_view text) { return Html() << "<code>"_html << shown(text) << "</code>"_html; }

// Returns whether the terms of a record lead to the result (RFC 7208 §2.6).
bool is_of_terms(std::string_view result) { return result != "none" && result != "permerror" && result != "temperror"; }

// Larger trees are on the page of the examination, so that this one stays small.
constexpr std::size_t kMaxTreeLines = 150;

// Adds the part for the administrator of the domain's mail: the tree with the deciding term, the nearest miss, the change.
void add_admin(const View& view, const Present& present, const std::optional<Examined>& examined, Html& out) {
  if (!present.term.empty()) out << paragraph(view.say(Text::case_admin_term, {code(present.term)}));
  if (present.term.empty() && present.problem.empty() && is_of_terms(present.result))
    out << paragraph(view.say(Text::case_admin_none));
  if (examined && examined->is_complete && examined->report.tree.lines.size() <= kMaxTreeLines) out << tree_of(view, *examined);
  if (!present.details.empty()) {
    if (view.language != Language::en) out << paragraph(view.say(Text::english));
    out << "<ul>\n"_html;
    for (const std::string& sentence : present.details) out << "<li>"_html << english(sentence) << "</li>\n"_html;
    out << "</ul>\n"_html;
  }
  if (present.change) {
    const PresentChange& change = *present.change;
    out << "<h4>"_html << view.say(Text::change_title) << "</h4>\n"_html;
    // A repair gives the server a result, which need not be a pass.
    const bool lets_pass = is_of_terms(present.result);
    if (lets_pass) out << paragraph(view.say(Text::change_text));
    out << block({fmt::format("{}. IN TXT {}", change.name, zone_strings(change.record))});
    if (!change.lookups.empty()) out << paragraph(view.say(Text::change_lookups, {Html() << change.lookups, number(10)}));
    if (lets_pass) out << paragraph(Html() << "<strong>"_html << view.say(Text::change_yours) << "</strong>"_html);
  }
}

void add_theirs(const View& view, std::string_view domain, const Present& present, Html& out) {
  if (present.theirs.empty()) return;
  out << paragraph(view.say(Text::theirs, {shown(domain)})) << "<blockquote><p>"_html << shown(present.theirs)
      << "</p></blockquote>\n"_html;
}

Html present_text(const View& view, spf::Result before, const Present& present) {
  if (!present.problem.empty()) return view.say(Text::now_unknown, {english(present.problem)});
  const std::string_view was = spf::result_name(before);
  if (present.result == "pass" && was != "pass") return view.say(Text::now_pass);
  if (present.result == was) return view.say(Text::now_same, {Html() << was});
  return view.say(Text::now_other, {Html() << was, Html() << present.result});
}

// The values in the text for administrators.
struct Copied {
  Html domain, address, host, link;
};

// Adds the question to the sender, and the first case.
void add_sender(const View& view, const Copied& copied, Html& out) {
  out << heading(view.say(Text::why_question)) << "<h3>"_html << view.say(Text::why_no) << "</h3>\n"_html
      << paragraph(view.say(Text::why_no_text)) << "<h3>"_html << view.say(Text::why_yes) << "</h3>\n"_html
      << paragraph(view.say(Text::why_yes_text)) << "<section><h3>1. "_html << view.say(Text::case_sender) << "</h3>\n"_html
      << paragraph(view.say(Text::case_sender_text, {copied.domain})) << paragraph(view.say(Text::case_sender_copy))
      << "<pre tabindex=\"0\">"_html << view.say(Text::copy_text, {copied.domain, copied.address, copied.host, copied.link})
      << "</pre>\n</section>\n"_html;
}

}  // namespace

std::string why_page(const View& view, const token::Facts& facts, std::string_view link, const std::optional<Present>& present,
                     const std::optional<Examined>& examined) {
  const Html domain = shown(facts.domain);
  const std::string client = facts.client.text();
  const Html address = shown(client);
  const Html cause = view.say(cause_text(facts), {domain, address});
  // Only in this case was the sender's address forged, or did its owner use another site's server.
  const bool is_sender_excluded = is_by_record(facts) && facts.identity == spf::Identity::mailfrom;
  Html out;
  out << "<p class=\"lead\">"_html << cause << "</p>\n"_html
      << paragraph(view.say(Text::why_when, {Html() << time_text(facts.minute)}));
  if (present) {
    out << (present->result == "pass" ? "<div class=\"box good\">"_html : "<div class=\"box\">"_html)
        << paragraph(present_text(view, facts.result, *present)) << "</div>\n"_html;
  } else {
    out << "<div class=\"box\">"_html << paragraph(view.say(Text::busy)) << "</div>\n"_html;
  }
  if (is_sender_excluded) {
    add_sender(view, {domain, address, Html() << view.host, Html() << link}, out);
  } else {
    out << paragraph(view.say(Text::case_other_copy, {domain})) << "<pre tabindex=\"0\">"_html << cause << " "_html << link
        << "</pre>\n"_html;
  }

  out << "<section><h3>"_html << (is_sender_excluded ? "2. " : "") << view.say(Text::case_admin, {domain}) << "</h3>\n"_html;
  if (present) {
    add_admin(view, *present, examined, out);
    add_theirs(view, facts.domain, *present, out);
  }
  out << "<p><a href=\""_html << view.url("/check?domain=" + url_encoded(facts.domain) + "&ip=" + url_encoded(client))
      << "\">"_html << view.say(Text::nav_check) << "</a></p>\n</section>\n"_html;

  if (is_sender_excluded)
    out << "<section><h3>3. "_html << view.say(Text::case_forward) << "</h3>\n"_html
        << paragraph(view.say(Text::case_forward_text, {address})) << "</section>\n"_html;
  if (!facts.helo.empty() && facts.identity == spf::Identity::mailfrom)
    out << paragraph(Html() << view.say(Text::label_helo) << view.say(Text::colon) << shown(facts.helo));
  out << paragraph(view.say(Text::privacy));
  return page(view, view.say(Text::why_title), out);
}

Claim Claim::read(const Parameters& parameters) {
  Claim claim;
  claim.ip = parameters.value("ip");
  claim.helo = parameters.value("helo");
  claim.sender = parameters.value("sender");
  if (!claim.sender.empty()) return claim;
  // openspf's "s" is the scope, and "id" the identity; in other links "s" is the sender.
  const std::string_view scope = parameters.value("s");
  claim.is_old = parameters.has("s") || parameters.has("id");
  const bool is_openspf = parameters.has("id");
  claim.sender = is_openspf ? parameters.value("id") : scope;
  if (is_openspf && base::equals_ignoring_case(scope, "helo")) claim.helo = claim.sender;
  return claim;
}

std::string claim_page(const View& view, const Claim& claim, const Html& note, const std::optional<Examined>& examined) {
  Html out;
  if (!note.empty()) out << "<div class=\"box\" role=\"status\">"_html << paragraph(note) << "</div>\n"_html;
  if (examined) {
    Present present;
    present.problem = "the check was not finished";
    if (examined->present) present = *examined->present;
    const std::string_view domain = std::string_view(claim.sender).substr(claim.sender.rfind('@') + 1);
    out << heading(view.say(Text::entered));
    if (!present.problem.empty()) {
      out << paragraph(view.say(Text::now_unknown, {english(present.problem)}));
    } else {
      out << "<p class=\"lead\">"_html
          << view.say(Text::check_result, {shown(claim.sender), shown(claim.ip), Html() << present.result}) << "</p>\n"_html;
      add_admin(view, present, examined, out);
      add_theirs(view, domain, present, out);
      out << "<p><a href=\""_html << view.url("/check?domain=" + url_encoded(domain) + "&ip=" + url_encoded(claim.ip))
          << "\">"_html << view.say(Text::nav_check) << "</a></p>\n"_html;
    }
  }
  out << paragraph(view.say(Text::form_intro)) << why_form(view, claim.sender, claim.ip, claim.helo);
  return page(view, view.say(Text::why_title), out);
}

}  // namespace spfweb
