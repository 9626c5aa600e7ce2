#include "common/maillog/exim.h"

#include <cstddef>
#include <optional>

#include "common/base/loopback.h"
#include "common/base/text.h"
#include "common/maillog/scan.h"
#include "common/maillog/syslog.h"

namespace maillog {

namespace {

// Returns whether the text begins in this form, where '0' is a digit.
bool begins_like(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '0' ? !base::is_digit(text[i]) : text[i] != form[i]) return false;
  }
  return true;
}

// Takes "2026-11-26 09:12:58.123 +0000 [123] ".
bool take_time(std::string_view& text) {
  constexpr std::string_view kForm = "0000-00-00 00:00:00";
  if (!begins_like(text, kForm)) return false;
  std::string_view rest = text.substr(kForm.size());
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    while (!rest.empty() && base::is_digit(rest[0])) rest.remove_prefix(1);
  }
  if (!take(rest, " ")) return false;
  if (begins_like(rest, "+0000 ") || begins_like(rest, "-0000 ")) rest.remove_prefix(6);
  text = rest;
  return true;
}

void take_process(std::string_view& text) {
  std::string_view rest = text;
  if (!take(rest, "[")) return;
  const auto number = take_until(rest, "] ");
  if (number && !number->empty() && number->find_first_not_of("0123456789") == std::string_view::npos) text = rest;
}

// Takes the id of a message and the blank after it: three groups of letters and digits, 6-6-2 or, since Exim 4.97, 6-11-4.
void take_id(std::string_view& text) {
  const std::string_view id = text.substr(0, text.find(' '));
  if ((id.size() != 16 && id.size() != 23) || id[6] != '-' || id[id.size() == 16 ? 13 : 18] != '-') return;
  for (const char c : id) {
    if (!base::is_alphanumeric(c) && c != '-') return;
  }
  text.remove_prefix(id.size());
  take(text, " ");
}

struct Host {
  std::optional<std::string_view> helo;
  base::IpAddress client;
};

// Takes the value of H=: "name (helo) [address]:port", each of whose parts but the address may be missing. A name without HELO
// name in parentheses means that both are the same. The HELO name ends at the first ") [" that an address follows.
std::optional<Host> take_host(std::string_view& text) {
  if (auto address = take_address(text)) return Host{{}, *address};
  std::string_view rest = text;
  Host host;
  const std::size_t open = rest.find_first_of(" (");
  if (open == std::string_view::npos) return {};
  const std::string_view name = rest.substr(0, open);
  rest.remove_prefix(open);
  take(rest, " ");
  if (rest.starts_with('(')) {
    for (std::size_t end = rest.find(") ["); end != std::string_view::npos; end = rest.find(") [", end + 1)) {
      std::string_view after = rest.substr(end + 2);
      const auto address = take_address(after);
      if (!address) continue;
      text = after;
      return Host{rest.substr(1, end - 1), *address};
    }
    return {};
  }
  const auto address = take_address(rest);
  if (!address) return {};
  text = rest;
  return Host{name, *address};
}

// Returns whether a field "A=..." (the authenticator) is in this part of a line, before the texts that senders choose.
bool has_authenticator(std::string_view text) {
  const std::size_t at = text.find(" A=");
  return at != std::string_view::npos && at < text.find(" T=\"");
}

std::optional<Message> message_of(const Host& host, std::string_view sender, Fate fate) {
  Message message{.client = host.client, .helo = {}, .sender = sender_text(sender), .fate = fate};
  if (host.helo) message.helo = helo_text(*host.helo);
  return message;
}

// Reads the rest of a line after "<= ".
Line read_arrival(std::string_view text, std::optional<Message>& out) {
  const auto sender = take_mailbox(text, ' ', false);
  if (!sender) return Line::bad;
  if (!take(text, "H=")) {
    // A message of this host, or a bounce (R=).
    const bool is_local = text.starts_with("U=") || text.starts_with("P=") || text.starts_with("R=");
    return is_local ? Line::local : Line::bad;
  }
  const auto host = take_host(text);
  if (!host) return Line::bad;
  out = message_of(*host, *sender, Fate::accepted);
  out->is_authenticated = has_authenticator(text);
  return Line::understood;
}

// Reads the rest of a line after "H=", if it is a refusal that names a sender.
Line read_refusal(std::string_view text, std::optional<Message>& out) {
  const auto host = take_host(text);
  if (!host) return Line::other;
  std::optional<std::string_view> sender;
  bool is_authenticated = false;
  // The fields between, such as I= and X=, contain no text that a sender chose, but for the HELO name.
  const std::size_t rejected = text.find("rejected ");
  if (const std::size_t at = text.find(" F=<"); at < rejected) {
    text.remove_prefix(at + 3);
    sender = take_bracketed(text);
    if (!sender) return Line::bad;
    is_authenticated = text.starts_with(" A=");
  }
  const auto before = take_until(text, "rejected ");
  if (!before) return Line::other;
  if (!sender && take(text, "MAIL ")) sender = take_bracketed(text);
  if (!sender) return Line::other;
  const bool is_temporary = before->ends_with("temporarily ");
  out = message_of(*host, *sender, is_temporary ? Fate::deferred : Fate::rejected);
  out->is_authenticated = is_authenticated;
  return Line::understood;
}

}  // namespace

Line EximReader::read(std::string_view line, std::vector<Message>& out) {
  if (is_journal_note(line) || line.front() == ' ') return Line::other;  // Exim continues a line after a blank
  std::string_view text = line;
  const bool has_time = take_time(text);
  if (!has_time) {
    const auto log = parse_syslog(line);
    if (!log) return Line::bad;
    if (!log->program.starts_with("exim")) {
      verdicts_.read(log->program, log->text);
      return Line::other;
    }
    text = log->text;
    take_time(text);
  }
  take_process(text);
  take_id(text);
  std::optional<Message> message;
  const Line kind = take(text, "<= ")  ? read_arrival(text, message)
                    : take(text, "H=") ? read_refusal(text, message)
                                       : Line::other;
  if (message && base::is_loopback(message->client)) return Line::local;
  if (message) {
    verdicts_.complete(*message, {});
    out.push_back(std::move(*message));
  }
  return kind;
}

}  // namespace maillog
