#include "common/spf/evaluate.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/base/text.h"

namespace spf {

namespace {

constexpr std::size_t kMaxExplanation = 2048;  // bytes

enum class Outcome : std::uint8_t { match, no_match, pending, temperror, permerror };

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::match: return "match";
    case Outcome::no_match: return "no match";
    case Outcome::pending: return "pending";
    case Outcome::temperror: return "temperror";
    case Outcome::permerror: return "permerror";
  }
  return "permerror";
}

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

// What came as the answer to a question, in a few words, for the trace.
std::string describe(const dns::Answer& answer) {
  constexpr std::size_t kMost = 400;
  if (answer.status == dns::Status::failure) return answer.problem;
  if (answer.status == dns::Status::name_error) return "no such name";
  std::string out;
  const auto add = [&out](std::string_view piece) {
    if (out.size() > kMost) return;
    if (!out.empty()) out += ", ";
    out += piece;
  };
  for (const auto& address : answer.addresses) add(address.text());
  for (const auto& name : answer.names) add(name);
  for (const auto& text : answer.texts) add('"' + base::printable(text) + '"');
  if (out.size() > kMost) out = out.substr(0, kMost) + "...";
  return out.empty() ? "no record" : out;
}

// One run of check_host() from its beginning, over the answers that are known.
//
// The walk over the terms is the plain sequential one of the RFC. When an answer is missing, the "frontier" is reached: from
// there on (`collecting_`) the walk goes on as if the pending term did not match, only to collect the questions that come next.
// What it finds behind the frontier is thrown away, since the next run begins from zero; so the verdict cannot depend on it.
class Evaluator {
 public:
  Evaluator(const Query& query, const Settings& settings, AnswerSource& answers)
      : query_(query), settings_(settings), answers_(answers) {}

  Evaluation run() {
    Evaluation evaluation;
    verdict_.result = check_domain();
    if (!collecting_ && verdict_.result == Result::fail) explain();
    if (collecting_) {
      evaluation.needs = std::move(needs_);
      return evaluation;
    }
    verdict_.lookups = lookups_;
    verdict_.void_lookups = void_lookups_;
    verdict_.ttl = verdict_.result == Result::temperror || ttl_ == kNoTtl ? 0 : ttl_;
    evaluation.verdict = std::move(verdict_);
    return evaluation;
  }

 private:
  static constexpr std::uint32_t kNoTtl = std::numeric_limits<std::uint32_t>::max();

  // ---- DNS ---------------------------------------------------------------------------------------------------------------

  // The answer, or null and the question noted among the needs. Null is "pending": the caller passes that on.
  const KnownAnswer* ask(const dns::Question& question, bool personal = false) {
    if (collecting_) {
      const bool allowed =
          settings_.prefetch == Prefetch::all || (settings_.prefetch == Prefetch::records && question.type == dns::Type::txt);
      if (personal || !allowed) return nullptr;
      const KnownAnswer* known = answers_.find(question);
      if (known == nullptr) add_once(needs_.wanted, question);
      return known;
    }
    const KnownAnswer* known = answers_.find(question);
    if (known == nullptr) {
      add_once(needs_.needed, question);
      return nullptr;
    }
    ttl_ = std::min(ttl_, known->answer.ttl);
    if (settings_.trace) {
      add_step(TraceStep::Kind::question, fmt::format("{} {}", dns::type_name(question.type), question.name.text()),
               describe(known->answer));
    }
    return known;
  }

  void add_once(std::vector<dns::Question>& list, const dns::Question& question) const {
    const auto in = [&question](const auto& questions) {
      return std::find(questions.begin(), questions.end(), question) != questions.end();
    };
    if (!in(needs_.needed) && !in(needs_.wanted)) list.push_back(question);
  }

  [[nodiscard]] dns::Type address_type() const { return query_.client.is_v6() ? dns::Type::aaaa : dns::Type::a; }

  // RFC 7208 §4.6.4: a look-up that finds nothing. False when there were too many.
  bool count_void(const dns::Question& question, const dns::Answer& answer) {
    if (!answer.is_void()) return true;
    const bool exempt =
        question.type == dns::Type::aaaa && answer.status == dns::Status::ok && !settings_.limits.void_lookups_ipv6;
    if (exempt || ++void_lookups_ <= settings_.limits.void_lookups) return true;
    set_problem(fmt::format("more than {} void look-ups: {} {} has no answer", settings_.limits.void_lookups,
                            dns::type_name(question.type), question.name.text()));
    return false;
  }

  // RFC 7208 §4.6.4: the limit of terms that ask DNS; checked before anything is asked.
  bool count_lookup() {
    if (++lookups_ <= settings_.limits.dns_terms) return true;
    set_problem(fmt::format("more than {} terms that ask DNS", settings_.limits.dns_terms));
    return false;
  }

  Outcome dns_failure(const dns::Question& question, const dns::Answer& answer) {
    set_problem(fmt::format("{} {}: {}", dns::type_name(question.type), question.name.text(), answer.problem));
    return Outcome::temperror;
  }

  // ---- macros ------------------------------------------------------------------------------------------------------------

  struct Target {
    enum class Kind : std::uint8_t { name, malformed, never_matches, pending };
    Kind kind = Kind::name;
    dns::Name name{};
    bool personal = false;
  };

  // <target-name> of a domain-spec (RFC 7208 §4.8); an empty one is the current domain.
  Target target_name(const MacroString& spec, const dns::Name& domain) {
    if (spec.empty()) return {.name = domain};
    const bool personal = spec.is_personal();
    if (collecting_ && personal) return {.kind = Target::Kind::pending};
    // RFC 8616 §4
    if ((spec.uses('s') || spec.uses('l')) && !base::is_ascii(query_.local_part)) return {.kind = Target::Kind::never_matches};
    if (!spec.has_macros()) return from_name(spec.expand_name({}), false);
    if (!prepare_values(spec, domain)) return {.kind = Target::Kind::pending};
    return from_name(spec.expand_name(values_), personal);
  }

  static Target from_name(const std::optional<dns::Name>& name, bool personal) {
    if (!name) return {.kind = Target::Kind::malformed};
    return {.name = *name, .personal = personal};
  }

  // Fills values_ for a macro string in the record of `domain`. False: %{p} still needs answers.
  bool prepare_values(const MacroString& macros, const dns::Name& domain) {
    if (dotted_client_.empty()) {
      dotted_client_ = query_.client.dotted();
      client_ = query_.client.text();
      time_ = fmt::format("{}", query_.time);
    }
    if (macros.uses('p') && !prepare_validated(domain)) return false;
    values_ = {.sender = query_.sender,
               .local_part = query_.local_part,
               .sender_domain = query_.sender_domain,
               .domain = domain.text(),
               .dotted_client = dotted_client_,
               .validated = validated_,
               .family = query_.client.is_v6() ? "ip6" : "in-addr",
               .helo = or_unknown(query_.helo),
               .client = client_,
               .receiver = or_unknown(query_.receiver),
               .time = time_};
    return true;
  }

  static std::string_view or_unknown(std::string_view text) { return text.empty() ? "unknown" : text; }

  // %{p} (RFC 7208 §7.3): the domain itself if it is validated, else a subdomain of it, else any name, else "unknown".
  bool prepare_validated(const dns::Name& domain) {
    const Validated names = validated_names();
    if (names.pending) return false;
    const dns::Name* best = nullptr;
    for (const dns::Name& name : names.names) {
      const bool better = best == nullptr || name == domain || (name.is_within(domain) && !best->is_within(domain));
      if (better && (best == nullptr || *best != domain)) best = &name;
    }
    validated_ = best == nullptr ? "unknown" : std::string(best->text());
    return true;
  }

  // ---- the validated domain names of the client (RFC 7208 §5.5)
  // ----------------------------------------------------------------

  struct Validated {
    bool pending = false;
    const KnownAnswer* ptr = nullptr;
    std::vector<dns::Name> names;
  };

  dns::Question ptr_question() {
    if (reverse_name_.is_root()) reverse_name_ = *dns::Name::parse(query_.client.reverse_name());
    return {reverse_name_, dns::Type::ptr};
  }

  Validated validated_names() {
    Validated out;
    out.ptr = ask(ptr_question(), true);
    if (out.ptr == nullptr) {
      out.pending = true;
      return out;
    }
    const auto& names = out.ptr->answer.names;
    const std::size_t count = std::min(names.size(), static_cast<std::size_t>(settings_.limits.ptr_names));
    for (std::size_t i = 0; i < count; ++i) {  // RFC 7208 §4.6.4: the rest is ignored
      const auto name = host_name(names[i]);
      if (!name) continue;
      const KnownAnswer* hosts = ask({*name, address_type()}, true);
      if (hosts == nullptr) {
        out.pending = true;
      } else if (has_client(hosts->answer, query_.client.bits())) {  // an error skips the name
        out.names.push_back(*name);
      }
    }
    return out;
  }

  // A host as MX or PTR name it; nothing when no address can be asked for it.
  static std::optional<dns::Name> host_name(std::string_view text) {
    auto name = dns::Name::parse(text);
    if (!name || name->is_root() || text == "?") return std::nullopt;
    return name;
  }

  [[nodiscard]] bool has_client(const dns::Answer& answer, int prefix_length) const {
    return std::any_of(answer.addresses.begin(), answer.addresses.end(),
                       [&](const base::IpAddress& address) { return query_.client.in_prefix(address, prefix_length); });
  }

  [[nodiscard]] int prefix_length(const Directive& directive) const {
    return query_.client.is_v6() ? directive.prefix6 : directive.prefix4;
  }

  // ---- mechanisms (RFC 7208 §5) ----------------------------------------------------------------------------------------------

  Outcome evaluate(const Directive& directive, const dns::Name& domain, int depth) {
    switch (directive.mechanism) {
      case Mechanism::all: return Outcome::match;
      case Mechanism::ip4:
      case Mechanism::ip6: {
        return query_.client.in_prefix(directive.network,
                                       directive.mechanism == Mechanism::ip6 ? directive.prefix6 : directive.prefix4)
                   ? Outcome::match
                   : Outcome::no_match;
      }
      default: break;
    }
    if (!count_lookup()) return Outcome::permerror;
    if (directive.mechanism == Mechanism::ptr && collecting_) return Outcome::pending;
    const Target target = target_name(directive.domain_spec, domain);
    if (settings_.trace && !directive.domain_spec.empty() && directive.domain_spec.has_macros()) {
      annotate(fmt::format(" (= {})", target.name.text()));
    }
    switch (target.kind) {
      case Target::Kind::pending: return Outcome::pending;
      case Target::Kind::never_matches: return Outcome::no_match;
      case Target::Kind::malformed:
        // RFC 7208 §4.8 leaves it open; §5.2: an include of a malformed domain is an include without record.
        if (directive.mechanism != Mechanism::include) return Outcome::no_match;
        set_problem(fmt::format("'{}' names no valid domain", directive.text));
        return Outcome::permerror;
      case Target::Kind::name: break;
    }
    switch (directive.mechanism) {
      case Mechanism::include: return evaluate_include(target, depth);
      case Mechanism::a: return evaluate_a(target, directive);
      case Mechanism::mx: return evaluate_mx(target, directive);
      case Mechanism::ptr: return evaluate_ptr(target);
      default: return evaluate_exists(target);
    }
  }

  // RFC 7208 §5.2: the table.
  Outcome evaluate_include(const Target& target, int depth) {
    const auto result = check_host(target, depth + 1, true);
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
    set_problem(fmt::format("the included domain {} has no SPF record", target.name.text()));
    return Outcome::permerror;
  }

  // RFC 7208 §5.3
  Outcome evaluate_a(const Target& target, const Directive& directive) {
    return match_addresses({target.name, address_type()}, target.personal, prefix_length(directive));
  }

  // RFC 7208 §5.7: any A record, also for an IPv6 client.
  Outcome evaluate_exists(const Target& target) {
    const dns::Question question{target.name, dns::Type::a};
    const KnownAnswer* known = ask(question, target.personal);
    if (known == nullptr) return Outcome::pending;
    if (known->answer.status == dns::Status::failure) return dns_failure(question, known->answer);
    if (!count_void(question, known->answer)) return Outcome::permerror;
    return known->answer.addresses.empty() ? Outcome::no_match : Outcome::match;
  }

  Outcome match_addresses(const dns::Question& question, bool personal, int length) {
    const KnownAnswer* known = ask(question, personal);
    if (known == nullptr) return Outcome::pending;
    if (known->answer.status == dns::Status::failure) return dns_failure(question, known->answer);
    if (!count_void(question, known->answer)) return Outcome::permerror;
    return has_client(known->answer, length) ? Outcome::match : Outcome::no_match;
  }

  // RFC 7208 §5.4. Settled only when the addresses of all hosts are known, so that the order in which they come cannot matter.
  Outcome evaluate_mx(const Target& target, const Directive& directive) {
    const dns::Question question{target.name, dns::Type::mx};
    const KnownAnswer* known = ask(question, target.personal);
    if (known == nullptr) return Outcome::pending;
    if (known->answer.status == dns::Status::failure) return dns_failure(question, known->answer);
    if (!count_void(question, known->answer)) return Outcome::permerror;
    const auto& hosts = known->answer.names;
    if (hosts.size() > static_cast<std::size_t>(settings_.limits.mx_hosts)) {  // RFC 7208 §4.6.4
      set_problem(fmt::format("{} has more than {} MX hosts", target.name.text(), settings_.limits.mx_hosts));
      return Outcome::permerror;
    }
    bool pending = false;
    bool match = false;
    std::optional<std::pair<dns::Question, const dns::Answer*>> failed;
    for (const std::string& host : hosts) {
      const auto name = host_name(host);
      if (!name) continue;
      const dns::Question address_question{*name, address_type()};
      const KnownAnswer* addresses = ask(address_question, target.personal);
      if (addresses == nullptr) {
        pending = true;
      } else if (addresses->answer.status == dns::Status::failure) {
        if (!failed) failed.emplace(address_question, &addresses->answer);
      } else if (has_client(addresses->answer, prefix_length(directive))) {
        match = true;
      }
    }
    if (pending) return Outcome::pending;
    if (match) return Outcome::match;
    return failed ? dns_failure(failed->first, *failed->second) : Outcome::no_match;
  }

  // RFC 7208 §5.5: DNS errors are no match.
  Outcome evaluate_ptr(const Target& target) {
    const Validated validated = validated_names();
    if (validated.ptr != nullptr && !count_void(ptr_question(), validated.ptr->answer)) return Outcome::permerror;
    if (validated.pending) return Outcome::pending;
    const bool match = std::any_of(validated.names.begin(), validated.names.end(),
                                   [&](const dns::Name& name) { return name.is_within(target.name); });
    return match ? Outcome::match : Outcome::no_match;
  }

  // ---- check_host() (RFC 7208 §4) --------------------------------------------------------------------------------------------

  Result check_domain() {
    if (!query_.domain) {  // RFC 7208 §4.3
      verdict_.problem = query_.sender_domain.empty()
                             ? "no domain to check"
                             : fmt::format("'{}' is no domain that can have an SPF record",
                                           base::printable(query_.sender_domain).substr(0, dns::Name::kMaxText));
      return Result::none;
    }
    const auto result = check_host({.name = *query_.domain}, 0, false);
    if (!result) return Result::none;  // pending: nobody looks at it
    if (*result == Result::none) {
      verdict_.problem = fmt::format("{} has no SPF record", query_.domain->text());
    }
    return *result;
  }

  // Nothing: its record is not known yet. With an include above (`included`), what matches is not what the verdict names.
  std::optional<Result> check_host(const Target& target, int depth, bool included) {
    const std::size_t step = add_step(TraceStep::Kind::check, target.name.text(), {}, depth);
    if (target.name.labels() < 2) return Result::none;  // RFC 7208 §4.3
    const dns::Question question{target.name, dns::Type::txt};
    trace_depth_ = depth + 1;
    const KnownAnswer* known = ask(question, target.personal);
    if (known == nullptr) {
      reach_frontier();
      return std::nullopt;
    }
    const auto result = check_policy(*known, question, depth, included);
    finish_step(step, result_name(result), target.name.text());
    return result;
  }

  Result check_policy(const KnownAnswer& known, const dns::Question& question, int depth, bool included) {
    if (known.answer.status == dns::Status::failure) {  // RFC 7208 §4.4
      dns_failure(question, known.answer);
      return Result::temperror;
    }
    return std::visit(
        Overloaded{[](const NoRecord&) { return Result::none; },
                   [&](const SeveralRecords& several) {  // RFC 7208 §4.5
                     set_problem(fmt::format("{} has {} SPF records", question.name.text(), several.count));
                     return Result::permerror;
                   },
                   [&](const BrokenRecord& broken) {  // RFC 7208 §4.6
                     keep_record(broken.text, depth, included);
                     set_problem(fmt::format("in the record of {}: {}: {}", question.name.text(),
                                             base::printable(broken.error.term).substr(0, 200), broken.error.message));
                     set_term(broken.error.term, question.name);
                     return Result::permerror;
                   },
                   [&](const Record& record) {
                     keep_record(record.text, depth, included);
                     return check_record(record, question.name, depth, included);
                   }},
        known.policy);
  }

  Result check_record(const Record& record, const dns::Name& domain, int depth, bool included) {
    for (const Directive& directive : record.directives) {  // RFC 7208 §4.6.2
      const std::size_t step = add_step(TraceStep::Kind::term, directive.text, {}, depth + 1);
      trace_depth_ = depth + 2;
      const Outcome outcome = evaluate(directive, domain, depth + 1);
      finish_step(step, outcome_name(outcome), {});
      switch (outcome) {
        case Outcome::no_match: break;
        case Outcome::pending:
          reach_frontier();
          if (settings_.prefetch == Prefetch::off) return Result::neutral;
          break;
        case Outcome::match:
          if (!included) keep_match(directive, record, domain);
          return directive.qualifier;
        case Outcome::temperror: set_term(directive.text, domain); return Result::temperror;
        case Outcome::permerror: set_term(directive.text, domain); return Result::permerror;
      }
    }
    if (record.redirect) return follow_redirect(*record.redirect, domain, depth, included);
    if (!included) set_default(domain);
    return Result::neutral;  // RFC 7208 §4.7
  }

  // RFC 7208 §6.1
  Result follow_redirect(const MacroString& spec, const dns::Name& domain, int depth, bool included) {
    const std::string term = "redirect=" + spec.text();
    const std::size_t step = add_step(TraceStep::Kind::term, term, {}, depth + 1);
    trace_depth_ = depth + 2;
    const auto broken = [&](Result result) {
      set_term(term, domain);
      finish_step(step, result_name(result), {});
      return result;
    };
    if (!count_lookup()) return broken(Result::permerror);
    const Target target = target_name(spec, domain);
    switch (target.kind) {
      case Target::Kind::pending: reach_frontier(); return Result::neutral;
      case Target::Kind::never_matches:
      case Target::Kind::malformed:
        set_problem(fmt::format("'{}' names no valid domain", term));
        return broken(Result::permerror);
      case Target::Kind::name: break;
    }
    const auto result = check_host(target, depth + 2, included);
    if (!result) return Result::neutral;  // pending: nobody looks at it
    if (*result == Result::none) {
      set_problem(fmt::format("{} has no SPF record for the redirect from {}", target.name.text(), domain.text()));
      return broken(Result::permerror);
    }
    finish_step(step, result_name(*result), {});
    return *result;
  }

  void reach_frontier() { collecting_ = true; }

  // ---- explanation (RFC 7208 §6.2) -------------------------------------------------------------------------------------------

  void explain() {
    trace_depth_ = 1;
    if (explanation_ != nullptr && !explain_by_domain()) return;
    if (!verdict_.authority_explanation.empty()) return;
    if (!prepare_values(settings_.default_explanation, *query_.domain)) return reach_frontier();
    const auto text = settings_.default_explanation.expand(values_, kMaxExplanation);
    verdict_.default_explanation = base::printable(text.value_or(""));
  }

  // False: an answer is missing. Whatever is wrong with the domain's text, the default explanation serves instead.
  bool explain_by_domain() {
    const std::uint32_t ttl = ttl_;  // the explanation is no part of what the TTL of the result covers
    const bool done = fetch_explanation();
    ttl_ = ttl;
    if (!done) reach_frontier();
    return done;
  }

  bool fetch_explanation() {
    const Target target = target_name(*explanation_, explanation_domain_);
    if (target.kind == Target::Kind::pending) return false;
    if (target.kind != Target::Kind::name) return true;
    const KnownAnswer* known = ask({target.name, dns::Type::txt});
    if (known == nullptr) return false;
    if (known->answer.texts.size() != 1) return true;
    const auto macros = MacroString::parse(known->answer.texts.front(), MacroContext::explanation);
    if (!macros) return true;
    if (!prepare_values(*macros, explanation_domain_)) return false;
    auto text = macros->expand(values_, kMaxExplanation);
    // US-ASCII only; control characters could end the SMTP reply line.
    if (text && std::all_of(text->begin(), text->end(), base::is_printable)) verdict_.authority_explanation = std::move(*text);
    return true;
  }

  // ---- what the verdict says
  // ---------------------------------------------------------------------------------------------------

  // Only what stands before the frontier counts.
  void set_problem(std::string problem) {
    if (!collecting_ && verdict_.problem.empty()) verdict_.problem = std::move(problem);
  }

  void set_term(std::string_view term, const dns::Name& domain) {
    if (collecting_ || !verdict_.mechanism.empty()) return;
    verdict_.mechanism = base::printable(term);
    verdict_.domain = domain.text();
  }

  void set_default(const dns::Name& domain) { set_term("default", domain); }  // RFC 7208 §9.1

  void keep_match(const Directive& directive, const Record& record, const dns::Name& domain) {
    if (collecting_) return;
    set_term(directive.text, domain);
    // RFC 7208 §6.2: of the record where redirect led, and never of an included one.
    explanation_ = record.explanation ? &*record.explanation : nullptr;
    explanation_domain_ = domain;
  }

  void keep_record(const std::string& text, int depth, bool included) {
    if (!collecting_ && depth == 0 && !included) verdict_.record = text;
    add_step(TraceStep::Kind::record, base::printable(text), {}, depth + 1);
  }

  // ---- trace
  // -------------------------------------------------------------------------------------------------------------------

  std::size_t add_step(TraceStep::Kind kind, std::string_view text, std::string_view outcome, int depth = -1) {
    if (!settings_.trace || collecting_) return 0;
    verdict_.trace.push_back({.kind = kind,
                              .depth = depth < 0 ? trace_depth_ : depth,
                              .text = base::printable(text),
                              .outcome = std::string(outcome),
                              .lookups = lookups_,
                              .void_lookups = void_lookups_});
    return verdict_.trace.size() - 1;
  }

  void finish_step(std::size_t index, std::string_view outcome, std::string_view /*text*/) {
    if (!settings_.trace || collecting_) return;
    TraceStep& step = verdict_.trace[index];
    step.outcome = outcome;
    step.lookups = lookups_;
    step.void_lookups = void_lookups_;
  }

  void annotate(std::string_view addition) {
    if (!collecting_ && !verdict_.trace.empty()) verdict_.trace.back().text += addition;
  }

  const Query& query_;
  const Settings& settings_;
  AnswerSource& answers_;

  bool collecting_ = false;
  Needs needs_;
  Verdict verdict_;
  int lookups_ = 0;
  int void_lookups_ = 0;
  std::uint32_t ttl_ = kNoTtl;
  int trace_depth_ = 0;

  const MacroString* explanation_ = nullptr;
  dns::Name explanation_domain_;

  std::string dotted_client_;
  std::string client_;
  std::string time_;
  std::string validated_;
  dns::Name reverse_name_;
  MacroValues values_;
};

}  // namespace

Evaluation evaluate(const Query& query, const Settings& settings, AnswerSource& answers) {
  return Evaluator(query, settings, answers).run();
}

}  // namespace spf
