#include "common/receiver/receiver.h"

#include <utility>

#include "common/base/text.h"
#include "common/receiver/headers.h"
#include "common/receiver/wording.h"
#include "common/spf/evaluate.h"
#include "common/spf/explanation.h"

namespace receiver {

namespace {

void set_action(Reply& reply) {
  reply.action = Action::accept;
  reply.smtp_code = 250;
  reply.enhanced_code.clear();
  if (reply.result == spf::Result::fail) {
    reply.action = Action::reject;
    reply.smtp_code = 550;
    reply.enhanced_code = "5.7.23";  // RFC 7372 §3.2, instead of RFC 7208 §8.4's 5.7.1
  } else if (reply.result == spf::Result::temperror) {
    reply.action = Action::defer;
    reply.smtp_code = 451;
    reply.enhanced_code = "4.7.24";  // RFC 7372 §3.2, instead of RFC 7208 §8.6's 4.4.3
  }
}

void set_shown(std::string& target, std::string_view text, std::size_t limit) {
  target.clear();
  base::append_clipped(target, text, limit);
  if (!base::all_printable(target)) target = base::printable(target);
}

// A result that no evaluation led to: nothing of a sender, a HELO name or a domain is in it.
void reply_unchecked(spf::Result result, std::string_view host, std::string_view why, Reply& reply) {
  reply = Reply{};
  reply.result = result;
  const std::string prefix = host.empty() ? std::string() : base::clip_middle(host, dns::Name::kMaxText) + ": ";
  reply.header_comment = plain_comment(prefix + "SPF was not checked: " + base::clip(why, kMaxDetail));
  reply.smtp_comment = base::clip(reply.header_comment, kMaxSmtpComment);
  set_shown(reply.local_explanation, why, kMaxDetail);
  HeaderFacts facts;
  facts.result = result;
  facts.comment = reply.header_comment;
  facts.receiver = host;
  if (result == spf::Result::permerror || result == spf::Result::temperror) {
    reply.problem = reply.local_explanation;
    facts.problem = reply.problem;
  }
  received_spf(facts, reply.received_spf_header);
  authentication_results(facts, reply.authentication_results);
  set_action(reply);
}

void reply_refused(spf::Result result, std::string_view host, std::string_view error, Reply& reply) {
  reply_unchecked(result, host, error, reply);
  reply.error = reply.local_explanation;
}

// `identity` is the sender or the HELO name, as people should read it.
void compose(Workspace& workspace, std::string_view host, std::string_view identity, std::string_view helo) {
  const spf::Query& query = workspace.query;
  spf::Verdict& verdict = workspace.verdict;
  Reply& reply = workspace.reply;
  workspace.client.clear();
  query.client.append_text(workspace.client);

  const Case about{query, verdict, host, identity, workspace.client};
  reply.result = verdict.result;
  reply.identity = query.identity;
  header_comment(about, reply.header_comment);
  smtp_comment(about, reply.header_comment, reply.smtp_comment);
  local_explanation(about, reply.local_explanation);
  set_shown(reply.authority_explanation, verdict.authority_explanation, spf::kMaxExplanation);
  set_shown(reply.spf_record, verdict.record, verdict.record.size());
  set_shown(reply.mechanism, verdict.mechanism, kMaxDetail);
  set_shown(reply.problem, verdict.problem, kMaxDetail);
  reply.lookups = verdict.lookups;
  reply.void_lookups = verdict.void_lookups;
  reply.ttl = verdict.ttl;
  reply.error.clear();
  reply.trace = std::move(verdict.trace);

  HeaderFacts facts;
  facts.result = verdict.result;
  facts.comment = reply.header_comment;
  facts.receiver = host;
  facts.client = workspace.client;
  facts.identity = query.identity;
  facts.envelope_from = identity;
  facts.helo = helo;
  facts.domain = query.domain ? query.domain->text() : std::string_view(query.sender_domain);
  switch (verdict.result) {
    case spf::Result::none: break;
    case spf::Result::temperror:
    case spf::Result::permerror: facts.problem = reply.problem; break;
    default: facts.mechanism = verdict.mechanism.empty() ? "default" : std::string_view(reply.mechanism);
  }
  received_spf(facts, reply.received_spf_header);
  authentication_results(facts, reply.authentication_results);
  set_action(reply);
}

}  // namespace

std::string_view bare_sender(std::string_view sender) {
  sender = base::strip(sender);
  if (sender.size() >= 2 && sender.front() == '<' && sender.back() == '>')
    return base::strip(sender.substr(1, sender.size() - 2));
  return sender;
}

spf::Needs decide(const Request& request, const Policy& policy, spf::AnswerSource& answers, Workspace& workspace) {
  const std::string_view host = request.receiver.empty() ? policy.hostname : request.receiver;
  const std::string_view not_checked = !request.client            ? "the message has no SMTP client"
                                       : request.is_authenticated ? "the client has authenticated itself"
                                                                  : "";
  if (!not_checked.empty()) {
    reply_unchecked(spf::Result::none, host, not_checked, workspace.reply);
    return {};
  }
  const std::string_view sender = bare_sender(request.sender);
  const std::string_view helo = base::strip(request.helo);
  // RFC 7208 §2.4: with the null sender, the MAIL FROM identity is postmaster at the HELO name.
  const bool check_helo = request.scope == Scope::helo || sender.empty();
  if (check_helo && helo.empty()) {
    reply_refused(policy.bad_request_result, host,
                  sender.empty() ? "neither a sender nor a HELO name was given"
                                 : "the HELO identity is to be checked, but no HELO name was given",
                  workspace.reply);
    return {};
  }
  spf::Query& query = workspace.query;
  if (check_helo) {
    spf::set_helo_query(query, *request.client, helo);
  } else {
    spf::set_mailfrom_query(query, *request.client, sender, helo);
  }
  query.receiver = host.empty() ? "unknown" : host;
  query.time = request.time;

  spf::Needs needs = spf::evaluate(query, policy.spf, answers, workspace.verdict);
  if (!needs.empty()) return needs;
  // What people read: the sender as it came, unless only its A-labels are US-ASCII.
  std::string_view identity = check_helo ? helo : sender;
  if (!check_helo && !base::is_ascii(sender)) identity = query.sender;
  compose(workspace, host, identity, helo);
  return {};
}

Outcome decide(const Request& request, const Policy& policy, spf::AnswerSource& answers) {
  Workspace workspace;
  Outcome outcome;
  outcome.needs = decide(request, policy, answers, workspace);
  if (outcome.needs.empty()) outcome.reply = std::move(workspace.reply);
  return outcome;
}

Reply bad_request(const Policy& policy, std::string_view error) {
  Reply reply;
  reply_refused(policy.bad_request_result, policy.hostname, error, reply);
  return reply;
}

}  // namespace receiver
