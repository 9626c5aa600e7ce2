// The texts of the pages in all languages. A text may contain {0} to {4}, which are replaced by values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "spfweb/html.h"
#include "spfweb/language.h"

namespace spfweb {

enum class Text : std::uint8_t {
  site,
  nav_why,
  nav_check,
  nav_wizard,
  language,
  footer,
  home_intro,
  // Forms.
  label_domain,
  label_ip,
  label_sender,
  label_helo,
  optional,
  colon,  // between a label and its value
  submit_why,
  submit_check,
  submit_wizard,
  // Why.
  why_title,
  cause_last_word,
  cause_no_mail,
  cause_term,
  cause_site_rule,
  cause_error,
  cause_no_record,
  cause_helo,
  why_when,
  why_question,
  why_no,
  why_no_text,
  why_yes,
  why_yes_text,
  case_sender,
  case_sender_text,
  case_sender_copy,
  case_other_copy,
  copy_text,
  case_admin,
  case_admin_term,
  case_admin_none,
  change_title,
  change_text,
  change_lookups,
  change_yours,
  now_pass,
  now_same,
  now_other,
  now_unknown,
  case_forward,
  case_forward_text,
  theirs,
  privacy,
  token_malformed,
  token_forged,
  token_expired,
  old_link,
  form_intro,
  entered,
  // Check.
  check_title,
  check_intro,
  check_result,
  sum_lookups,
  sum_voids,
  sum_size,
  sum_rounds,
  sum_v4,
  sum_v6,
  sum_all,
  sum_of,
  sum_least,
  octets,
  tree_title,
  unfold,
  tree_see,
  tree_none,
  tree_several,
  tree_unknown,
  tree_decides,
  networks_title,
  networks_more,
  findings_title,
  findings_none,
  findings_more,
  severity_error,
  severity_warning,
  severity_info,
  finding_at,
  gaps,
  timing,
  english,
  // Errors.
  busy,
  bad_domain,
  bad_ip,
  bad_name,
  not_found,
  broken,
  // Wizard.
  wiz_title,
  wiz_intro,
  wiz_nothing_stored,
  wiz_no_mail,
  wiz_own,
  wiz_own_help,
  wiz_names,
  wiz_mx,
  wiz_a,
  wiz_providers,
  wiz_includes,
  wiz_all,
  wiz_soft,
  wiz_fail,
  wiz_below,
  wiz_filled,
  wiz_left_out,
  wiz_none,
  wiz_several,
  wiz_unknown,
  wiz_record,
  wiz_zone,
  wiz_panel,
  wiz_panel_names,
  wiz_plan,
  wiz_plan_1,
  wiz_plan_2,
  wiz_plan_3,
  wiz_test,
  wiz_flat,
  wiz_flat_text,
  bad_network,
  reserved_network,
  wide_network,
  many_lookups,
  long_record,
  count_,
};
inline constexpr std::size_t kTexts = static_cast<std::size_t>(Text::count_);

// Returns the text with its placeholders.
std::string_view text_of(Text text, Language language);

// Returns the text, escaped, with the values in place of its placeholders.
Html say(Language language, Text text, std::initializer_list<Html> values = {});

// Returns an untrusted value in the form in which it is shown, for say().
inline Html shown(std::string_view value) { return Html().show(value); }
inline Html number(std::uint64_t value) { return Html() << value; }

}  // namespace spfweb
