#include "common/maillog/postfix.h"

#include <optional>
#include <utility>

#include "common/base/loopback.h"
#include "common/base/text.h"
#include "common/maillog/scan.h"
#include "common/maillog/syslog.h"

namespace maillog {

namespace {

constexpr std::size_t kMaxId = 32;

// Takes "ID: ", where ID is a queue id or NOQUEUE.
std::optional<std::string_view> take_id(std::string_view& text) {
  std::string_view rest = text;
  const auto id = take_until(rest, ": ");
  if (!id || id->empty() || id->size() > kMaxId) return {};
  for (const char c : *id) {
    if (!base::is_alphanumeric(c)) return {};
  }
  text = rest;
  return id;
}

// Takes "host[address]:port", or "[address]:port" as postscreen writes it. The host name is one that DNS gave.
std::optional<base::IpAddress> take_client(std::string_view& text) {
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos) return {};
  text.remove_prefix(open);
  return take_address(text);
}

struct Envelope {
  std::string_view sender;
  std::optional<std::string_view> helo;
};

// Reads "from=<a@example.org> to=<b@example.net> proto=ESMTP helo=<mail.example.org>" up to the end of the line; postscreen has
// commas between the fields.
std::optional<Envelope> parse_envelope(std::string_view text) {
  const auto take_gap = [&text] {
    take(text, ",");
    take(text, " ");
  };
  Envelope envelope;
  if (!take(text, "from=")) return {};
  const auto sender = take_bracketed(text);
  if (!sender) return {};
  envelope.sender = *sender;
  take_gap();
  if (take(text, "to=")) {
    if (!take_bracketed(text)) return {};
    take_gap();
  }
  if (!take(text, "proto=ESMTP") && !take(text, "proto=SMTP")) return {};
  take_gap();
  if (take(text, "helo=<")) {
    if (!text.ends_with('>')) return {};
    envelope.helo = text.substr(0, text.size() - 1);
  }
  return envelope;
}

// Finds the envelope at the end of a refusal. The text before it, and the HELO name, may imitate one: the last that fits counts.
std::optional<Envelope> find_envelope(std::string_view text) {
  constexpr std::string_view kBegin = "; from=";
  constexpr int kMostTries = 16;
  std::size_t at = text.rfind(kBegin);
  for (int tries = 0; at != std::string_view::npos && tries < kMostTries; ++tries) {
    if (auto envelope = parse_envelope(text.substr(at + 2))) return envelope;
    at = text.substr(0, at).rfind(kBegin);
  }
  return {};
}

}  // namespace

Line PostfixReader::read(std::string_view line, std::vector<Message>& out) {
  if (is_journal_note(line)) return Line::other;
  const auto log = parse_syslog(line);
  // "postfix start-fg" writes some lines without prefix, and so do programs that die.
  if (!log) return Line::bad;
  std::string_view text = log->text;
  const std::string_view daemon = log->daemon();
  if (daemon == "qmgr" || daemon == "nqmgr") {
    const auto id = take_id(text);
    return id && take(text, "from=") ? read_sender(std::string(*id), text, out) : Line::other;
  }
  if (daemon == "smtpd" || daemon == "cleanup" || daemon == "postscreen") {
    const auto id = take_id(text);
    if (!id) return Line::other;
    if (take(text, "client=")) return read_client(std::string(*id), text);
    if (take(text, "reject: ") || take(text, "milter-reject: ")) return read_refusal(std::string(*id), text, out);
    return Line::other;
  }
  if (daemon == "pickup") {
    const auto id = take_id(text);
    return id && text.starts_with("uid=") ? Line::local : Line::other;
  }
  return verdicts_.read(log->program, text) ? Line::understood : Line::other;
}

Line PostfixReader::read_client(const std::string& id, std::string_view text) {
  if (text.starts_with("unknown[unknown]")) return Line::other;  // a client that had gone
  const auto client = take_client(text);
  if (!client) return Line::bad;
  // A content filter gives mail back from this host: it has been counted already.
  if (base::is_loopback(*client)) return Line::local;
  open_.put(id, {*client, text.find(", sasl_username=") != std::string_view::npos});
  return Line::understood;
}

Line PostfixReader::read_sender(const std::string& id, std::string_view text, std::vector<Message>& out) {
  const Open* open = open_.find(id);
  if (open == nullptr) return Line::other;  // a second try, a bounce, a submission, or its client is not in this log
  const auto sender = take_bracketed(text);
  if (!sender) return Line::bad;
  Message message{.client = open->client, .helo = {}, .sender = sender_text(*sender), .is_authenticated = open->is_authenticated};
  verdicts_.complete(message, id);
  open_.erase(id);
  out.push_back(std::move(message));
  return Line::understood;
}

Line PostfixReader::read_refusal(const std::string& id, std::string_view text, std::vector<Message>& out) {
  // A refusal of one recipient does not end the message, so what is known about it stays.
  const bool is_end = text.starts_with("END-OF-MESSAGE");
  if (!take_until(text, " from ")) return Line::bad;
  if (text.starts_with("unknown[unknown]")) return Line::other;
  const auto client = take_client(text);
  if (!client || !take(text, ": ")) return Line::bad;
  const auto envelope = find_envelope(text);
  if (!envelope) return Line::other;  // of a connection or a HELO name
  if (is_end) open_.erase(id);
  if (base::is_loopback(*client)) return Line::local;
  Message message{.client = *client, .helo = {}, .sender = sender_text(envelope->sender)};
  if (envelope->helo) message.helo = helo_text(*envelope->helo);
  message.fate = text.starts_with('4') ? Fate::deferred : Fate::rejected;
  verdicts_.complete(message, is_end ? id : std::string());
  out.push_back(std::move(message));
  return Line::understood;
}

// Without a sender, nothing can be said about the messages that are still open.
void PostfixReader::finish(std::vector<Message>& /*out*/) {
  open_.drain([](const std::string&, const Open&) {});
}

}  // namespace maillog
