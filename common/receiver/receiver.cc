#include "common/receiver/receiver.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/receiver/actions.h"
#include "common/receiver/compose.h"
#include "common/receiver/judge.h"
#include "common/spf/question_budget.h"

namespace receiver {

namespace {

using spf::Identity;
using spf::Needs;

void refuse(spf::Result result, spf::ProblemKind kind, const RulesInForce& rules, const Names& names, std::string_view error,
            Reply& reply) {
  compose_unchecked(result, names, error, reply);
  if (!reply.problem.empty()) reply.problem_kind = kind;
  reply.error = reply.local_explanation;
  set_action(reply, rules, Identity::mailfrom);
}

// Returns the name of the receiving host, from the request or else from the configuration.
std::string_view host_of(const Request& request, const Policy& policy) {
  return request.receiver.empty() ? policy.hostname : request.receiver;
}

// The reason why the client's mail is not checked, and the rule that exempts it.
struct Exemption {
  std::string why;
  std::string rule;
};

std::optional<Exemption> exemption(const Request& request, const RulesInForce& rules) {
  if ((request.is_authenticated || request.is_relay) && !rules.get(&Rules::check_authenticated, false)) {
    if (request.is_authenticated) return Exemption{"the client has authenticated itself", "authenticated client"};
    return Exemption{"the client may relay", "relay client"};
  }
  if (request.is_from_this_host() && !rules.get(&Rules::check_loopback, false))
    return Exemption{"the client is this host", "loopback client"};
  const auto* const exempt = rules.find(&Rules::exempt);
  if (exempt == nullptr) return std::nullopt;
  for (const Network& network : *exempt) {
    if (network.holds(*request.client))
      return Exemption{"the client is exempt, " + network.text(), "exempt-clients: " + network.text()};
  }
  return std::nullopt;
}

// One run of decide() over the known answers.
class Decision {
 public:
  // `note`: how the request was changed beforehand, for Reply::local_policy.
  Decision(const Request& request, const Policy& policy, spf::AnswerSource& answers, Workspace& workspace,
           std::string_view note = {})
      : request_(request),
        policy_(policy),
        answers_(answers),
        workspace_(workspace),
        rules_(policy, request),
        note_(note),
        host_(host_of(request, policy)),
        sender_(bare_sender(request.sender)),
        helo_(base::strip(request.helo)) {}

  Needs run() {
    if (!request_.client) return skip("the message has no SMTP client", {});
    if (auto exempt = exemption(request_, rules_)) return skip(exempt->why, std::move(exempt->rule));
    // RFC 7208 §2.4: with the null sender, the MAIL FROM identity is postmaster at the HELO name.
    // An SMTP client without a HELO name does not have this identity: the result is none (§4.3).
    const bool is_helo = request_.scope == Scope::helo || sender_.empty();
    if (policy_.allow_request_policy) {
      if (const std::string problem = read_own_terms(); !problem.empty()) return refuse(problem);
    }
    choose_texts();
    const bool is_helo_first = !is_helo && request_.scope == Scope::automatic && !helo_.empty() &&
                               rules_.get(&Rules::check_helo, HeloCheck::null_sender) == HeloCheck::first;
    if (is_helo_first) return check_both();
    return check(is_helo ? Identity::helo : Identity::mailfrom, {}, workspace_, Judge::Turn::last);
  }

 private:
  Needs skip(std::string_view why, std::string rule) {
    compose_unchecked(spf::Result::none, names(), why, workspace_.reply);
    workspace_.reply.local_policy = std::move(rule);
    return {};
  }
  Needs refuse(std::string_view error) {
    receiver::refuse(policy_.bad_request_result, spf::ProblemKind::request, rules_, names(), error, workspace_.reply);
    return {};
  }

  // Checks HELO, then MAIL FROM (RFC 7208 §2.3). The HELO result replaces that of MAIL FROM only if it refuses the mail.
  // Both are looked up at the same time, so that a HELO name with an unresponsive zone takes no time from MAIL FROM. HELO may use
  // half of the time. If MAIL FROM is rejected, the reply does not wait for HELO, because the mail is refused in any case.
  Needs check_both() {
    Workspace helo;
    answers_.set_impatient(answers_.is_late());
    Needs helo_needs = check(Identity::helo, {}, helo, Judge::Turn::helo_first);
    answers_.set_impatient(false);
    Reply& first = helo.reply;
    std::optional<HeloReply> before;
    if (helo_needs.empty()) {
      if (first.action == Action::reject) {
        take(std::move(helo));
        return {};
      }
      before = {first.result, first.header_comment, first.received_spf_header};
    }
    Needs needs = check(Identity::mailfrom, std::move(before), workspace_, Judge::Turn::last);
    if (needs.empty() && workspace_.reply.action == Action::reject) helo_needs = {};
    add(std::move(helo_needs), needs);
    if (!needs.empty()) return needs;
    Reply& reply = workspace_.reply;
    // A HELO result that defers the mail does not prevent a rejection for MAIL FROM. An incomplete HELO check changes nothing.
    if (first.action == Action::defer && reply.action != Action::reject) {
      take(std::move(helo));
      return {};
    }
    if (first.would && reply.would != Action::reject) reply.would = first.would;
    reply.trace.insert(reply.trace.begin(), first.trace.begin(), first.trace.end());
    return {};
  }

  // Lets the reply for HELO decide.
  void take(Workspace&& helo) {
    workspace_.query = std::move(helo.query);
    workspace_.reply = std::move(helo.reply);
  }

  static void add(Needs&& more, Needs& needs) {
    const auto join = [](std::vector<dns::Question>& from, std::vector<dns::Question>& to) {
      for (dns::Question& question : from) {
        if (std::find(to.begin(), to.end(), question) == to.end()) to.push_back(question);
      }
    };
    join(more.needed, needs.needed);
    join(more.wanted, needs.wanted);
    // One identity may need a question that the other asks ahead of its turn.
    std::erase_if(needs.wanted, [&](const dns::Question& question) {
      return std::find(needs.needed.begin(), needs.needed.end(), question) != needs.needed.end();
    });
  }

  [[nodiscard]] Names names() const {
    const spf::Settings& settings = own_settings_ ? *own_settings_ : policy_.spf;
    return {.host = host_,
            .id = request_.id,
            .keys = policy_.why_keys ? &*policy_.why_keys : nullptr,
            .explanation = &settings.default_explanation};
  }

  // Reads the terms in the request. Returns what is wrong with them, or an empty text.
  std::string read_own_terms() {
    const auto read = [](std::string_view key, const std::string& text, std::optional<Terms>& terms) -> std::string {
      if (base::strip(text).empty()) return {};
      auto parsed = parse_terms({text});
      if (!parsed) return std::string(key) + "=: " + parsed.error();
      terms = std::move(*parsed);
      return {};
    };
    std::string problem = read("local", request_.local, own_local_);
    return problem.empty() ? read("guess_mechs", request_.guess_terms, own_guess_) : problem;
  }

  // Copies the settings only if the rules for this request have texts of their own.
  void choose_texts() {
    const auto* const explanation = rules_.find(&Rules::explanation);
    const auto* const why_url = rules_.find(&Rules::why_url);
    if (explanation == nullptr && why_url == nullptr) return;
    own_settings_ = policy_.spf;
    if (explanation != nullptr) own_settings_->default_explanation = *explanation;
    if (why_url != nullptr) own_settings_->why_url = *why_url;
  }

  // Checks one identity. `before`: the reply for HELO if that was checked before MAIL FROM.
  Needs check(Identity identity, std::optional<HeloReply>&& before, Workspace& workspace, Judge::Turn turn) {
    const bool is_helo = identity == Identity::helo;
    spf::Query& query = workspace.query;
    if (is_helo) {
      spf::set_helo_query(query, *request_.client, helo_);
    } else {
      spf::set_mailfrom_query(query, *request_.client, sender_, helo_);
    }
    query.receiver = host_.empty() ? "unknown" : host_;
    query.time = request_.time;

    const spf::Settings& settings = own_settings_ ? *own_settings_ : policy_.spf;
    Judge judge(request_, policy_, rules_, own_local_ ? &*own_local_ : nullptr, settings, answers_, turn);
    if (Needs needs = judge.evaluate(query, workspace.judgement); !needs.empty()) return needs;
    // The identity for people to read: the sender as received, or with A-labels if it is not US-ASCII.
    std::string_view shown = is_helo ? (helo_.empty() ? "unknown" : helo_) : sender_;
    if (!is_helo && !base::is_ascii(sender_)) shown = query.sender;
    std::optional<Guesses> guesses;
    if (request_.guess || own_guess_) {
      if (Needs needs = guess(judge, query, shown, guesses.emplace()); !needs.empty()) return needs;
    }
    if (!note_.empty()) workspace.judgement.local.note.insert(0, note_ + (workspace.judgement.local.note.empty() ? "" : "; "));
    compose(workspace, names(), shown, helo_, std::move(before));
    if (guesses) workspace.reply.guesses = std::move(guesses);
    if (workspace.judgement.local.set_aside.empty()) set_action(workspace.reply, rules_, identity);
    return {};
  }

  // Adds the best guesses of Mail::SPF::Query, which do not change the result.
  Needs guess(Judge& judge, const spf::Query& query, std::string_view shown, Guesses& out) {
    const Terms* usual = own_guess_ ? &*own_guess_ : rules_.find(&Rules::guess);
    if (usual == nullptr || usual->empty()) usual = &best_guess();
    const Terms* const forwarders = rules_.find(&Rules::forwarders);
    for (const auto& [terms, guess] : {std::pair{usual, &out.usual}, {forwarders, &out.forwarders}}) {
      if (terms == nullptr || terms->empty()) continue;
      spf::Verdict verdict;
      if (Needs needs = judge.guess(query, *terms, verdict); !needs.empty()) return needs;
      *guess = compose_guess(query, verdict, host_, shown);
    }
    return {};
  }

  const Request& request_;
  const Policy& policy_;
  spf::QuestionBudget answers_;
  Workspace& workspace_;
  const RulesInForce rules_;
  const std::string note_;
  const std::string_view host_;
  const std::string_view sender_;
  const std::string_view helo_;
  std::optional<Terms> own_local_;  // terms in the request
  std::optional<Terms> own_guess_;
  std::optional<spf::Settings> own_settings_;
};

// Decides a request at a host that rewrites senders itself.
Needs decide_beside_srs(const Request& request, const Policy& policy, spf::AnswerSource& answers, Workspace& workspace,
                        std::string_view note) {
  if (const auto why = forged_recipient(policy.own_addresses, request)) {
    Reply& reply = workspace.reply;
    compose_unchecked(spf::Result::none, {.host = host_of(request, policy), .id = request.id, .keys = nullptr},
                      "the recipient is not a valid SRS address of ours: " + *why, reply);
    reply.local_policy = "srs-check-recipients: " + *why;
    set_action(reply, RulesInForce(policy, request), Action::reject, "5.1.1");  // RFC 3463 §3.2
    return {};
  }
  const auto original = unwrapped_sender(policy.own_addresses, request);
  if (!original) return Decision(request, policy, answers, workspace, note).run();
  Request unwrapped = request;
  unwrapped.sender = *original;
  const std::string change = base::clip_middle(*original, kMaxDetail / 4) + " instead of " +
                             base::clip_middle(bare_sender(request.sender), kMaxDetail / 4);
  const std::string before = note.empty() ? std::string() : std::string(note) + "; ";
  return Decision(unwrapped, policy, answers, workspace, before + "srs-unwrap: " + change).run();
}

Needs decide_once(const Request& request, const Policy& policy, spf::AnswerSource& answers, Workspace& workspace,
                  std::string_view note = {}) {
  if (policy.own_addresses.rewriter) return decide_beside_srs(request, policy, answers, workspace, note);
  return Decision(request, policy, answers, workspace, note).run();
}

// Returns whether the result may come from expired answers: not if a mail server may refuse the mail permanently because of it.
bool may_be_stale(spf::Result result) {
  return result != spf::Result::fail && result != spf::Result::permerror && result != spf::Result::temperror;
}

bool may_replace(const Reply& reply, const Reply& temperror) {
  if (!may_be_stale(reply.result) || reply.action != Action::accept || reply.would) return false;
  if (!reply.helo || may_be_stale(reply.helo->result)) return true;
  return temperror.helo && temperror.helo->result == reply.helo->result;
}

// Decides again, with expired answers in place of failures (RFC 8767). The reply in the workspace is a temperror; it is replaced
// only by one that accepts the mail.
Needs decide_with_stale(const Request& request, const Policy& policy, spf::AnswerSource& answers, Workspace& workspace) {
  Workspace other;
  answers.use_stale(true);
  Needs needs = decide_once(request, policy, answers, other, "serve-stale: expired DNS answers");
  if (!needs.empty()) return needs;
  if (may_replace(other.reply, workspace.reply)) {
    workspace = std::move(other);
    workspace.reply.is_stale = true;
    workspace.reply.ttl = std::min(workspace.reply.ttl, spf::kStaleTtl);
  } else {
    answers.use_stale(false);
  }
  return {};
}

}  // namespace

Needs decide(const Request& request, const Policy& policy, spf::AnswerSource& answers, Workspace& workspace) {
  Needs needs = decide_once(request, policy, answers, workspace);
  const bool may_help = needs.empty() && workspace.reply.result == spf::Result::temperror && answers.has_stale();
  return may_help ? decide_with_stale(request, policy, answers, workspace) : needs;
}

Reply bad_request(const Policy& policy, std::string_view error, std::string_view id) {
  Reply reply;
  refuse(policy.bad_request_result, spf::ProblemKind::request, RulesInForce(policy),
         {.host = policy.hostname, .id = id, .keys = nullptr}, error, reply);
  return reply;
}

Reply not_checked(const Policy& policy, std::string_view error, std::string_view id) {
  Reply reply;
  refuse(spf::Result::temperror, spf::ProblemKind::own_limit, RulesInForce(policy),
         {.host = policy.hostname, .id = id, .keys = nullptr}, error, reply);
  return reply;
}

}  // namespace receiver
