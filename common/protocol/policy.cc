#include "common/protocol/policy.h"

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/protocol/mta_answer.h"
#include "common/receiver/receiver.h"

namespace protocol {

namespace {

constexpr std::string_view kDunno = "action=DUNNO\n\n";

enum class State : std::uint8_t {
  before_mail,  // there is no sender yet, or no mail at all
  mail,
  end_of_message,
};

// Maps protocol_state. With smtpd_delay_reject, restrictions of earlier states also send requests with state RCPT.
State state_of(std::string_view name) {
  for (const std::string_view early : {"CONNECT", "EHLO", "HELO", "VRFY", "ETRN"}) {
    if (base::equals_ignoring_case(name, early)) return State::before_mail;
  }
  return base::equals_ignoring_case(name, "END-OF-MESSAGE") ? State::end_of_message : State::mail;
}

std::string read_policy_request(const Values& values, receiver::Request& request) {
  if (!values.ip) return "no client_address= was given";
  set_mailbox(request.recipient, values.recipient);
  if (values.helo) set_helo(request.helo, *values.helo);
  if (values.sender) set_mailbox(request.sender, *values.sender);
  request.is_authenticated = !values.sasl_username.empty();
  request.spares_loopback = true;
  if (values.ip->empty()) return {};
  request.client = parse_client(*values.ip);
  if (!request.client) return "client_address= is not an IP address: " + shown(*values.ip);
  if (!values.sender) return "no sender= was given";
  return {};
}

}  // namespace

bool is_policy_request(const Values& values) { return base::equals_ignoring_case(values.request, kPolicyRequest); }

bool PolicyRequests::is_same_message(const Values& values, const receiver::Request& request) const {
  if (message_ == 0 || request.client != client_ || request.helo != helo_ || request.sender != sender_) return false;
  if (!values.instance.empty() || !instance_.empty()) return values.instance == instance_;
  // Postfix assigns the queue id when it accepts the first recipient. Requests without any id count as different messages.
  return !values.queue_id.empty() && (queue_id_.empty() || values.queue_id == queue_id_);
}

void PolicyRequests::read(const Values& values, Request& request) {
  const State state = state_of(values.protocol_state);
  if (state == State::before_mail) {
    request.become<Ready>(Door::policy).answer = kDunno;
    return;
  }
  auto& check = request.become<CheckRequest>(Door::policy);
  check.id = (values.queue_id.empty() ? values.instance : values.queue_id).substr(0, kMaxId);
  check.error = read_policy_request(values, check.request);
  if (!is_same_message(values, check.request)) ++message_;
  instance_ = values.instance;
  queue_id_ = values.queue_id;
  client_ = check.request.client;
  helo_ = check.request.helo;
  sender_ = check.request.sender;
  // Postfix does not accept a header after the message.
  check.form = PolicyForm{.message = message_, .takes_header = state != State::end_of_message};
}

void PolicyRequests::encode(const CheckRequest& check, const PolicyForm& form, const receiver::Reply& reply,
                            const DoorOptions& options, std::string& out) {
  switch (reply.action) {
    case receiver::Action::reject:
      out += "action=";
      out += smtp_reply(reply);
      break;
    case receiver::Action::defer:
      out += "action=";
      if (options.policy_defer_if_permit) {
        // Postfix prepends a reply code of its own.
        out.append("DEFER_IF_PERMIT ").append(reply.enhanced_code).append(" ");
        base::append_printable(out, reply.smtp_comment);
      } else {
        out += smtp_reply(reply);
      }
      break;
    case receiver::Action::accept: {
      const std::string_view header = header_to_add(check.request, reply, options);
      if (header.empty() || !check.error.empty() || !form.takes_header || form.message == prepended_) {
        // A weak pass, which a large part of the Internet would get, is worth nothing.
        const bool is_pass = reply.result == spf::Result::pass && !reply.is_weak;
        out += "action=";
        out += is_pass && !options.policy_on_pass.empty() ? std::string_view(options.policy_on_pass) : "DUNNO";
        break;
      }
      prepended_ = form.message;
      out += "action=PREPEND ";
      base::append_printable(out, header);
      break;
    }
  }
  out += "\n\n";
}

}  // namespace protocol
