#include "common/maillog/exim.h"

#include <algorithm>
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

// Skips the id of a message and the blank after it: three groups of letters and digits, 6-6-2 or, since Exim 4.97, 6-11-4.
void skip_id(std::string_view& text) {
  const std::string_view id = text.substr(0, text.find(' '));
  if ((id.size() != 16 && id.size() != 23) || id[6] != '-' || id[id.size() == 16 ? 13 : 18] != '-') return;
  for (const char c : id) {
    if (!base::is_alphanumeric(c) && c != '-') return;
  }
  text.remove_prefix(id.size());
  take(text, " ");
}

// Returns whether an arrival follows a word that is not the id of a message.
bool is_arrival_without_id(std::string_view text) {
  return text.substr(std::min(text.find(' '), text.size())).starts_with(" <= ");
}

constexpr std::string_view kHeloEnd = ") [";

struct Host {
  std::optional<std::string_view> helo;
  base::IpAddress client;
};

// Takes the value of H=: "name (helo) [address]:port", each of whose parts but the address may be missing. A host name without a
// HELO name in parentheses means that both are equal. The HELO name ends at the first ") [" that an address follows.
std::optional<Host> take_host(std::string_view& text) {
  if (auto address = take_address(text)) return Host{{}, *address};
  std::string_view rest = text;
  const std::size_t open = rest.find_first_of(" (");
  if (open == std::string_view::npos) return {};
  const std::string_view name = rest.substr(0, open);
  rest.remove_prefix(open);
  take(rest, " ");
  if (!rest.starts_with('(')) {
    const auto address = take_address(rest);
    if (!address) return {};
    text = rest;
    return Host{name, *address};
  }
  for (std::size_t end = rest.find(kHeloEnd); end != std::string_view::npos; end = rest.find(kHeloEnd, end + 1)) {
    std::string_view after = rest.substr(end + 2);
    const auto address = take_address(after);
    if (!address) continue;
    text = after;
    return Host{rest.substr(1, end - 1), *address};
  }
  return {};
}

// Returns whether the text has one more place, before another `mark`, where a HELO name may end: the HELO name may be one that
// imitates what follows it.
bool has_other_host(std::string_view text, std::string_view mark) {
  const std::size_t last = text.rfind(mark);
  if (last == std::string_view::npos) return false;
  for (std::size_t end = text.find(kHeloEnd); end < last; end = text.find(kHeloEnd, end + 1)) {
    std::string_view after = text.substr(end + 2);
    if (take_address(after)) return true;
  }
  return false;
}

// The fields between the host and the subject of the line: I=, X=, CV=, DN="...", U= and others.
struct Fields {
  bool is_clear = true;           // false: a client's certificate or ident name may imitate other fields
  bool is_authenticated = false;  // A=
};

// Takes " KEY=value" and " WORD", as long as `is_end` is false for what follows the blank.
template <class IsEnd>
Fields take_fields(std::string_view& text, IsEnd is_end) {
  Fields fields;
  bool has_protocol = false;
  while (text.starts_with(' ') && !is_end(text.substr(1))) {
    text.remove_prefix(1);
    if (text.starts_with("P=")) {
      if (has_protocol) fields.is_clear = false;
      has_protocol = true;
    }
    if (text.starts_with("A=")) {
      fields.is_authenticated = true;
      if (!has_protocol) fields.is_clear = false;
    }
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::size_t quote = text.substr(0, blank).find('"');
    if (quote == std::string_view::npos) {
      text.remove_prefix(blank);
      continue;
    }
    // Names of certificates come before A=, and have no quotes. Otherwise it is uncertain where they end.
    const std::size_t end = std::min(text.find('"', quote + 1), text.size());
    if (fields.is_authenticated || quote == 0 || text[quote - 1] != '=' || !text.substr(end).starts_with("\" "))
      fields.is_clear = false;
    text.remove_prefix(std::min(end + 1, text.size()));
    text.remove_prefix(std::min(text.find(' '), text.size()));
  }
  return fields;
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
  take(text, "DS ");  // DNSSEC
  if (!take(text, "H=")) {
    // A message of this host, or a bounce (R=).
    const bool is_local = text.starts_with("U=") || text.starts_with("P=") || text.starts_with("R=");
    return is_local ? Line::local : Line::bad;
  }
  const bool has_helo = !text.starts_with('[');
  const auto host = take_host(text);
  if (!host || (has_helo && has_other_host(text, " P="))) return Line::bad;
  // The size comes before the texts that senders choose: Message-ID and Subject.
  const Fields fields = take_fields(text, [](std::string_view rest) {
    return rest.starts_with("S=") || rest.starts_with("id=") || rest.starts_with("id*=") || rest.starts_with("T=");
  });
  if (!fields.is_clear) return Line::bad;
  out = message_of(*host, *sender, Fate::accepted);
  out->is_authenticated = fields.is_authenticated;
  return Line::understood;
}

// Reads the rest of a line after "H=", if it is a refusal that names a sender: "HOST fields F=<sender> A=x rejected RCPT <...>"
// or "HOST fields rejected MAIL <sender>". Other lines about a host have other words after these fields.
Line read_refusal(std::string_view text, std::optional<Message>& out) {
  constexpr std::string_view kVerb = "rejected ";
  const bool has_helo = !text.starts_with('[');
  const auto host = take_host(text);
  if (!host) return Line::other;
  // The HELO name may imitate this line, or any other.
  if (has_helo && has_other_host(text, "]") && text.find(kVerb) != std::string_view::npos) return Line::bad;
  const std::string_view after_host = text;
  const Fields fields = take_fields(text, [](std::string_view rest) {
    const std::size_t word = rest.find_first_of("= ");
    return rest.starts_with("F=<") || word == std::string_view::npos || rest[word] == ' ';
  });
  const std::string_view between = after_host.substr(0, after_host.size() - text.size());
  // The client chose its certificate and its ident name (U=), and these may imitate the fields after them.
  const bool has_free_text = between.find('"') != std::string_view::npos || between.find(" U=") != std::string_view::npos;
  const bool has_more = text.find("\" ") != std::string_view::npos || count_of(after_host, kVerb) > 1;
  const bool is_certain = fields.is_clear && !(has_free_text && has_more);
  const Line not_named = is_certain || after_host.find(kVerb) == std::string_view::npos ? Line::other : Line::bad;
  std::optional<std::string_view> sender;
  bool is_authenticated = false;
  if (take(text, " F=")) {
    sender = take_bracketed(text);
    if (!sender) return Line::bad;
    is_authenticated = text.starts_with(" A=");
    if (is_authenticated) text.remove_prefix(std::min({text.find(" rejected "), text.find(" temporarily "), text.size()}));
  }
  take(text, " ");
  const bool is_temporary = take(text, "temporarily ");
  if (!take(text, kVerb)) return not_named;
  if (!sender && take(text, "MAIL ")) sender = take_bracketed(text);
  if (!sender) return not_named;
  if (!is_certain) return Line::bad;
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
  skip_id(text);
  std::optional<Message> message;
  const Line kind = take(text, "<= ")             ? read_arrival(text, message)
                    : take(text, "H=")            ? read_refusal(text, message)
                    : is_arrival_without_id(text) ? Line::bad
                                                  : Line::other;
  if (message && base::is_loopback(message->client)) return Line::local;
  if (message) {
    verdicts_.complete(*message, {});
    out.push_back(std::move(*message));
  }
  return kind;
}

}  // namespace maillog
