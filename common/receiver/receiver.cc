#include "common/receiver/receiver.h"

#include <utility>

#include "common/base/text.h"
#include "common/receiver/headers.h"
#include "common/receiver/wording.h"
#include "common/spf/evaluate.h"

namespace receiver {

namespace {

void set_action(Reply& reply) {
  switch (reply.result) {
    case spf::Result::fail:
      reply.action = Action::reject;
      reply.smtp_code = 550;
      reply.enhanced_code = "5.7.23";  // RFC 7372 §3.2, instead of RFC 7208 §8.4's 5.7.1
      break;
    case spf::Result::temperror:
      reply.action = Action::defer;
      reply.smtp_code = 451;
      reply.enhanced_code = "4.7.24";  // RFC 7372 §3.2, instead of RFC 7208 §8.6's 4.4.3
      break;
    default: break;
  }
}

// A result that no evaluation led to: nothing of a sender, a HELO name or a domain is in it.
Reply unchecked(spf::Result result, std::string_view host, std::string_view why) {
  Reply reply;
  reply.result = result;
  const std::string prefix = host.empty() ? std::string() : base::clip_middle(host, dns::Name::kMaxText) + ": ";
  reply.header_comment = plain_comment(prefix + "SPF was not checked: " + base::clip(why, kMaxDetail));
  reply.smtp_comment = base::clip(reply.header_comment, kMaxSmtpComment);
  reply.local_explanation = base::printable(base::clip(why, kMaxDetail));
  HeaderFacts facts;
  facts.result = result;
  facts.comment = reply.header_comment;
  facts.receiver = host;
  if (result == spf::Result::permerror || result == spf::Result::temperror) {
    reply.problem = reply.local_explanation;
    facts.problem = reply.problem;
  }
  reply.received_spf_header = received_spf(facts);
  reply.authentication_results = authentication_results(facts);
  set_action(reply);
  return reply;
}

Reply refused(spf::Result result, std::string_view host, std::string_view error) {
  Reply reply = unchecked(result, host, error);
  reply.error = reply.local_explanation;
  return reply;
}

// `identity` is the sender or the HELO name, as people should read it.
Reply compose(const spf::Query& query, spf::Verdict verdict, std::string_view host, std::string_view identity,
              std::string_view helo) {
  Reply reply;
  const Case about{query, verdict, host, identity};
  reply.result = verdict.result;
  reply.identity = query.identity;
  reply.smtp_comment = smtp_comment(about);
  reply.header_comment = header_comment(about);
  reply.local_explanation = local_explanation(about);
  if (verdict.result == spf::Result::fail) reply.authority_explanation = base::printable(verdict.authority_explanation);
  reply.spf_record = base::printable(verdict.record);
  reply.mechanism = base::printable(base::clip(verdict.mechanism, kMaxDetail));
  reply.problem = base::printable(base::clip(verdict.problem, kMaxDetail));
  reply.lookups = verdict.lookups;
  reply.void_lookups = verdict.void_lookups;
  reply.ttl = verdict.ttl;

  HeaderFacts facts;
  facts.result = verdict.result;
  facts.comment = reply.header_comment;
  facts.receiver = host;
  facts.client = query.client;
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
  reply.received_spf_header = received_spf(facts);
  reply.authentication_results = authentication_results(facts);
  set_action(reply);
  reply.trace = std::move(verdict.trace);
  return reply;
}

}  // namespace

std::string_view bare_sender(std::string_view sender) {
  sender = base::strip(sender);
  if (sender.size() >= 2 && sender.front() == '<' && sender.back() == '>')
    return base::strip(sender.substr(1, sender.size() - 2));
  return sender;
}

Outcome decide(const Request& request, const Policy& policy, spf::AnswerSource& answers) {
  const std::string_view host = request.receiver.empty() ? policy.hostname : request.receiver;
  if (!request.client) return {unchecked(spf::Result::none, host, "the message has no SMTP client"), {}};
  if (request.is_authenticated) return {unchecked(spf::Result::none, host, "the client has authenticated itself"), {}};

  const std::string_view sender = bare_sender(request.sender);
  const std::string_view helo = base::strip(request.helo);
  // RFC 7208 §2.4: with the null sender, the MAIL FROM identity is postmaster at the HELO name.
  const bool check_helo = request.scope == Scope::helo || sender.empty();
  if (check_helo && helo.empty()) {
    return {refused(policy.bad_request_result, host,
                    sender.empty() ? "neither a sender nor a HELO name was given"
                                   : "the HELO identity is to be checked, but no HELO name was given"),
            {}};
  }
  spf::Query query = check_helo ? spf::helo_query(*request.client, helo) : spf::mailfrom_query(*request.client, sender, helo);
  query.receiver = host.empty() ? "unknown" : host;
  query.time = request.time;

  spf::Evaluation evaluation = spf::evaluate(query, policy.spf, answers);
  if (!evaluation.verdict) return {std::nullopt, std::move(evaluation.needs)};
  // What people read: the sender as it came, unless only its A-labels are US-ASCII.
  std::string_view identity = check_helo ? helo : sender;
  if (!check_helo && !base::is_ascii(sender)) identity = query.sender;
  return {compose(query, std::move(*evaluation.verdict), host, identity, helo), {}};
}

Reply bad_request(const Policy& policy, std::string_view error) {
  return refused(policy.bad_request_result, policy.hostname, error);
}

}  // namespace receiver
