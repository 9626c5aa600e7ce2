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
constexpr std::string_view kSender = "; from=<";

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
  std::string_view rest = text;
  const std::size_t open = rest.find_first_of("[ :");
  if (open == std::string_view::npos) return {};
  rest.remove_prefix(open);
  const auto address = take_address(rest);
  if (address) text = rest;
  return address;
}

struct Envelope {
  std::string_view sender;
  std::optional<std::string_view> helo;
  std::string_view text;  // after it
};

// Reads "from=<a@example.org> to=<b@example.net> proto=ESMTP helo=<mail.example.org>" and ": text", which may be missing;
// postscreen has commas between the fields. None: it does not fit, or it is not certain where the HELO name ends.
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
    envelope.helo = take_until(text, ">");
    if (!envelope.helo || text.find('>') != std::string_view::npos || envelope.helo->find('<') != std::string_view::npos)
      return {};
  }
  if (take(text, ": ")) {
    envelope.text = text;
  } else if (!text.empty()) {
    return {};
  }
  return envelope;
}

// Returns the number of places where the fields of a refusal may begin. The text before them, or the HELO name, may imitate them.
std::size_t count_envelopes(std::string_view text) {
  return count_of(text, kSender) + count_of(text, "; to=<") + count_of(text, "; proto=");
}

// Returns whether the text begins with the place of a match in a header or body. The text that matched comes after it.
bool is_content(std::string_view text) {
  return text.starts_with("header ") || text.starts_with("body ") || text.starts_with("content ");
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
  // A content filter returns mail, from this host or another one, which has been counted already.
  if (base::is_loopback(*client) || text.starts_with(", orig_queue_id=")) return Line::local;
  open_.put(id, {*client, text.find(", sasl_username=") != std::string_view::npos});
  return Line::understood;
}

Line PostfixReader::read_sender(const std::string& id, std::string_view text, std::vector<Message>& out) {
  const Open* open = open_.find(id);
  if (open == nullptr) return Line::other;  // a second try, a bounce, a submission, or its client is not in this log
  const auto sender = take_bracketed(text);
  // Postfix before 3.5 did not write the quotes of a sender that needs them, so the sender itself may imitate the end.
  if (!sender || !text.starts_with(", size=") || text.find('>') != std::string_view::npos) return Line::bad;
  Message message{.client = open->client, .helo = {}, .sender = sender_text(*sender), .is_authenticated = open->is_authenticated};
  verdicts_.complete(message, id);
  open_.erase(id);
  out.push_back(std::move(message));
  return Line::understood;
}

// Reads "RCPT from host[address]: 550 text; from=<sender> ...", or a line of header and body checks: "header Subject: content
// from host[address]; from=<sender> ...: text".
Line PostfixReader::read_refusal(const std::string& id, std::string_view text, std::vector<Message>& out) {
  const bool has_content = is_content(text);
  // A refusal of one recipient does not end the message, so the facts about it are kept.
  const bool is_end = has_content || text.starts_with("END-OF-MESSAGE");
  std::string_view origin;
  if (has_content) {
    const std::string_view before = text.substr(0, text.find(kSender));
    const std::size_t from = before.rfind(" from ");
    if (from == std::string_view::npos) return Line::bad;
    origin = before.substr(from + 6);
    text.remove_prefix(before.size());
    if (count_envelopes(text) != 1) return Line::bad;
    if (origin == "local") return Line::local;
  } else {
    if (!take_until(text, " from ")) return Line::bad;
    origin = text;
  }
  if (origin.starts_with("unknown[unknown]")) return Line::other;
  const auto client = take_client(origin);
  if (!client || (has_content ? !origin.empty() : !take(origin, ": "))) return Line::bad;
  if (!has_content) text = origin;
  const std::size_t begin = text.find(kSender);
  if (begin == std::string_view::npos) return Line::other;  // of a connection or a HELO name
  const auto envelope = parse_envelope(text.substr(begin + 2));
  if (!envelope || count_envelopes(text) != 1 || (!has_content && !envelope->text.empty())) return Line::bad;
  if (is_end) open_.erase(id);
  if (base::is_loopback(*client)) return Line::local;
  Message message{.client = *client, .helo = {}, .sender = sender_text(envelope->sender)};
  if (envelope->helo) message.helo = helo_text(*envelope->helo);
  const std::string_view reply = has_content ? envelope->text : text;
  message.fate = reply.starts_with('4') ? Fate::deferred : Fate::rejected;
  verdicts_.complete(message, is_end ? id : std::string());
  out.push_back(std::move(message));
  return Line::understood;
}

// Messages that are still open have no sender, so they cannot be checked.
void PostfixReader::finish(std::vector<Message>& /*out*/) {
  open_.drain([](const std::string&, const Open&) {});
}

}  // namespace maillog
