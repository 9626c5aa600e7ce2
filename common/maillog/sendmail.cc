#include "common/maillog/sendmail.h"

#include <optional>
#include <utility>

#include "common/base/loopback.h"
#include "common/base/text.h"
#include "common/maillog/scan.h"
#include "common/maillog/syslog.h"

namespace maillog {

namespace {

// Takes "6AQ9DX3E000151: ": a queue id of 14 or more letters and digits.
std::optional<std::string_view> take_queue_id(std::string_view& text) {
  std::string_view rest = text;
  const auto id = take_until(rest, ": ");
  if (!id || id->size() < 8 || id->size() > 32) return {};
  for (const char c : *id) {
    if (!base::is_alphanumeric(c)) return {};
  }
  text = rest;
  return id;
}

// Takes ", size=9, class=0, nrcpts=1": the fields between the sender and the Message-ID. Returns the number of recipients.
std::optional<std::string_view> take_recipients(std::string_view& text) {
  while (take(text, ", ")) {
    const auto key = take_until(text, "=");
    if (!key) return {};
    const std::string_view value = text.substr(0, text.find(','));
    text.remove_prefix(value.size());
    if (value.find_first_not_of("-0123456789") != std::string_view::npos) return {};
    if (*key == "nrcpts") return value;
  }
  return {};
}

// Reads the last field, ", relay=host [address] (may be forged)". The host name is one that DNS gave; an ident name may come
// before it. Line::local: the message was submitted on this host.
Line read_relay(std::string_view text, base::IpAddress& out) {
  constexpr std::string_view kRelay = ", relay=";
  constexpr std::string_view kForged = " (may be forged)";
  const std::size_t at = text.rfind(kRelay);
  if (at == std::string_view::npos) return Line::local;
  text.remove_prefix(at + kRelay.size());
  if (text.ends_with(kForged)) text.remove_suffix(kForged.size());
  const std::size_t open = text.rfind('[');
  if (open == std::string_view::npos) return Line::local;
  text.remove_prefix(open);
  const auto address = take_address(text);
  if (!address || !text.empty()) return Line::bad;
  out = *address;
  return base::is_loopback(out) ? Line::local : Line::understood;
}

// Takes what comes before the code of a refusal: "Milter: from=<sender>, reject=" or "ruleset=check_rcpt, arg1=<recipient>,
// relay=host [address], reject=". Line::bad: it is uncertain where the code begins.
Line take_to_reject(std::string_view& text) {
  constexpr std::string_view kReject = ", reject=";
  if (!text.starts_with("Milter: ") && !text.starts_with("ruleset=")) return Line::other;
  // SMTP clients choose what is in <>; quotes there may protect any text.
  if (const std::size_t open = text.find('<'); open < text.find(kReject)) {
    text.remove_prefix(open);
    if (!take_bracketed(text)) return Line::bad;
  } else if (count_of(text, kReject) > 1) {
    return Line::bad;
  }
  return take_until(text, kReject) ? Line::understood : Line::other;
}

// Takes "Milter (name) insert (0): header: Received-SPF: " or "Milter (name) add: header: Received-SPF: ".
bool take_field_name(std::string_view& text) {
  if (!take(text, "Milter")) return false;
  if (take(text, " (") && !take_until(text, ")")) return false;
  if (take(text, " insert (")) {
    const auto index = take_until(text, "): ");
    if (!index || index->find_first_not_of("0123456789") != std::string_view::npos) return false;
  } else if (!take(text, " add: ")) {
    return false;
  }
  return take(text, "header: Received-SPF: ");
}

// Undoes what Sendmail does to a header field in a log line: it doubles % and backslashes.
std::string undoubled(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if ((text[i] == '%' || text[i] == '\\') && i + 1 < text.size() && text[i + 1] == text[i]) ++i;
  }
  return out;
}

bool is_sendmail(std::string_view program) { return program.starts_with("sendmail") || program.starts_with("sm-"); }

}  // namespace

Line SendmailReader::read(std::string_view line, std::vector<Message>& out) {
  if (is_journal_note(line)) return Line::other;
  const auto log = parse_syslog(line);
  if (!log) return Line::bad;
  std::string_view text = log->text;
  if (!is_sendmail(log->program)) return verdicts_.read(log->program, text) ? Line::understood : Line::other;
  const auto taken = take_queue_id(text);
  if (!taken) return Line::other;
  const std::string id(*taken);
  if (take(text, "from=")) return read_sender(id, text, out);
  if (text.starts_with("to=")) {
    close(id, out);
    return Line::understood;
  }
  if (take(text, "AUTH=server")) {
    before_.put(id, {.is_authenticated = true});
    return Line::understood;
  }
  std::string_view rest = text;
  if (take_field_name(rest)) {
    verdicts_.add_field(id, undoubled(rest));
    return Line::understood;
  }
  const Line kind = take_to_reject(text);
  if (kind == Line::understood) before_.put(id, {.is_deferred = text.starts_with('4')});
  return kind;
}

Line SendmailReader::read_sender(const std::string& id, std::string_view text, std::vector<Message>& out) {
  const bool is_bracketed = text.starts_with('<');
  std::string_view rest = text;
  const auto sender = is_bracketed ? take_bracketed(rest) : take_mailbox(rest, ',', true);
  if (!sender) return Line::bad;
  text.remove_prefix(sender->size() + (is_bracketed ? 2 : 0));
  Message message{.client = {}, .helo = {}, .sender = sender_text(*sender)};
  const auto recipients = take_recipients(text);
  if (!recipients) return Line::bad;
  if (const Line kind = read_relay(text, message.client); kind != Line::understood) return kind;
  const Before* const before = before_.find(id);
  message.is_authenticated = before != nullptr && before->is_authenticated;
  const bool is_refusal = *recipients == "0";
  if (is_refusal) message.fate = before != nullptr && before->is_deferred ? Fate::deferred : Fate::rejected;
  before_.erase(id);
  // Two messages with one id: the log has a gap.
  close(id, out);
  open_.make_room([&](const std::string& oldest, Message& other) { give(oldest, other, out); });
  open_.put(id, std::move(message));
  if (is_refusal) close(id, out);
  return Line::understood;
}

void SendmailReader::close(const std::string& id, std::vector<Message>& out) {
  Message* const message = open_.find(id);
  if (message == nullptr) return;
  give(id, *message, out);
  open_.erase(id);
}

void SendmailReader::give(const std::string& id, Message& message, std::vector<Message>& out) {
  verdicts_.complete(message, id);
  out.push_back(std::move(message));
}

void SendmailReader::finish(std::vector<Message>& out) {
  open_.drain([&](const std::string& id, Message& message) { give(id, message, out); });
}

}  // namespace maillog
