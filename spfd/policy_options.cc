#include "spfd/policy_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/spf/macro.h"
#include "spfd/option_setters.h"

namespace spfd {

namespace {

using receiver::Action;
using receiver::HeloCheck;
using receiver::Rules;
using receiver::Term;
using receiver::Terms;
using spf::Identity;
using spf::Result;
using O = Options;
using V = Values;
using Shape = OptionRow::Shape;

constexpr std::string_view kGroup = "Local policy";

constexpr Words<Action, 3> kActionWords = {{{"reject", Action::reject}, {"defer", Action::defer}, {"tag", Action::accept}}};
constexpr Words<HeloCheck, 2> kHeloWords = {{{"null-sender", HeloCheck::null_sender}, {"first", HeloCheck::first}}};
constexpr Words<Result, 2> kLiftWords = {{{"neutral", Result::neutral}, {"pass", Result::pass}}};

// ---- values -----------------------------------------------------------------------------------------------------------

template <std::optional<bool> Rules::*rule>
Problem set_flag(O& o, const V& v) {
  return set_bool(o.rules.*rule ? *(o.rules.*rule) : (o.rules.*rule).emplace(), v);
}
template <std::optional<bool> Rules::*rule>
V get_flag(const O& o) {
  return get_bool((o.rules.*rule).value_or(false));
}

template <std::optional<Terms> Rules::*rule, bool with_auto = false>
Problem set_terms(O& o, const V& v) {
  auto terms = receiver::parse_terms(v, with_auto);
  if (!terms) return terms.error();
  o.rules.*rule = std::move(*terms);
  return {};
}
template <std::optional<Terms> Rules::*rule>
V get_terms(const O& o) {
  V texts;
  if (!(o.rules.*rule)) return texts;
  for (const Term& term : *(o.rules.*rule)) {
    texts.emplace_back(term.is_recipient ? "auto" : term.record.text_of(term.record.directives.front()));
  }
  return texts;
}

template <std::optional<Result> Rules::*rule>
Problem set_lift(O& o, const V& v) {
  return set_word((o.rules.*rule).emplace(), v, kLiftWords);
}
template <std::optional<Result> Rules::*rule>
V get_lift(const O& o) {
  return get_word((o.rules.*rule).value_or(Result::neutral), kLiftWords);
}

Problem set_exempt(O& o, const V& v) {
  std::vector<receiver::Network> networks;
  for (const std::string& text : v) {
    auto network = receiver::parse_network(text);
    if (!network) return network.error();
    networks.push_back(*network);
  }
  o.rules.exempt = std::move(networks);
  return {};
}
V get_exempt(const O& o) {
  V texts;
  if (!o.rules.exempt) return texts;
  for (const auto& network : *o.rules.exempt) texts.push_back(network.text());
  return texts;
}

Problem set_fallback(O& o, const V& v) {
  o.fallback.clear();
  for (const std::string& text : v) {
    auto record = receiver::parse_fallback(text);
    if (!record) return record.error();
    const auto same = [&](const receiver::FallbackRecord& other) { return other.pattern == record->pattern; };
    if (std::any_of(o.fallback.begin(), o.fallback.end(), same)) return record->pattern + " stands there twice";
    o.fallback.push_back(std::move(*record));
  }
  return {};
}
V get_fallback(const O& o) {
  V texts;
  for (const auto& fallback : o.fallback) texts.push_back(fallback.pattern + "=" + fallback.record.text);
  return texts;
}

Problem set_why_url(O& o, const V& v) {
  std::string text;
  if (auto problem = set_text(text, v)) return problem;
  if (text.find(' ') != std::string::npos) return "a blank cannot stand in a URL";
  auto parsed = spf::MacroString::parse(text, spf::MacroContext::explanation);
  if (!parsed) return parsed.error();
  o.rules.why_url = std::move(*parsed);
  return {};
}

template <Identity identity, Result result>
OptionRow action_row(std::string_view name, std::string_view help) {
  constexpr auto kIndex = static_cast<std::size_t>(result);
  return {.name = name,
          .argument = "reject|defer|tag",
          .group = kGroup,
          .help = help,
          .reloadable = true,
          .for_domains = true,
          .set = [](O& o, const V& v) -> Problem {
            Action action{};
            if (auto problem = set_word(action, v, kActionWords)) return problem;
            (identity == Identity::helo ? o.rules.helo : o.rules.mailfrom)[kIndex] = action;
            return {};
          },
          .get =
              [](const O& o) {
                return get_word(o.rules.of(identity)[kIndex].value_or(receiver::default_action(result)), kActionWords);
              }};
}

}  // namespace

// ---- rows -------------------------------------------------------------------------------------------------------------

std::vector<OptionRow> policy_rows() {
  return {
      action_row<Identity::mailfrom, Result::fail>("on-fail", "what to do with mail whose MAIL FROM fails (default: reject)"),
      action_row<Identity::mailfrom, Result::softfail>("on-softfail", "likewise for softfail (default: tag)"),
      action_row<Identity::mailfrom, Result::neutral>("on-neutral", "likewise for neutral (default: tag)"),
      action_row<Identity::mailfrom, Result::none>("on-none", "likewise for none (default: tag)"),
      action_row<Identity::mailfrom, Result::permerror>("on-permerror", "likewise for permerror (default: tag)"),
      action_row<Identity::mailfrom, Result::temperror>("on-temperror", "likewise for temperror (default: defer)"),
      action_row<Identity::helo, Result::fail>("on-helo-fail",
                                               "what to do with mail whose HELO identity fails (default: reject)"),
      action_row<Identity::helo, Result::softfail>("on-helo-softfail", "likewise for softfail (default: tag)"),
      action_row<Identity::helo, Result::neutral>("on-helo-neutral", "likewise for neutral (default: tag)"),
      action_row<Identity::helo, Result::none>("on-helo-none", "likewise for none (default: tag)"),
      action_row<Identity::helo, Result::permerror>("on-helo-permerror", "likewise for permerror (default: tag)"),
      action_row<Identity::helo, Result::temperror>("on-helo-temperror", "likewise for temperror (default: defer)"),
      {.name = "dry-run",
       .shape = Shape::flag,
       .group = kGroup,
       .help = "accept all, and only tell in answer and log what would have been done",
       .reloadable = true,
       .for_domains = true,
       .set = set_flag<&Rules::dry_run>,
       .get = get_flag<&Rules::dry_run>},
      {.name = "check-helo",
       .argument = "null-sender|first",
       .group = kGroup,
       .help = "check the HELO identity for the null sender only, or before each MAIL FROM too (default: null-sender)",
       .reloadable = true,
       .for_domains = true,
       .set = [](O& o, const V& v) { return set_word(o.rules.check_helo.emplace(), v, kHeloWords); },
       .get = [](const O& o) { return get_word(o.rules.check_helo.value_or(HeloCheck::null_sender), kHeloWords); }},
      {.name = "exempt-clients",
       .shape = Shape::list,
       .argument = "NETWORK",
       .group = kGroup,
       .help = "address or network whose mail is not checked; may be given several times",
       .reloadable = true,
       .for_domains = true,
       .set = set_exempt,
       .get = get_exempt},
      {.name = "check-authenticated",
       .shape = Shape::flag,
       .group = kGroup,
       .help = "check clients too that have logged in or may relay, where the mail server tells so",
       .reloadable = true,
       .for_domains = true,
       .set = set_flag<&Rules::check_authenticated>,
       .get = get_flag<&Rules::check_authenticated>},
      {.name = "check-loopback",
       .shape = Shape::flag,
       .group = kGroup,
       .help = "check clients at loopback addresses too, which Postfix's policy questions and milters leave out",
       .reloadable = true,
       .for_domains = true,
       .set = set_flag<&Rules::check_loopback>,
       .get = get_flag<&Rules::check_loopback>},
      {.name = "trusted-forwarders",
       .shape = Shape::list,
       .argument = "TERMS",
       .group = kGroup,
       .help = "SPF terms, networks or hosts; a client they match does not fail; may be given several times",
       .reloadable = true,
       .for_domains = true,
       .set = set_terms<&Rules::forwarders>,
       .get = get_terms<&Rules::forwarders>},
      {.name = "trusted-forwarder-result",
       .argument = "neutral|pass",
       .group = kGroup,
       .help = "what fail and softfail become for a trusted forwarder (default: neutral)",
       .reloadable = true,
       .for_domains = true,
       .set = set_lift<&Rules::forwarder_result>,
       .get = get_lift<&Rules::forwarder_result>},
      {.name = "secondary-mx",
       .shape = Shape::list,
       .argument = "TERMS",
       .group = kGroup,
       .help = "the same for clients that are never refused; auto: the MX hosts of the recipient's domain; may be given several "
               "times",
       .reloadable = true,
       .for_domains = true,
       .set = set_terms<&Rules::secondary_mx, true>,
       .get = get_terms<&Rules::secondary_mx>},
      {.name = "local-terms",
       .shape = Shape::list,
       .argument = "TERMS",
       .group = kGroup,
       .help = "the same, put in before the last \"all\" of each record; may be given several times",
       .reloadable = true,
       .for_domains = true,
       .set = set_terms<&Rules::local>,
       .get = get_terms<&Rules::local>},
      {.name = "guess",
       .argument = "TERMS",
       .group = kGroup,
       .help = "the same for domains without a record, such as \"a/24 mx/24 ptr\"; a match makes none neutral",
       .reloadable = true,
       .for_domains = true,
       .set = set_terms<&Rules::guess>,
       .get = [](const O& o) { return V{fmt::format("{}", fmt::join(get_terms<&Rules::guess>(o), " "))}; }},
      {.name = "guess-result",
       .argument = "neutral|pass",
       .group = kGroup,
       .help = "what none becomes when the guess matches (default: neutral)",
       .reloadable = true,
       .for_domains = true,
       .set = set_lift<&Rules::guess_result>,
       .get = get_lift<&Rules::guess_result>},
      {.name = "fallback",
       .shape = Shape::list,
       .argument = "DOMAIN=RECORD",
       .group = kGroup,
       .help = "record for a domain that has none; *.DOMAIN: for all names below it; may be given several times",
       .reloadable = true,
       .is_table = true,
       .set = set_fallback,
       .get = get_fallback},
      {.name = "why-url",
       .argument = "URL",
       .group = kGroup,
       .help = "macro string of a page that explains; it is told behind the default explanation",
       .reloadable = true,
       .for_domains = true,
       .set = set_why_url,
       .get = [](const O& o) { return V{o.rules.why_url ? o.rules.why_url->text() : ""}; }},
      {.name = "allow-request-policy",
       .shape = Shape::flag,
       .group = kGroup,
       .help = "let questions bring terms of their own (local=, guess_mechs=)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_bool(o.allow_request_policy, v); },
       .get = [](const O& o) { return get_bool(o.allow_request_policy); }},
  };
}

}  // namespace spfd
