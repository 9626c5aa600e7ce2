#include "common/receiver/compose.h"

#include <utility>

#include "common/base/printable.h"
#include "common/base/reuse.h"
#include "common/receiver/headers.h"
#include "common/receiver/wording.h"
#include "common/spf/explanation.h"

namespace receiver {

namespace {

// Writes the texts and header fields for the verdict.
void compose_verdict(Workspace& workspace, const Names& names, std::string_view identity, std::string_view helo_name,
                     const std::optional<HeloReply>& helo) {
  const spf::Query& query = workspace.query;
  const spf::Verdict& verdict = workspace.judgement.verdict;
  Reply& reply = workspace.reply;
  base::IpAddress::TextBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written as far as used
  const std::string_view client = query.client.text(buffer);

  const Case about{query,      verdict,  names.host,       identity, client, workspace.judgement.local.note,
                   names.keys, names.id, names.explanation};
  reply.result = verdict.result;
  reply.identity = query.identity;
  reply.spf_domain = query.domain ? query.domain->text() : std::string_view();
  header_comment(about, reply.header_comment);
  smtp_comment(about, reply.header_comment, reply.smtp_comment);
  local_explanation(about, reply.local_explanation);
  base::append_clipped(reply.authority_explanation, verdict.authority_explanation, spf::kMaxExplanation);
  base::append_clipped(reply.mechanism, verdict.mechanism, kMaxDetail);
  base::append_clipped(reply.problem, verdict.problem, kMaxDetail);
  reply.problem_kind = verdict.problem_kind;
  reply.is_weak = verdict.is_wide;

  HeaderFacts facts;
  facts.result = verdict.result;
  facts.comment = reply.header_comment;
  facts.receiver = names.host;
  facts.client = client;
  facts.identity = query.identity;
  facts.envelope_from = identity;
  facts.helo = helo_name;
  facts.domain = query.domain ? query.domain->text() : std::string_view(query.sender_domain);
  if (helo) facts.helo_result = helo->result;
  switch (verdict.result) {
    case spf::Result::none: break;
    case spf::Result::temperror:
    case spf::Result::permerror: facts.problem = reply.problem; break;
    default: facts.mechanism = verdict.mechanism.empty() ? spf::kDefaultMechanism : std::string_view(reply.mechanism);
  }
  received_spf(facts, reply.received_spf_header);
  authentication_results(facts, reply.authentication_results);
}

}  // namespace

void compose_unchecked(spf::Result result, const Names& names, std::string_view why, Reply& reply) {
  base::renew(reply);
  reply.result = result;
  const std::string prefix = names.host.empty() ? std::string() : base::clip_middle(names.host, dns::Name::kMaxText) + ": ";
  reply.header_comment = prefix + "SPF was not checked: " + base::clip(why, kMaxDetail);
  append_id(names.id, reply.header_comment);
  reply.header_comment = plain_comment(reply.header_comment);
  reply.smtp_comment = base::clip(reply.header_comment, kMaxSmtpComment);
  base::append_clipped(reply.local_explanation, why, kMaxDetail);
  HeaderFacts facts;
  facts.result = result;
  facts.comment = reply.header_comment;
  facts.receiver = names.host;
  if (result == spf::Result::permerror || result == spf::Result::temperror) {
    reply.problem = reply.local_explanation;
    facts.problem = reply.problem;
  }
  received_spf(facts, reply.received_spf_header);
  authentication_results(facts, reply.authentication_results);
}

void compose(Workspace& workspace, const Names& names, std::string_view identity, std::string_view helo_name,
             std::optional<HeloReply>&& helo) {
  Judgement& judgement = workspace.judgement;
  Reply& reply = workspace.reply;
  if (judgement.local.set_aside.empty()) {
    base::renew(reply);
    compose_verdict(workspace, names, identity, helo_name, helo);
  } else {
    compose_unchecked(spf::Result::none, names, judgement.local.set_aside, reply);
  }
  spf::Verdict& verdict = judgement.verdict;
  base::append_clipped(reply.spf_record, verdict.record, verdict.record.size());
  reply.lookups = verdict.lookups;
  reply.void_lookups = verdict.void_lookups;
  reply.ttl = verdict.ttl;
  base::append_clipped(reply.local_policy, judgement.local.note, kMaxDetail);
  reply.trace = std::move(verdict.trace);
  reply.helo = std::move(helo);
}

Guess compose_guess(const spf::Query& query, const spf::Verdict& verdict, std::string_view host, std::string_view identity) {
  if (verdict.result == spf::Result::none) return {};
  const std::string client = query.client.text();
  const Case about{query, verdict, host, identity, client, "best guess"};
  Guess out;
  out.result = spf::result_name(verdict.result);
  header_comment(about, out.header_comment);
  smtp_comment(about, out.header_comment, out.smtp_comment);
  return out;
}

}  // namespace receiver
