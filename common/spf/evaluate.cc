#include "common/spf/evaluate.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/core.h>

#include "common/base/overloaded.h"
#include "common/base/printable.h"
#include "common/base/reuse.h"
#include "common/base/text.h"
#include "common/spf/expansion.h"
#include "common/spf/explanation.h"
#include "common/spf/walk.h"

namespace spf {

namespace {

enum class Outcome : std::uint8_t { match, no_match, pending, temperror, permerror };

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::match: return "match";
    case Outcome::no_match: return "no match";
    case Outcome::pending: return "pending";
    case Outcome::temperror: return "temperror";
    case Outcome::permerror: break;
  }
  return "permerror";
}

// Returns whether the record lets nobody pass but the MX hosts of its domain.
bool names_only_its_mx(const Record& record) {
  return record.redirect == 0 && std::ranges::all_of(record.directives, [](const Directive& directive) {
           return directive.qualifier != Result::pass || (directive.mechanism == Mechanism::mx && directive.domain_spec == 0);
         });
}

// Why a record is evaluated. Everything below an include is `included`; the verdict does not name what matches there.
enum class Role : std::uint8_t { checked, redirected, included };

// One run of check_host(): the sequential walk of the RFC over the known answers (walk.h explains how missing ones are handled).
class Evaluator {
 public:
  Evaluator(const Query& query, const Settings& settings, AnswerSource& answers, Verdict& verdict)
      : query_(query), walk_(settings, answers), expansion_(query, walk_), verdict_(verdict) {
    base::renew(verdict_);
  }

  Needs run() { return finish(check_query()); }

  Needs run(const Record& record, std::string_view title) {
    const std::size_t step = walk_.trace().open(TraceStep::Kind::check, title);
    walk_.note_any_failure();
    keep_record(record.text, Role::checked);
    const Result result = check_record(record, {.name = *query_.domain}, Role::checked);
    walk_.trace().close(step, result_name(result), walk_.counters());
    verdict_.problem = walk_.problem();
    return finish(result);
  }

 private:
  Needs finish(Result result) {
    verdict_.result = result;
    if (result == Result::temperror || result == Result::permerror) verdict_.problem_kind = walk_.problem_kind();
    verdict_.ttl = verdict_.result == Result::temperror ? 0 : walk_.ttl();
    verdict_.own_failure = walk_.own_failure();
    verdict_.lookups = walk_.counters().lookups;
    verdict_.void_lookups = walk_.counters().void_lookups;
    verdict_.is_wide = result == Result::pass && is_wide_;
    bool pending = walk_.is_collecting();
    const bool is_fail = verdict_.result == Result::fail;
    if (!pending && walk_.settings().explains && (is_fail || verdict_.result == Result::permerror)) {
      pending = (is_fail && !explain(exp_, exp_domain_, *query_.domain, expansion_, walk_, verdict_.authority_explanation,
                                     verdict_.default_explanation)) ||
                !expand_why_url(*query_.domain, expansion_, walk_, verdict_.why_url);
    }
    if (pending) return walk_.take_needs();
    verdict_.trace = walk_.trace().take();
    return {};
  }

  Result check_query() {
    if (!query_.domain) {  // RFC 7208 §4.3
      verdict_.problem = query_.sender_domain.empty() ? "no domain to check"
                                                      : fmt::format("'{}' is not a domain that can have an SPF record",
                                                                    base::clip(query_.sender_domain, 200));
      return Result::none;
    }
    const Result result = check_host({.name = *query_.domain}, Role::checked).value_or(Result::none);
    verdict_.problem = walk_.problem();
    if (result == Result::none) {
      verdict_.problem.clear();
      base::append(verdict_.problem, query_.domain->text(), " has no SPF record", near_miss_);
    }
    return result;
  }

  // Evaluates the record of `target` (RFC 7208 §4). Returns nothing when the record is not known yet.
  std::optional<Result> check_host(const Target& target, Role role) {
    const std::size_t step = walk_.trace().open(TraceStep::Kind::check, target.name.text());
    std::optional<Result> result = Result::none;
    if (target.name.labels() > 1) {  // RFC 7208 §4.3
      const dns::Question question{target.name, dns::Type::txt};
      const KnownAnswer* known = walk_.ask(question, target.personal);
      if (known == nullptr) {
        walk_.reach_frontier();
        return std::nullopt;
      }
      result = check_answer(target, question, *known, role);
    }
    walk_.trace().close(step, result_name(*result), walk_.counters());
    return result;
  }

  Result check_answer(const Target& target, const dns::Question& question, const KnownAnswer& known, Role role) {
    if (known.answer.status == dns::Status::failure) {  // RFC 7208 §4.4
      walk_.set_failure(question, known.answer);
      return Result::temperror;
    }
    const dns::Name& domain = question.name;
    return std::visit(base::Overloaded{[&](const NoRecord& none) {
                                         keep_near_miss(none);
                                         return Result::none;
                                       },
                                       [&](const SeveralRecords& several) {  // RFC 7208 §4.5
                                         walk_.set_problem(ProblemKind::several_records,
                                                           fmt::format("{} has {} SPF records", domain.text(), several.count));
                                         return Result::permerror;
                                       },
                                       [&](const BrokenRecord& broken) {  // RFC 7208 §4.6
                                         keep_record(broken.text, role);
                                         const std::string term = base::clip(broken.error.term, 200);
                                         walk_.set_problem(ProblemKind::syntax, fmt::format("{} in the record of {}: {}", term,
                                                                                            domain.text(), broken.error.message));
                                         keep_term(term, domain);
                                         return Result::permerror;
                                       },
                                       [&](const Record& record) {
                                         keep_record(record.text, role);
                                         return check_record(record, target, role);
                                       }},
                      known.record);
  }

  Result check_record(const Record& record, const Target& checked, Role role) {
    const dns::Name& domain = checked.name;
    note_unused(record, role);
    for (const Directive& directive : record.directives) {  // RFC 7208 §4.6.2
      const std::size_t step = walk_.trace().open(TraceStep::Kind::term, record.text_of(directive));
      const Outcome outcome = evaluate_directive(record, directive, checked, step);
      walk_.trace().close(step, outcome_name(outcome), walk_.counters());
      switch (outcome) {
        case Outcome::no_match: break;
        case Outcome::pending:
          walk_.reach_frontier();
          if (walk_.settings().prefetch == Prefetch::off) return Result::neutral;
          break;
        case Outcome::match:
          if (role != Role::included) keep_match(directive, record, domain);
          keep_width(directive);
          return directive.qualifier;
        case Outcome::temperror: keep_term(record.text_of(directive), domain); return Result::temperror;
        case Outcome::permerror: keep_term(record.text_of(directive), domain); return Result::permerror;
      }
    }
    if (const MacroString* redirect = record.domain_spec(record.redirect)) {
      if (const auto result = follow_redirect(*redirect, checked, role)) {
        if (role != Role::included && record.explanation != 0)  // RFC 7208 §6.2
          walk_.trace().note("the exp of this record is not used: redirect leads to another record");
        return *result;
      }
    }
    if (role != Role::included) {
      keep_term(kDefaultMechanism, domain);
      if (!walk_.is_collecting()) verdict_.at_last_word = true;
    }
    return Result::neutral;  // RFC 7208 §4.7
  }

  // Evaluates redirect (RFC 7208 §6.1). Returns nothing when it does not apply (RFC 8616 §4) and the record ends here.
  std::optional<Result> follow_redirect(const MacroString& domain_spec, const Target& checked, Role role) {
    const std::size_t step = walk_.trace().open(TraceStep::Kind::term, "redirect=", domain_spec.text());
    const std::optional<Result> result = redirected_result(domain_spec, checked, role, step);
    if (result == Result::permerror || result == Result::temperror) keep_term("redirect=" + domain_spec.text(), checked.name);
    walk_.trace().close(step, result ? result_name(*result) : "no match", walk_.counters());
    return result;
  }

  std::optional<Result> redirected_result(const MacroString& domain_spec, const Target& checked, Role role, std::size_t step) {
    if (!walk_.count_lookup()) return Result::permerror;
    const Target target = expansion_.target(domain_spec, checked);
    if (target.kind == Target::Kind::pending) {
      walk_.reach_frontier();
      return Result::neutral;
    }
    if (target.kind == Target::Kind::never_matches) return std::nullopt;
    if (target.kind != Target::Kind::name) {
      walk_.set_problem(ProblemKind::bad_target, fmt::format("'redirect={}' does not name a valid domain", domain_spec.text()));
      return Result::permerror;
    }
    if (domain_spec.has_macros()) walk_.trace().target(step, target.name.text());
    const auto result = check_host(target, role == Role::included ? Role::included : Role::redirected);
    if (!result) return Result::neutral;
    if (*result != Result::none) return *result;
    walk_.set_problem(ProblemKind::missing_record, fmt::format("{}, to which {} redirects, has no SPF record{}",
                                                               target.name.text(), checked.name.text(), near_miss_));
    return Result::permerror;
  }

  // ---- mechanisms (RFC 7208 §5) ----------------------------------------------------------------------------------------------

  Outcome evaluate_directive(const Record& record, const Directive& directive, const Target& checked, std::size_t step) {
    if (directive.mechanism == Mechanism::all) return Outcome::match;
    if (!asks_dns(directive.mechanism)) {  // ip4, ip6: RFC 7208 §5.6
      const int length = directive.mechanism == Mechanism::ip6 ? directive.prefix6 : directive.prefix4;
      return query_.client.in_prefix(directive.network, length) ? Outcome::match : Outcome::no_match;
    }
    if (!walk_.count_lookup()) return Outcome::permerror;
    const MacroString* const spec = record.domain_spec(directive.domain_spec);
    const Target target = spec == nullptr ? checked : expansion_.target(*spec, checked);
    switch (target.kind) {
      case Target::Kind::name: break;
      case Target::Kind::pending: return Outcome::pending;
      case Target::Kind::never_matches:
      case Target::Kind::malformed:
        if (directive.mechanism == Mechanism::ptr) return evaluate_ptr(nullptr);
        // RFC 7208 §4.8 leaves this open; we take it as "no match". An include whose own text is invalid has no record to include
        // (§5.2), but an SMTP client must not be able to cause that error with its sender or HELO name.
        if (directive.mechanism != Mechanism::include || target.kind == Target::Kind::never_matches || spec->can_be_name())
          return Outcome::no_match;
        walk_.set_problem(ProblemKind::bad_target, fmt::format("'{}' does not name a valid domain", record.text_of(directive)));
        return Outcome::permerror;
    }
    if (spec != nullptr && spec->has_macros()) walk_.trace().target(step, target.name.text());
    switch (directive.mechanism) {
      case Mechanism::include: return evaluate_include(target);
      case Mechanism::a: return evaluate_a(target, directive);
      case Mechanism::mx: return evaluate_mx(record, directive, checked, target);
      case Mechanism::ptr: return evaluate_ptr(&target.name);
      default: return evaluate_exists(target);
    }
  }

  // Maps the included result by the table in RFC 7208 §5.2.
  Outcome evaluate_include(const Target& target) {
    const auto result = check_host(target, Role::included);
    if (!result) return Outcome::pending;
    switch (*result) {
      case Result::pass: return Outcome::match;
      case Result::fail:
      case Result::softfail:
      case Result::neutral: return Outcome::no_match;
      case Result::temperror: return Outcome::temperror;
      case Result::permerror: return Outcome::permerror;
      case Result::none: break;
    }
    walk_.set_problem(ProblemKind::missing_record,
                      fmt::format("the included domain {} has no SPF record{}", target.name.text(), near_miss_));
    return Outcome::permerror;
  }

  // RFC 7208 §5.3
  Outcome evaluate_a(const Target& target, const Directive& directive) {
    return evaluate_answer(expansion_.address_question(target.name), target.personal, [&](const dns::Answer& answer) {
      return expansion_.has_client(answer, prefix_length(directive)) ? Outcome::match : Outcome::no_match;
    });
  }

  // RFC 7208 §5.7: any A record matches, also for an IPv6 client.
  Outcome evaluate_exists(const Target& target) {
    return evaluate_answer({target.name, dns::Type::a}, target.personal, [](const dns::Answer& answer) {
      return answer.addresses.empty() ? Outcome::no_match : Outcome::match;
    });
  }

  // RFC 7208 §5.4
  Outcome evaluate_mx(const Record& record, const Directive& directive, const Target& checked, const Target& target) {
    return evaluate_answer({target.name, dns::Type::mx}, target.personal, [&](const dns::Answer& answer) {
      if (answer.names.size() > static_cast<std::size_t>(walk_.settings().limits.mx_hosts)) {  // RFC 7208 §4.6.4
        walk_.set_problem(ProblemKind::mx_limit,
                          fmt::format("{} has more than {} MX hosts", target.name.text(), walk_.settings().limits.mx_hosts));
        return Outcome::permerror;
      }
      if (dns::is_null_mx(answer.names) && target.name == *query_.domain && checked.name == target.name &&
          names_only_its_mx(record))
        verdict_.names_only_null_mx = true;
      return match_hosts(answer.names, target.personal, prefix_length(directive));
    });
  }

  // Compares the client with the addresses of the hosts. Decides only when those of all hosts are known, so that the order in
  // which answers arrive does not matter. Lookups of addresses count neither as DNS terms nor as void lookups (RFC 7208 §4.6.4
  // limits the number of hosts instead): count_void() is for a term's own question.
  Outcome match_hosts(const std::vector<std::string>& hosts, bool personal, int length) {
    bool pending = false;
    bool match = false;
    std::optional<dns::Question> failed;
    const KnownAnswer* failure = nullptr;
    for (const std::string& host : hosts) {
      const auto name = host_name(host);
      if (!name) continue;
      const dns::Question question = expansion_.address_question(*name);
      const KnownAnswer* known = walk_.ask(question, personal);
      if (known == nullptr) {
        pending = true;
      } else if (known->answer.status == dns::Status::failure) {
        if (failed) continue;
        failed = question;
        failure = known;
      } else if (expansion_.has_client(known->answer, length)) {
        match = true;
      }
    }
    if (pending) return Outcome::pending;
    if (match) return Outcome::match;
    if (!failed) return Outcome::no_match;
    walk_.set_failure(*failed, failure->answer);
    return Outcome::temperror;
  }

  // Evaluates ptr; DNS errors mean "no match" (RFC 7208 §5.5). `target` is null when it is not a valid name: then nothing
  // matches, but the lookup takes place and counts.
  Outcome evaluate_ptr(const dns::Name* target) {
    if (walk_.is_collecting()) return Outcome::pending;  // ptr is never asked ahead
    if (target == nullptr) {
      const KnownAnswer* known = walk_.ask(expansion_.ptr_question(), true);
      if (known == nullptr) return Outcome::pending;
      walk_.note_own_failure(expansion_.ptr_question(), known->answer);
      return walk_.count_void(expansion_.ptr_question(), known->answer) ? Outcome::no_match : Outcome::permerror;
    }
    const ValidatedNames validated = expansion_.validated_names();
    if (validated.ptr != nullptr && !walk_.count_void(expansion_.ptr_question(), validated.ptr->answer))
      return Outcome::permerror;
    if (validated.pending) return Outcome::pending;
    const bool match = std::any_of(validated.names.begin(), validated.names.end(),
                                   [&](const dns::Name& name) { return name.is_within(*target); });
    return match ? Outcome::match : Outcome::no_match;
  }

  // Asks the term's own question. A failure is a temperror (RFC 7208 §5); a void answer counts (§4.6.4).
  template <class Judge>
  Outcome evaluate_answer(const dns::Question& question, bool personal, Judge&& judge) {
    const KnownAnswer* known = walk_.ask(question, personal);
    if (known == nullptr) return Outcome::pending;
    if (known->answer.status == dns::Status::failure) {
      walk_.set_failure(question, known->answer);
      return Outcome::temperror;
    }
    if (!walk_.count_void(question, known->answer)) return Outcome::permerror;
    return judge(known->answer);
  }

  [[nodiscard]] int prefix_length(const Directive& directive) const {
    return query_.client.is_v6() ? directive.prefix6 : directive.prefix4;
  }

  // ---- details of the verdict ------------------------------------------------------------------------------------------------

  // Keeps the first term reported, which is the innermost one.
  void keep_term(std::string_view term, const dns::Name& domain) {
    if (walk_.is_collecting() || !verdict_.mechanism.empty()) return;
    verdict_.mechanism = term;
    verdict_.domain = domain.text();
  }

  void keep_match(const Directive& directive, const Record& record, const dns::Name& domain) {
    if (walk_.is_collecting()) return;
    keep_term(record.text_of(directive), domain);
    // RFC 7208 §6.2: exp comes from the record to which redirect led, never from an included record.
    exp_ = record.domain_spec(record.explanation);
    exp_domain_ = domain;
    const bool is_only_term = &directive == &record.directives.front();
    verdict_.at_last_word = directive.mechanism == Mechanism::all && directive.qualifier != Result::pass &&
                            !(is_only_term && directive.qualifier == Result::fail);
  }

  // Keeps the width of the network that contains the client. In an included record, its term comes before the include itself.
  void keep_width(const Directive& directive) {
    if (walk_.is_collecting() || directive.mechanism == Mechanism::include) return;
    switch (directive.mechanism) {
      case Mechanism::all: is_wide_ = true; break;
      case Mechanism::a:
      case Mechanism::mx:
      case Mechanism::ip4:
      case Mechanism::ip6: is_wide_ = prefix_length(directive) < (query_.client.is_v6() ? kWideNetwork6 : kWideNetwork4); break;
      default: is_wide_ = false;
    }
  }

  void keep_near_miss(const NoRecord& none) {
    if (walk_.is_collecting()) return;
    near_miss_ = none.near_miss.empty() ? "" : "; a TXT record looks like one, but " + none.near_miss;
    if (!none.near_miss.empty()) walk_.trace().note("a TXT record looks like an SPF record, but " + none.near_miss);
  }

  void note_unused(const Record& record, Role role) {
    if (!walk_.trace().is_on()) return;
    for (const std::string& what : describe_unused(record)) walk_.trace().note(what);
    if (role == Role::included && record.explanation != 0)
      walk_.trace().note("the exp of this record is not used: the record is included");  // RFC 7208 §6.2
  }

  void keep_record(const std::string& text, Role role) {
    if (walk_.is_collecting()) return;
    if (role == Role::checked) verdict_.record = text;
    walk_.trace().record(text);
  }

  const Query& query_;
  Walk walk_;
  Expansion expansion_;
  Verdict& verdict_;
  const MacroString* exp_ = nullptr;
  dns::Name exp_domain_;
  std::string near_miss_;  // for the last domain without a record
  bool is_wide_ = false;
};

}  // namespace

Needs evaluate(const Query& query, const Settings& settings, AnswerSource& answers, Verdict& verdict) {
  return Evaluator(query, settings, answers, verdict).run();
}

Needs evaluate_record(const Query& query, const Record& record, std::string_view title, const Settings& settings,
                      AnswerSource& answers, Verdict& verdict) {
  return Evaluator(query, settings, answers, verdict).run(record, title);
}

}  // namespace spf
