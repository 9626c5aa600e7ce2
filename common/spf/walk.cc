#include "common/spf/walk.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace spf {

namespace {

bool holds(const std::vector<dns::Question>& questions, const dns::Question& question) {
  return std::find(questions.begin(), questions.end(), question) != questions.end();
}

std::string failure_text(const dns::Question& question, const dns::Answer& answer) {
  return fmt::format("{} {}: {}", dns::type_name(question.type), question.name.text(), answer.problem);
}

ProblemKind kind_of(dns::Cause cause) {
  switch (cause) {
    case dns::Cause::no_answer: return ProblemKind::dns_silent;
    case dns::Cause::unavailable: return ProblemKind::dns_unavailable;
    case dns::Cause::local: return ProblemKind::own_limit;
    case dns::Cause::reported:
    case dns::Cause::no_tcp: break;
  }
  return ProblemKind::dns_error;
}

}  // namespace

const KnownAnswer* Walk::ask(const dns::Question& question, bool personal) {
  if (is_collecting_ && !may_collect(question, personal)) return nullptr;
  const KnownAnswer* known = answers_.find(question);
  if (known == nullptr) {
    if (!holds(needs_.needed, question) && !holds(needs_.wanted, question)) {
      (is_collecting_ ? needs_.wanted : needs_.needed).push_back(question);
    }
    return nullptr;
  }
  if (!is_collecting_) {
    ttl_ = std::min(ttl_, answers_.ttl_of(question, *known));
    trace_.question(question, known->answer, counters_);
  }
  return known;
}

bool Walk::may_collect(const dns::Question& question, bool personal) const {
  if (personal) return false;
  switch (settings_.prefetch) {
    case Prefetch::off: return false;
    case Prefetch::records: return question.type == dns::Type::txt;
    case Prefetch::all: return true;
  }
  return false;
}

void Walk::reach_frontier() {
  is_collecting_ = true;
  trace_.stop();
}

bool Walk::count_lookup() {
  const int limit = std::min(settings_.limits.dns_terms, kMaxDnsTerms);
  if (++counters_.lookups <= limit) return true;
  set_problem(ProblemKind::lookup_limit, fmt::format("more than {} terms that require DNS lookups", limit));
  return false;
}

bool Walk::count_void(const dns::Question& question, const dns::Answer& answer) {
  if (!answer.is_void()) return true;
  const bool exempt = question.type == dns::Type::aaaa && answer.status == dns::Status::ok && !settings_.limits.void_lookups_ipv6;
  if (exempt || ++counters_.void_lookups <= settings_.limits.void_lookups) return true;
  set_problem(ProblemKind::void_lookup_limit,
              fmt::format("more than {} void lookups; the last one is {} {}", settings_.limits.void_lookups,
                          dns::type_name(question.type), question.name.text()));
  return false;
}

void Walk::set_problem(ProblemKind kind, std::string problem) {
  if (is_collecting_ || !problem_.empty()) return;
  problem_ = std::move(problem);
  problem_kind_ = kind;
}

void Walk::set_failure(const dns::Question& question, const dns::Answer& answer) {
  set_problem(kind_of(answer.cause), failure_text(question, answer));
}

void Walk::note_own_failure(const dns::Question& question, const dns::Answer& answer) {
  if (answer.status != dns::Status::failure || !own_failure_.empty()) return;
  if (!dns::is_own(answer.cause) && !notes_any_failure_) return;
  own_failure_ = failure_text(question, answer);
}

}  // namespace spf
