#include "common/protocol/query_lines.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "common/base/appender.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/base/version.h"
#include "common/protocol/mta_answer.h"
#include "common/receiver/receiver.h"

namespace protocol {

namespace {

using receiver::Scope;

bool is_yes(std::string_view value) {
  if (value.empty()) return false;
  return value == "1" || base::equals_ignoring_case(value, "yes") || base::equals_ignoring_case(value, "true") ||
         base::equals_ignoring_case(value, "on");
}

// Parses seconds, with optional decimals and an optional "s" as in Exim: "20", "2.5", "20s".
std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) {
  if (text.ends_with('s') || text.ends_with('S')) text.remove_suffix(1);
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view decimals = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  if (whole.empty() && decimals.empty()) return std::nullopt;
  constexpr long kMaximum = kMaxTimeout.count();
  long milliseconds = 0;
  for (const char c : whole) {
    if (!base::is_digit(c)) return std::nullopt;
    milliseconds = std::min(milliseconds * 10 + (c - '0') * 1000L, kMaximum);
  }
  long unit = 100;
  for (const char c : decimals) {
    if (!base::is_digit(c)) return std::nullopt;
    milliseconds += (c - '0') * unit;
    unit /= 10;
  }
  return std::chrono::milliseconds(std::min(milliseconds, kMaximum));
}

std::string too_long(std::string_view key, std::size_t limit) { return fmt::format("{} is longer than {} bytes", key, limit); }

// Fills an empty request from the values. Returns what is wrong with it, or an empty text.
std::string read_check_request(const Values& values, receiver::Request& request) {
  // Clients of Mail::SPF send the HELO name as the identity in this scope.
  const bool is_helo = base::equals_ignoring_case(values.scope, "helo");
  const bool sender_is_helo = is_helo && values.sender && !receiver::bare_sender(*values.sender).empty() &&
                              (values.sender_is_identity || values.helo.value_or(std::string_view()).empty());
  if (sender_is_helo) {
    set_helo(request.helo, receiver::bare_sender(*values.sender));
  } else {
    if (values.sender) set_mailbox(request.sender, *values.sender);
    if (values.helo) set_helo(request.helo, *values.helo);
  }
  if (values.receiver.size() <= kMaxReceiver) request.receiver = values.receiver;
  if (!values.recipient.empty()) set_mailbox(request.recipient, values.recipient);
  request.is_authenticated = is_yes(values.authenticated);
  request.is_relay = is_yes(values.relay);
  request.guess = is_yes(values.guess);
  request.explain = is_yes(values.explain);
  if (!values.guess_terms.empty()) request.guess_terms = values.guess_terms;
  if (!values.local.empty()) request.local = values.local;
  if (values.local.size() > kMaxTerms) return too_long("local=", kMaxTerms);
  if (values.guess_terms.size() > kMaxTerms) return too_long("guess_mechs=", kMaxTerms);
  if (is_helo) {
    request.scope = Scope::helo;
  } else if (base::equals_ignoring_case(values.scope, "mfrom") || base::equals_ignoring_case(values.scope, "mailfrom")) {
    request.scope = Scope::mailfrom;
  } else if (base::equals_ignoring_case(values.scope, "pra")) {
    return "scope=pra (Sender ID) is not supported";
  } else if (!values.scope.empty()) {
    return "unknown scope " + shown(values.scope) + "; it must be helo or mfrom";
  }

  if (!values.ip) return "no ip= was given";
  // An empty address means mail from the MTA's own host, which is not an error.
  if (values.ip->empty()) return {};
  request.client = parse_client(*values.ip);
  if (!request.client) return "ip= is not an IP address: " + shown(*values.ip);
  // Empty values come from the SMTP client, and the check handles them. If both keys are missing, the mail server forgot them.
  if (!values.sender && !values.helo) return "neither sender= nor helo= was given";
  return {};
}

// Appends an answer in one of the two formats. Keys include their "=", as in a line: "result=".
class AnswerWriter {
 public:
  // `room`: expected total size of the values, in bytes.
  AnswerWriter(Format format, std::string& out, std::size_t room)
      : out_(out, room + kRoomForKeys), json_(format == Format::json) {
    if (json_) out_.add('{');
  }

  void text(std::string_view key, std::string_view value) {
    begin(key);
    if (json_) out_.add('"');
    if (value.size() <= kMaxAnswerValue && base::all_printable(value)) {
      add(value);
    } else {
      add(base::clip(value, kMaxAnswerValue));
    }
    out_.add(json_ ? '"' : '\n');
  }
  void number(std::string_view key, unsigned long value) {
    begin(key);
    out_.add_number(value);
    if (!json_) out_.add('\n');
  }
  // Appends the reply that an MTA can send unchanged; empty when the action is accept.
  void smtp_reply(std::string_view key, const receiver::Reply& reply) {
    if (reply.action == receiver::Action::accept) return text(key, {});
    if (json_) return text(key, protocol::smtp_reply(reply));
    begin(key);
    add_smtp_reply(reply, out_);
    out_.add('\n');
  }
  // Appends a value that is not known. null(), open(), close() and element() are for JSON only.
  void null(std::string_view key) {
    begin(key);
    out_.add("null");
  }
  void open(std::string_view key, char bracket) {
    begin(key);
    out_.add(bracket);
    is_first_ = true;
  }
  void close(char bracket) {
    out_.add(bracket);
    is_first_ = false;
  }
  void element(std::string_view value) {
    out_.add(is_first_ ? "\"" : ", \"");
    is_first_ = false;
    add(base::clip(value, kMaxAnswerValue));
    out_.add('"');
  }
  [[nodiscard]] bool is_json() const { return json_; }
  void finish() { out_.add(json_ ? "}\n" : "\n"); }

 private:
  static constexpr std::size_t kRoomForKeys = 320;

  void begin(std::string_view key) {
    if (!json_) return out_.add(key);
    out_.add(is_first_ ? "\"" : ", \"");
    is_first_ = false;
    key.remove_suffix(1);
    out_.add(key);
    out_.add("\": ");
  }
  void add(std::string_view value) {
    if (!json_) return out_.add(value);
    out_.add_escaped(value);  // RFC 8259 §7: of printable US-ASCII, only quotes and backslashes are escaped
  }

  base::Appender out_;
  const bool json_;
  bool is_first_ = true;
};

std::string_view result_word(spf::Result result, const DoorOptions& options) {
  if (options.legacy_results && result == spf::Result::permerror) return "unknown";
  if (options.legacy_results && result == spf::Result::temperror) return "error";
  return spf::result_name(result);
}

// Returns the total size of the long values, in bytes.
std::size_t room_for(const receiver::Reply& reply) {
  return 2 * reply.smtp_comment.size() + reply.header_comment.size() + reply.local_explanation.size() +
         reply.authority_explanation.size() + reply.received_spf_header.size() + reply.authentication_results.size() +
         reply.spf_record.size() + reply.spf_domain.size() + reply.mechanism.size() + reply.problem.size();
}

// Appends the values that depend on configuration or request.
void add_policy(const receiver::Reply& reply, AnswerWriter& answer) {
  if (reply.would) answer.text("would=", receiver::action_name(*reply.would));
  if (!reply.local_policy.empty()) answer.text("local_policy=", reply.local_policy);
  if (reply.is_weak) answer.number("weak_pass=", 1);
  if (reply.is_stale) answer.number("stale=", 1);
  if (reply.helo) {
    answer.text("helo_result=", spf::result_name(reply.helo->result));
    answer.text("helo_header_comment=", reply.helo->header_comment);
    answer.text("helo_received_spf_header=", reply.helo->received_spf_header);
  }
  if (reply.guesses) {
    const auto& [usual, forwarders] = *reply.guesses;
    answer.text("guess=", usual.result);
    answer.text("smtp_guess=", usual.smtp_comment);
    answer.text("header_guess=", usual.header_comment);
    answer.text("guess_tf=", forwarders.result);
    answer.text("smtp_tf=", forwarders.smtp_comment);
    answer.text("header_tf=", forwarders.header_comment);
  }
}

unsigned long count(int value) { return value < 0 ? 0 : static_cast<unsigned long>(value); }

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  std::string out;
  for (const std::string& text : texts) base::append(out, out.empty() ? std::string_view() : separator, text);
  return out;
}

void add_array(std::string_view key, const std::vector<std::string>& texts, AnswerWriter& answer) {
  answer.open(key, '[');
  for (const std::string& text : texts) answer.element(text);
  answer.close(']');
}

void add_why_object(const receiver::Why& why, AnswerWriter& answer) {
  answer.open("why=", '{');
  answer.text("term=", why.term);
  answer.text("record_of=", why.record_of);
  if (why.nearest) {
    answer.open("nearest=", '{');
    answer.text("network=", why.nearest->network);
    answer.text("term=", why.nearest->term);
    answer.text("record_of=", why.nearest->record_of);
    if (why.nearest->distance) {
      answer.number("distance=", *why.nearest->distance);
    } else {
      answer.null("distance=");
    }
    answer.number("shared_bits=", count(why.nearest->shared_bits));
    answer.close('}');
  } else {
    answer.null("nearest=");
  }
  answer.text("client_name=", why.client_name);
  answer.text("forwarder_of=", why.forwarder_of);
  add_array("text=", why.sentences, answer);
  add_array("missing=", why.missing, answer);
  answer.close('}');
  if (!why.change) return answer.null("change=");
  answer.open("change=", '{');
  answer.text("name=", why.change->name);
  answer.text("record=", why.change->record);
  answer.number("lookups=", count(why.change->lookups));
  answer.close('}');
}

void add_why_lines(const receiver::Why& why, AnswerWriter& answer) {
  answer.text("why=", joined(why.sentences, " "));
  if (!why.missing.empty()) answer.text("why_missing=", joined(why.missing, "; "));
  if (!why.change) return;
  answer.text("change_name=", why.change->name);
  answer.text("change_record=", why.change->record);
  answer.number("change_lookups=", count(why.change->lookups));
}

std::string_view dns_word(Health::Dns dns) {
  switch (dns) {
    case Health::Dns::ok: return "ok";
    case Health::Dns::failing: return "failing";
    case Health::Dns::unknown: break;
  }
  return "unknown";
}

}  // namespace

AnswerForm read_check(const Values& values, CheckRequest& check) {
  AnswerForm form;
  form.keep = is_yes(values.keep);
  form.is_ping = base::equals_ignoring_case(values.request, "ping");
  form.is_health = base::equals_ignoring_case(values.request, "health");
  const bool is_json = base::equals_ignoring_case(values.format, "json");
  if (is_json) form.format = Format::json;
  check.form = form.format;
  if (!values.id.empty()) check.id = values.id.substr(0, kMaxId);
  if (form.is_ping || form.is_health) return form;

  check.error = read_check_request(values, check.request);
  if (!values.timeout.empty()) {
    check.timeout = parse_seconds(values.timeout);
    if (!check.timeout) check.error = "timeout= is not a number of seconds: " + shown(values.timeout);
  }
  if (!is_json && !values.format.empty() && !base::equals_ignoring_case(values.format, "lines")) {
    check.error = "unknown format " + shown(values.format) + "; it must be lines or json";
  }
  return form;
}

QueryLines parse_query_lines(std::string_view text) {
  QueryLines asked;
  static_cast<AnswerForm&>(asked) = read_check(read_values(text), asked);
  return asked;
}

void append_reply(const receiver::Reply& reply, Format format, std::string_view id, const DoorOptions& options,
                  std::string& out) {
  AnswerWriter answer(format, out, room_for(reply));
  answer.text("result=", result_word(reply.result, options));
  answer.text("smtp_comment=", reply.smtp_comment);
  answer.text("header_comment=", reply.header_comment);
  answer.text("local_explanation=", reply.local_explanation);
  answer.text("authority_explanation=", reply.authority_explanation);
  answer.text("received_spf_header=", reply.received_spf_header);
  answer.text("authentication_results=", reply.authentication_results);
  answer.text("spf_record=", reply.spf_record);
  answer.text("identity=", reply.identity ? spf::identity_name(*reply.identity) : std::string_view());
  answer.text("spf_domain=", reply.spf_domain);
  answer.text("mechanism=", reply.mechanism);
  answer.text("problem=", reply.problem);
  answer.text("action=", receiver::action_name(reply.action));
  answer.number("smtp_code=", count(reply.smtp_code));
  answer.smtp_reply("smtp_reply=", reply);
  answer.number("lookups=", count(reply.lookups));
  answer.number("void_lookups=", count(reply.void_lookups));
  if (answer.is_json()) answer.number("ttl=", reply.ttl);
  add_policy(reply, answer);
  if (reply.why) answer.is_json() ? add_why_object(*reply.why, answer) : add_why_lines(*reply.why, answer);
  if (!id.empty()) answer.text("id=", id);
  if (!reply.error.empty()) answer.text("error=", reply.error);
  answer.finish();
}

void append_pong(Format format, std::string_view id, std::string& out) {
  AnswerWriter answer(format, out, id.size());
  answer.number("pong=", 1);
  answer.text("version=", base::kVersion);
  if (!id.empty()) answer.text("id=", id);
  answer.finish();
}

void append_health(const Health& health, Format format, std::string_view id, std::string& out) {
  AnswerWriter answer(format, out, id.size());
  answer.text("health=", health.is_draining ? "draining" : health.dns == Health::Dns::failing ? "failing" : "ok");
  answer.text("dns=", dns_word(health.dns));
  answer.number("draining=", health.is_draining ? 1 : 0);
  answer.number("connections=", count(health.connections));
  answer.number("max_connections=", count(health.max_connections));
  if (!id.empty()) answer.text("id=", id);
  answer.finish();
}

}  // namespace protocol
