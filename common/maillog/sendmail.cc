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
std::optional<std::string_view> take_id(std::string_view& text) {
  std::string_view rest = text;
  const auto id = take_until(rest, ": ");
  if (!id || id->size() < 8 || id->size() > 32) return {};
  for (const char c : *id) {
    if (!base::is_alphanumeric(c)) return {};
  }
  text = rest;
  return id;
}

// Returns the address in ", relay=host [address] (may be forged)"; none: the message was submitted on this host. The host name is
// one that DNS gave, and the fields before it contain only the sender and the message-id of others: the last relay= counts.
std::optional<base::IpAddress> relay_of(std::string_view text) {
  constexpr std::string_view kRelay = ", relay=";
  const std::size_t at = text.rfind(kRelay);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + kRelay.size());
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos) return {};
  text.remove_prefix(open);
  return take_address(text);
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
  const auto taken = take_id(text);
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
  if (take(rest, "Milter") && take_until(rest, "header: Received-SPF: ")) {
    verdicts_.add_field(id, undoubled(rest));
    return Line::understood;
  }
  if (take_until(text, ", reject=")) {
    before_.put(id, {.is_deferred = text.starts_with('4')});
    return Line::understood;
  }
  return Line::other;
}

Line SendmailReader::read_sender(const std::string& id, std::string_view text, std::vector<Message>& out) {
  const auto sender = text.starts_with('<') ? take_bracketed(text) : take_mailbox(text, ',', true);
  if (!sender) return Line::bad;
  const auto client = relay_of(text);
  if (!client || base::is_loopback(*client)) return Line::local;
  Message message{.client = *client, .helo = {}, .sender = sender_text(*sender)};
  const Before* const before = before_.find(id);
  message.is_authenticated = before != nullptr && before->is_authenticated;
  const bool is_refusal = text.find(", nrcpts=0, ") != std::string_view::npos;
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
