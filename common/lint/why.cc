#include "common/lint/why.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/lint/hints.h"
#include "common/lint/instead.h"
#include "common/lint/lint.h"
#include "common/lint/special.h"
#include "common/lint/why_change.h"
#include "common/lint/why_client.h"
#include "common/lint/why_repair.h"
#include "common/spf/evaluate.h"

namespace lint {

namespace {

using spf::Result;
using spf::TraceStep;

constexpr std::size_t kMaxProblem = 300;
// A network is near if it is at most as far away as a /16 is wide, or in the /32 of an IPv6 address.
constexpr std::uint64_t kNear4 = 1U << 16;
constexpr int kNear6 = 32;

std::string shown(const dns::Name& name) {
  return is_plain_name(name) ? std::string(name.text()) : quoted_foreign(name.text(), dns::Name::kMaxText);
}
// Returns the same for a name that is given as a text.
std::string shown(std::string_view text) {
  const auto name = dns::Name::parse(text);
  return name ? shown(*name) : quoted_foreign(text);
}

// Returns a message that contains quoted names and terms, in quotes itself: the quotes within become double quotes.
std::string quoted_message(std::string_view text) {
  std::string inner = base::clip(text, kMaxProblem);
  std::ranges::replace(inner, '\'', '"');
  return quoted_foreign(inner, kMaxProblem);
}

std::string in_record(std::string_view term, std::string_view domain) {
  return fmt::format("{} in the record of {}", quoted_foreign(term), shown(domain));
}

// Returns why no mail comes from the address over the Internet; empty: it may.
std::string_view special_kind(const base::IpAddress& address) {
  const Number number = number_of(address);
  return special_name({number, number}, address.is_v6() ? Family::ipv6 : Family::ipv4);
}

class Explanation {
 public:
  Explanation(const spf::Query& query, const spf::Limits& rules, const Limits& bounds, spf::AnswerSource& answers, Why& why)
      : query_(query),
        rules_(rules),
        bounds_(bounds),
        answers_(answers),
        why_(why),
        questions_(answers, why.missing),
        client_(query.client.text()),
        family_(query.client.is_v6() ? Family::ipv6 : Family::ipv4) {}

  spf::Needs run() {
    spf::Settings settings;
    settings.limits = rules_;
    settings.explains = false;
    settings.trace = true;
    spf::Needs needs = spf::evaluate(query_, settings, answers_, verdict_);
    if (!needs.empty()) return needs;
    why_.term = base::clip(verdict_.mechanism, kMaxTerm);
    why_.record_of = base::printable(verdict_.domain);
    switch (verdict_.result) {
      case Result::pass: explain_pass(); break;
      case Result::none: return explain_none();
      case Result::temperror: explain_temperror(); break;
      case Result::permerror: return explain_permerror();
      default: return explain_refusal();
    }
    return {};
  }

 private:
  void say(std::string sentence) { why_.sentences.push_back(std::move(sentence)); }

  [[nodiscard]] std::string domain() const { return shown(*query_.domain); }

  // Returns whether the domain accepts no mail, and so should not be that of a sender (RFC 7505 §4.2). A host that sends mail
  // needs no mailbox. `mx`: null if it is not known.
  [[nodiscard]] bool is_null_mx_of_sender(const dns::Answer* mx) const {
    return mx != nullptr && dns::is_null_mx(mx->names) && query_.identity == spf::Identity::mailfrom;
  }
  void say_null_mx() {
    say(fmt::format("{} has a null MX: it accepts no mail, not even bounces, so it should not be the domain of a sender.",
                    domain()));
  }

  // ---- pass ----------------------------------------------------------------------------------------------------------------

  void explain_pass() {
    const std::string outer = in_record(verdict_.mechanism, verdict_.domain);
    keep_innermost("match");
    const std::string inner = in_record(why_.term, why_.record_of);
    say(fmt::format("{} matches {}: the result is pass.", inner, client_));
    if (inner != outer) say(fmt::format("{} leads to it.", outer));
    if (verdict_.is_wide) say("The term lets a large part of the Internet pass, so the pass means little.");
  }

  // Keeps the innermost term with that outcome, and the domain of its record.
  void keep_innermost(std::string_view outcome) {
    const std::vector<TraceStep>& steps = verdict_.trace;
    const auto is_it = [&](const TraceStep& step) { return step.kind == TraceStep::Kind::term && step.outcome == outcome; };
    const auto term = std::find_if(steps.rbegin(), steps.rend(), is_it);
    if (term == steps.rend()) return;
    const auto is_check = [&](const TraceStep& step) {
      return step.kind == TraceStep::Kind::check && step.depth == term->depth - 1;
    };
    const auto check = std::find_if(term, steps.rend(), is_check);
    if (check == steps.rend()) return;
    why_.term = base::clip(std::string_view(term->text).substr(0, term->text.find(' ')), kMaxTerm);
    why_.record_of = check->text;
  }

  // ---- no result -----------------------------------------------------------------------------------------------------------

  spf::Needs explain_none() {
    if (!query_.domain) {
      say(query_.sender_domain.empty()
              ? "There is no domain whose record could be checked."
              : fmt::format("{} is not a domain that can have an SPF record.", quoted_foreign(query_.sender_domain)));
      return {};
    }
    const dns::Answer* const published = questions_.ask(*query_.domain, dns::Type::txt);
    if (published != nullptr && published->status == dns::Status::name_error) {
      say(fmt::format("{} does not exist: the name is mistyped or forged.", domain()));
      return {};
    }
    const std::string meant = published == nullptr ? std::string() : nearly_meant(published->texts);
    if (!meant.empty()) return explain_near_record(meant);
    const dns::Answer* const mx = questions_.ask(*query_.domain, dns::Type::mx);
    Client client;
    const std::string_view special = special_kind(query_.client);
    if (special.empty()) client = identify(query_, rules_, {}, questions_);
    if (questions_.has_open()) return questions_.take();
    say_no_record();
    const bool has_senders = !is_null_mx_of_sender(mx);
    if (has_senders) {
      say(fmt::format("Its owner can publish one that names the hosts that send its mail; until then, nothing is known about {}.",
                      client_));
    } else {
      say_null_mx();
    }
    const bool has_mail = mx != nullptr && std::ranges::any_of(mx->names, [](const std::string& host) { return !host.empty(); });
    if (!is_plain_name(*query_.domain)) return {};
    special.empty() ? say_client(client) : say_special(special);
    return try_first_record(has_mail, special.empty() && has_senders ? terms(client) : std::vector<std::string>());
  }

  // The problem begins with the domain.
  void say_no_record() {
    say(domain() + base::clip(std::string_view(verdict_.problem).substr(query_.domain->text().size()), kMaxProblem) + ".");
  }

  // Proposes the record that a text of the domain resembles, with its own faults repaired. Any other proposal would drop the
  // terms of the text.
  spf::Needs explain_near_record(const std::string& meant) {
    Instead answers(answers_, *query_.domain, meant);
    Report report;
    const Subject subject{.domain = *query_.domain, .limits = bounds_, .reads_site = false};
    if (spf::Needs needs = examine(subject, answers, report); !needs.empty()) return needs;
    std::vector<Repair> repairs = {{0, meant}};
    for (Repair& repair : repairs_of(report)) {
      if (repair.record == 0) repairs.push_back(std::move(repair));
    }
    // The sentence below quotes the record.
    std::erase_if(repairs, [](const Repair& repair) { return repair.text.find('\'') != std::string::npos; });
    const Tree nothing;
    const Reaches nobody;
    Changes changes(query_, rules_, bounds_, nothing, nobody, {}, questions_);
    Changes::Trial trial;
    if (!try_repairs(report, std::move(repairs), changes, trial)) return questions_.take();
    say_no_record();
    say(fmt::format("Its owner should correct that text; until then, nothing is known about {}.", client_));
    if (trial.effect == Changes::Effect::fits) {
      say(fmt::format("If the record '{}' is meant, the result for {} is {} with it.", trial.change.record, client_,
                      spf::result_name(trial.result)));
      why_.change = std::move(trial.change);
    } else {
      say("The terms of that text have faults, too, or lead to records that have some.");
    }
    for (const std::string& gap : report.tree.gaps) questions_.add_missing(gap);
    return {};
  }

  // Proposes a record for a domain that has none. `terms`: each lets the client pass.
  spf::Needs try_first_record(bool has_mail, const std::vector<std::string>& terms) {
    const std::string base = has_mail ? "v=spf1 mx -all" : "v=spf1 -all";
    const Tree nothing;
    const Reaches nobody;
    Changes changes(query_, rules_, bounds_, nothing, nobody, base, questions_);
    for (const std::string& term : terms) {
      Changes::Trial trial = changes.try_term(term);
      if (trial.effect == Changes::Effect::waits) return questions_.take();
      if (trial.effect != Changes::Effect::fits) continue;
      say(
          fmt::format("If this host is to send mail for {}, publish '{}': then the client passes{}, with at most {} of {} DNS "
                      "terms.",
                      domain(), trial.change.record, has_mail ? ", as do the hosts that receive its mail" : "",
                      trial.change.lookups, rules_.dns_terms));
      if (!has_mail) say(fmt::format("If {} sends no mail at all, publish 'v=spf1 -all'.", domain()));
      why_.change = std::move(trial.change);
      return {};
    }
    Changes::Trial trial = changes.try_record(*query_.domain, base, false);
    if (trial.effect == Changes::Effect::waits) return questions_.take();
    if (trial.effect != Changes::Effect::fits) return {};
    say(has_mail ? fmt::format("If only the hosts that receive its mail send mail for {}, publish '{}'.", domain(), base)
                 : fmt::format("If {} sends no mail at all, publish '{}'.", domain(), base));
    why_.change = std::move(trial.change);
    return {};
  }

  void explain_temperror() {
    say(fmt::format("DNS did not answer a question of the check: {}.", quoted_message(verdict_.problem)));
    if (!why_.term.empty()) say(fmt::format("{} needs it.", in_record(why_.term, why_.record_of)));
    say("The mail may be sent again later. If this persists, the owner of that name should check its name servers.");
  }

  spf::Needs explain_permerror() {
    Report report;
    const Subject subject{.domain = *query_.domain, .limits = bounds_, .reads_site = false};
    if (spf::Needs needs = examine(subject, answers_, report); !needs.empty()) return needs;
    Changes::Trial repair;
    const Reaches before = reaches_of(report.tree, rules_, bounds_);
    Changes changes(query_, rules_, bounds_, report.tree, before, report.tree.root().text(), questions_);
    if (!try_repairs(report, repairs_of(report), changes, repair)) return questions_.take();
    say(fmt::format("The record of {} cannot be used: {}.", domain(), quoted_message(verdict_.problem)));
    if (const Finding* finding = cause(report)) {
      // Details and repairs that differ from the table contain text of the record.
      const std::string_view what = finding->kind->what;
      const std::string_view message = finding->message;
      const bool has_detail = message.size() > what.size() + 2 && message.starts_with(what);
      say(has_detail ? fmt::format("{}: {}.", what, quoted_message(message.substr(what.size() + 2))) : fmt::format("{}.", what));
      const bool is_usual = finding->fix == finding->kind->fix;
      say(fmt::format("To repair it: {}.", is_usual ? finding->fix : quoted_message(finding->fix)));
    }
    if (repair.effect == Changes::Effect::fits) {
      say(fmt::format("With the record shown for {}, the result for {} is {}, and a check takes at most {} of {} DNS terms.",
                      shown(repair.change.name), client_, spf::result_name(repair.result), repair.change.lookups,
                      rules_.dns_terms));
      why_.change = std::move(repair.change);
    }
    for (const std::string& gap : report.tree.gaps) questions_.add_missing(gap);
    return {};
  }

  // Finds the first repair with which the client gets a result. False: a question is open.
  static bool try_repairs(const Report& report, std::vector<Repair> repairs, Changes& changes, Changes::Trial& found) {
    for (Repair& repair : repairs) {
      if (repair.text.size() > kMaxChanged || !base::is_ascii(repair.text)) continue;
      found = changes.try_record(report.tree.records[repair.record].domain, std::move(repair.text), false);
      if (found.effect == Changes::Effect::waits) return false;
      if (found.effect == Changes::Effect::fits) return true;
    }
    found = {};
    return true;
  }

  // Returns the finding that explains a permerror: one about the term that failed, else one that makes every check fail; null:
  // none.
  const Finding* cause(const Report& report) {
    const auto& findings = report.findings;
    const auto is_error = [](const Finding& finding) { return finding.severity == Severity::error; };
    auto found = std::ranges::find_if(findings, [&](const Finding& finding) {
      return is_error(finding) && !why_.term.empty() && base::clip(finding.term, kMaxTerm) == why_.term &&
             finding.record_of == why_.record_of;
    });
    for (const std::string_view id : {"P02", "B06", "B01", "B03", "B04", "B07"}) {
      if (found != findings.end()) break;
      found = std::ranges::find_if(findings, [&](const Finding& finding) { return is_error(finding) && finding.kind->id == id; });
    }
    return found == findings.end() ? nullptr : &*found;
  }

  // ---- fail, softfail, neutral -----------------------------------------------------------------------------------------------

  spf::Needs explain_refusal() {
    Tree tree;
    questions_.add(read_tree({.domain = *query_.domain, .limits = bounds_, .reads_site = false}, answers_, tree));
    const std::string_view special = special_kind(query_.client);
    const bool may_change = is_undecided() && special.empty();
    Client client;
    if (may_change) client = identify(query_, rules_, included(tree), questions_);
    const bool asks_mx = may_change && query_.identity == spf::Identity::mailfrom;
    const dns::Answer* const mx = asks_mx ? questions_.ask(*query_.domain, dns::Type::mx) : nullptr;
    if (questions_.has_open()) return questions_.take();

    const Reaches reaches = reaches_of(tree, rules_, bounds_);
    for (const std::string& gap : tree.gaps) questions_.add_missing(gap);
    if (reaches[family_].is_cut_off) questions_.add_missing("too many networks and paths: not every network was compared");
    say_term(tree);
    why_.nearest = find_nearest(query_.client, tree, reaches[family_]);
    if (why_.nearest) say_nearest();
    if (!special.empty()) {
      say_special(special);
      return {};
    }
    if (!may_change) return {};
    if (is_null_mx_of_sender(mx)) {
      say_null_mx();
      // Such a domain sends no mail, whatever its record says.
      if (std::ranges::all_of(kFamilies, [&](Family family) { return lets_nobody_pass(reaches[family]); })) return {};
    }
    say_client(client);
    Changes changes(query_, rules_, bounds_, tree, reaches, verdict_.record, questions_);
    return try_changes(client, changes);
  }

  // Returns whether only the last word of the record decides about the client, so that a further term would have an effect.
  [[nodiscard]] bool is_undecided() const { return verdict_.at_last_word; }

  static std::vector<dns::Name> included(const Tree& tree) {
    std::vector<dns::Name> names;
    for (std::size_t i = 1; i < tree.records.size(); ++i) names.push_back(tree.records[i].domain);
    return names;
  }

  // Returns a modifier of the record that decides which is named like a mechanism; null: there is none.
  const Term* misread_modifier(const Tree& tree) const {
    for (const Record& record : tree.records) {
      if (record.domain.text() != verdict_.domain) continue;
      const auto term = std::ranges::find_if(record.terms, [](const Term& one) {
        return one.read.kind == spf::Term::Kind::modifier && one.is_sound() && resembles_mechanism(one.text());
      });
      return term == record.terms.end() ? nullptr : &*term;
    }
    return nullptr;
  }

  void say_term(const Tree& tree) {
    const std::string_view result = spf::result_name(verdict_.result);
    const bool is_last = verdict_.at_last_word;
    if (verdict_.mechanism == spf::kDefaultMechanism) {
      why_.term.clear();
      say(fmt::format("No term of the record of {} matches {}, and the record has no 'all': the result is {}.",
                      shown(verdict_.domain), client_, result));
    } else if (is_last) {
      say(fmt::format("No term before {} matches {}: the result is {}.", in_record(verdict_.mechanism, verdict_.domain), client_,
                      result));
    } else if (const Term* const modifier = misread_modifier(tree);
               modifier != nullptr && base::equals_ignoring_case(verdict_.mechanism, "-all")) {
      say(fmt::format("The record of {} has no mechanism before '-all': the result is {} for every client.",
                      shown(verdict_.domain), result));
      say(fmt::format("{} is ignored: a mechanism has a colon in place of the equals sign.", quoted_foreign(modifier->text())));
    } else if (base::equals_ignoring_case(verdict_.mechanism, "-all")) {
      say(fmt::format("The record of {} consists of '-all': {} sends no mail at all.", shown(verdict_.domain), domain()));
    } else {
      say(fmt::format("{} matches {}: the result is {}.", in_record(verdict_.mechanism, verdict_.domain), client_, result));
      say(fmt::format("The record decides about this client explicitly; if it may send mail for {}, that term has to be changed.",
                      domain()));
    }
    if (!verdict_.domain.empty() && verdict_.domain != query_.domain->text())
      say(fmt::format("The record of {} leads to that of {} by redirect.", domain(), shown(verdict_.domain)));
  }

  void say_nearest() {
    const Nearest& nearest = *why_.nearest;
    const std::string which = fmt::format("{}, which {} lets pass", nearest.network, in_record(nearest.term, nearest.record_of));
    if (nearest.distance && *nearest.distance <= kNear4) {
      say(fmt::format("{} is {} {} {} {}.", client_, *nearest.distance, *nearest.distance == 1 ? "address" : "addresses",
                      nearest.is_above ? "before" : "after", which));
    } else if (family_ == Family::ipv6 && nearest.shared_bits >= kNear6) {
      say(fmt::format("{} has the first {} bits in common with {}.", client_, nearest.shared_bits, which));
    }
  }

  void say_special(std::string_view kind) {
    say(fmt::format("{} is a special address ({}), from which no mail comes over the Internet: a record should not contain it.",
                    client_, kind));
  }

  void say_client(const Client& client) {
    if (client.kind != Client::Kind::unknown) why_.client_name = client.name.text();
    const std::string name = fmt::format("Its name {}", shown(client.name));
    const std::string other = shown(client.domain);
    switch (client.kind) {
      case Client::Kind::unknown: return say(fmt::format("No name was found that leads back to {}.", client_));
      case Client::Kind::own: return say(fmt::format("{} leads back to it, and belongs to the zone of {}.", name, other));
      case Client::Kind::provider:
        return say(fmt::format("{} leads back to it; {} publishes a record for its customers, which lets it pass.", name, other));
      case Client::Kind::known:
        return say(
            fmt::format("{} leads back to it; it belongs to {}, whose records that of {} includes.", name, other, domain()));
      case Client::Kind::forwarder:
        why_.forwarder_of = client.domain.text();
        say(fmt::format("{} leads back to it. The client looks like a forwarder: it {} the mail of {}.", name,
                        client.receives_mail ? "receives" : "sends", other));
        return say(fmt::format("{} should not allow it; a forwarder rewrites the senders of the mail that it passes on (SRS).",
                               domain()));
      case Client::Kind::other:
        return say(fmt::format("{} leads back to it; nothing connects {} with {}.", name, other, domain()));
    }
  }

  // Returns the terms that could let the client pass, the best one first.
  [[nodiscard]] std::vector<std::string> terms(const Client& client) const {
    const std::string address = (family_ == Family::ipv6 ? "ip6:" : "ip4:") + client_;
    switch (client.kind) {
      case Client::Kind::own: return {"a:" + std::string(client.name.text()), address};
      case Client::Kind::provider: return {"include:" + std::string(client.record->text()), address};
      case Client::Kind::known:
      case Client::Kind::forwarder: return {};
      case Client::Kind::unknown:
      case Client::Kind::other: break;
    }
    return {address};
  }

  spf::Needs try_changes(const Client& client, Changes& changes) {
    if (client.kind == Client::Kind::known)
      say(fmt::format("If it sends mail for {}, {} should add it to its own record.", domain(), shown(client.domain)));
    for (const std::string& term : terms(client)) {
      const bool is_address = term.starts_with("ip");
      Changes::Trial trial = changes.try_term(term);
      switch (trial.effect) {
        case Changes::Effect::waits: return questions_.take();
        case Changes::Effect::fits: return show(client, term, std::move(trial.change), true);
        case Changes::Effect::unknown:
          // A network of one address needs no DNS question, so it does not change the result for others, whatever the rest of the
          // record is.
          if (is_address) return show(client, term, std::move(trial.change), false);
          break;
        case Changes::Effect::harmful:
          say(fmt::format("With '{}' in the record, a check would exceed the limits of {} DNS terms or {} void lookups.", term,
                          rules_.dns_terms, rules_.void_lookups));
          break;
        case Changes::Effect::useless: break;
      }
    }
    return {};
  }

  spf::Needs show(const Client& client, std::string_view term, Change&& change, bool is_examined) {
    if (change.record.size() > kMaxChanged) {
      questions_.add_missing("the record is too long to be shown with a change");
      say(fmt::format("If it sends mail for {}, '{}' has to be added to the record.", domain(), term));
      return {};
    }
    const std::string condition = client.kind == Client::Kind::provider
                                      ? fmt::format("If {} is to send mail for {}", shown(client.domain), domain())
                                      : fmt::format("If this host is to send mail for {}", domain());
    say(fmt::format("{}, add '{}' to its record: then the client passes, with {} {} of {} DNS terms.", condition, term,
                    is_examined ? "at most" : "this check taking", change.lookups, rules_.dns_terms));
    why_.change = std::move(change);
    return {};
  }

  const spf::Query& query_;
  const spf::Limits& rules_;
  const Limits& bounds_;
  spf::AnswerSource& answers_;
  Why& why_;
  WhyQuestions questions_;
  const std::string client_;
  const Family family_;
  spf::Verdict verdict_;
};

}  // namespace

spf::Needs explain(const spf::Query& query, const spf::Limits& rules, const Limits& bounds, spf::AnswerSource& answers,
                   Why& why) {
  why = Why();
  return Explanation(query, rules, bounds, answers, why).run();
}

}  // namespace lint
