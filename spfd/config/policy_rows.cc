// The options for the receiver's decisions (common/receiver/rules.h).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/options/groups.h"
#include "common/options/shared_rows.h"
#include "common/receiver/link.h"
#include "spfd/config/option_rows.h"
#include "spfd/config/options.h"

namespace spfd {

namespace {

using options::Kind;
using options::kTerms;
using options::kTruth;
using options::kWord;
using options::Problem;
using options::Values;
using options::Word;
using receiver::Action;
using receiver::HeloCheck;
using receiver::Rules;
using spf::Identity;
using spf::Result;
using O = Options;
using S = Snapshot;
using P = receiver::Policy;

constexpr Word<Action> kActionWords[] = {{"reject", Action::reject}, {"defer", Action::defer}, {"tag", Action::accept}};
constexpr Word<HeloCheck> kHeloWords[] = {{"null-sender", HeloCheck::null_sender}, {"first", HeloCheck::first}};

Rules& rules_of(O& o) { return o.in_force.policy.rules; }
const Rules& rules_of(const O& o) { return o.in_force.policy.rules; }

// ---- values --------------------------------------------------------------------------------------------------------------

Problem set_exempt(O& o, const Values& v) {
  std::vector<receiver::Network> networks;
  for (const std::string& text : v) {
    auto network = receiver::parse_network(text);
    if (!network) return network.error();
    networks.push_back(*network);
  }
  rules_of(o).exempt = std::move(networks);
  return {};
}
Values get_exempt(const O& o) {
  Values texts;
  if (const auto& networks = rules_of(o).exempt) {
    for (const auto& network : *networks) texts.push_back(network.text());
  }
  return texts;
}

Values get_guess(const O& o) { return {fmt::format("{}", fmt::join(options::term_texts(rules_of(o).guess), " "))}; }

Problem set_fallback(O& o, const Values& v) {
  o.fallback.clear();
  for (const std::string& text : v) {
    auto record = receiver::parse_fallback(text);
    if (!record) return record.error();
    const auto same = [&](const receiver::FallbackRecord& other) { return other.pattern == record->pattern; };
    if (std::any_of(o.fallback.begin(), o.fallback.end(), same)) return record->pattern + " is given twice";
    o.fallback.push_back(std::move(*record));
  }
  return {};
}
Values get_fallback(const O& o) {
  Values texts;
  for (const auto& fallback : o.fallback) texts.push_back(fallback.pattern + "=" + fallback.record.text);
  return texts;
}

Problem set_why_url(O& o, const Values& v) {
  const std::string& url = v.back();
  if (url.find(' ') != std::string::npos) return "a URL cannot contain blanks";
  if (const std::size_t at = url.find(token::kPlaceholder); at != std::string::npos) {
    // Otherwise a client's text could contain {token}.
    if (url.find('%') != std::string::npos) return "a URL with {token} cannot contain macros; the token has their values";
    if (url.find(token::kPlaceholder, at + 1) != std::string::npos) return "a URL can contain {token} once";
    if (url.size() - token::kPlaceholder.size() > receiver::kMaxTokenUrl)
      return fmt::format("a URL with {{token}} can have at most {} other octets", receiver::kMaxTokenUrl);
  }
  return options::read_explanation(rules_of(o).why_url.emplace(), v);
}
Values get_why_url(const O& o) { return {rules_of(o).why_url ? rules_of(o).why_url->text() : ""}; }

template <Identity identity, Result result>
constexpr Option action_row(std::string_view name, std::string_view help, std::string_view heading = {}) {
  constexpr auto kIndex = static_cast<std::size_t>(result);
  return {{.name = name, .argument = "reject|defer|tag", .heading = heading, .help = help, .for_domains = true},
          {[](O& o, const Values& v) {
             Rules& rules = rules_of(o);
             return options::read_word((identity == Identity::helo ? rules.helo : rules.mailfrom)[kIndex].emplace(), v,
                                       kActionWords);
           },
           [](const O& o) {
             return options::word_text(rules_of(o).of(identity)[kIndex].value_or(receiver::default_action(result)), kActionWords);
           }}};
}

// ---- rows ----------------------------------------------------------------------------------------------------------------

constexpr Option kPolicyRows[] = {
    action_row<Identity::mailfrom, Result::fail>("on-fail", "action for the MAIL FROM result fail (default: reject)",
                                                 "Local policy"),
    action_row<Identity::mailfrom, Result::softfail>("on-softfail", "action for the MAIL FROM result softfail (default: tag)"),
    action_row<Identity::mailfrom, Result::neutral>("on-neutral", "action for the MAIL FROM result neutral (default: tag)"),
    action_row<Identity::mailfrom, Result::none>("on-none", "action for the MAIL FROM result none (default: tag)"),
    action_row<Identity::mailfrom, Result::permerror>("on-permerror", "action for the MAIL FROM result permerror (default: tag)"),
    action_row<Identity::mailfrom, Result::temperror>("on-temperror",
                                                      "action for the MAIL FROM result temperror (default: defer)"),
    action_row<Identity::helo, Result::fail>("on-helo-fail", "action for the HELO result fail (default: reject)"),
    action_row<Identity::helo, Result::softfail>("on-helo-softfail", "action for the HELO result softfail (default: tag)"),
    action_row<Identity::helo, Result::neutral>("on-helo-neutral", "action for the HELO result neutral (default: tag)"),
    action_row<Identity::helo, Result::none>("on-helo-none", "action for the HELO result none (default: tag)"),
    action_row<Identity::helo, Result::permerror>("on-helo-permerror", "action for the HELO result permerror (default: tag)"),
    action_row<Identity::helo, Result::temperror>("on-helo-temperror", "action for the HELO result temperror (default: defer)"),
    {{.name = "dry-run",
      .kind = Kind::flag,
      .help = "accept all mail, and only report in answers and log what would have been done",
      .for_domains = true},
     kTruth<&O::in_force, &S::policy, &P::rules, &Rules::dry_run>},
    {{.name = "check-helo",
      .argument = "null-sender|first",
      .help = "when to check the HELO identity: only for the null sender, or before each MAIL FROM (default: null-sender)",
      .for_domains = true},
     kWord<kHeloWords, &O::in_force, &S::policy, &P::rules, &Rules::check_helo>},
    {{.name = "exempt-clients",
      .kind = Kind::list,
      .argument = "NETWORK",
      .help = "address or network whose mail is not checked; may be given several times",
      .for_domains = true},
     {set_exempt, get_exempt}},
    {{.name = "check-authenticated",
      .kind = Kind::flag,
      .help = "also check clients that have logged in or may relay, if the mail server reports it",
      .for_domains = true},
     kTruth<&O::in_force, &S::policy, &P::rules, &Rules::check_authenticated>},
    {{.name = "check-loopback",
      .kind = Kind::flag,
      .help = "also check clients at loopback addresses, which Postfix's policy requests and milters otherwise leave out",
      .for_domains = true},
     kTruth<&O::in_force, &S::policy, &P::rules, &Rules::check_loopback>},
    {{.name = "trusted-forwarders",
      .kind = Kind::list,
      .argument = "TERMS",
      .help = "SPF terms, networks or hosts: clients that match do not fail; may be given several times",
      .for_domains = true},
     kTerms<false, &O::in_force, &S::policy, &P::rules, &Rules::forwarders>},
    options::kForwarderResultRow<&O::in_force, &S::policy>,
    {{.name = "secondary-mx",
      .kind = Kind::list,
      .argument = "TERMS",
      .help = "SPF terms, networks or hosts: clients that match are never refused; auto: the MX hosts of the recipient's domain; "
              "may be given several times",
      .for_domains = true},
     kTerms<true, &O::in_force, &S::policy, &P::rules, &Rules::secondary_mx>},
    {{.name = "local-terms",
      .kind = Kind::list,
      .argument = "TERMS",
      .help = "SPF terms, networks or hosts inserted before the last \"all\" of each record; may be given several times",
      .for_domains = true},
     kTerms<false, &O::in_force, &S::policy, &P::rules, &Rules::local>},
    {{.name = "guess",
      .argument = "TERMS",
      .help = "SPF terms for domains without a record, such as \"a/24 mx/24 ptr\"; a match changes none to neutral",
      .for_domains = true},
     {kTerms<false, &O::in_force, &S::policy, &P::rules, &Rules::guess>.set, get_guess}},
    options::kGuessResultRow<&O::in_force, &S::policy>,
    {options::kFallbackRow, {set_fallback, get_fallback}},
    {{.name = "why-url",
      .argument = "URL",
      .help = "URL, a macro string, of a page that explains fail and permerror; appended to the reply. {token} in it becomes a "
              "signed token for spfweb",
      .for_domains = true},
     {set_why_url, get_why_url}},
    {{.name = "why-key-file",
      .argument = "FILE",
      .help = "file with secrets, one per line, that sign the {token} of why-url: the first one signs, all of them verify"},
     options::kText<&O::why_key_file>},
    {{.name = "allow-request-policy",
      .kind = Kind::flag,
      .help = "allow requests to bring terms of their own (local=, guess_mechs=)"},
     kTruth<&O::in_force, &S::policy, &P::allow_request_policy>},
    {{.name = "allow-explain",
      .kind = Kind::flag,
      .help = "explain the result to requests that ask for it (explain=1), which takes more DNS questions and time than a check"},
     kTruth<&O::in_force, &S::policy, &P::allow_explain>},
    {{.name = "shadow-config",
      .argument = "FILE",
      .help = "second configuration file, whose policy judges the same mail; log and counters report the differences"},
     options::kText<&O::shadow_config>},
};

}  // namespace

void add_policy_rows(options::Rows& rows) { options::add_rows(rows, kPolicyRows); }

}  // namespace spfd
