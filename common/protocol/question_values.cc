#include "common/protocol/question_values.h"

#include <array>
#include <cstdint>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/receiver/request.h"

namespace protocol {

namespace {

enum class Key : std::uint8_t {
  ip,
  helo,
  sender,
  identity,
  scope,
  receiver,
  recipient,
  id,
  keep,
  format,
  timeout,
  request,
  authenticated,
  relay,
  guess,
  guess_terms,
  local,
  protocol_state,
  queue_id,
  instance,
  sasl_username,
};

struct KeyName {
  std::string_view name;
  Key key;
};
// The names are those of Mail::SPF::Query, Mail::SPF, libspf2 and Postfix's policy protocol; the first are asked most.
constexpr std::array kKeys = {
    KeyName{"ip", Key::ip},
    KeyName{"helo", Key::helo},
    KeyName{"sender", Key::sender},
    KeyName{"id", Key::id},
    KeyName{"keep", Key::keep},
    KeyName{"ip_address", Key::ip},
    KeyName{"ipv4", Key::ip},
    KeyName{"ipv6", Key::ip},
    KeyName{"client_address", Key::ip},
    KeyName{"helo_identity", Key::helo},
    KeyName{"helo_name", Key::helo},
    KeyName{"mailfrom", Key::sender},
    KeyName{"identity", Key::identity},
    KeyName{"scope", Key::scope},
    KeyName{"receiver", Key::receiver},
    KeyName{"rcpt", Key::recipient},
    KeyName{"rcpt_to", Key::recipient},
    KeyName{"recipient", Key::recipient},
    KeyName{"format", Key::format},
    KeyName{"timeout", Key::timeout},
    KeyName{"request", Key::request},
    KeyName{"authenticated", Key::authenticated},
    KeyName{"relay", Key::relay},
    KeyName{"guess", Key::guess},
    KeyName{"guess_mechs", Key::guess_terms},
    KeyName{"local", Key::local},
    KeyName{"protocol_state", Key::protocol_state},
    KeyName{"queue_id", Key::queue_id},
    KeyName{"instance", Key::instance},
    KeyName{"sasl_username", Key::sasl_username},
};

std::optional<Key> key_of(std::string_view name) {
  const char first = name.empty() ? '\0' : base::to_lower(name.front());
  for (const KeyName& known : kKeys) {
    if (known.name.size() == name.size() && known.name.front() == first && base::equals_ignoring_case(name, known.name))
      return known.key;
  }
  return std::nullopt;
}

void set(Values& values, Key key, std::string_view value) {
  switch (key) {
    case Key::ip: values.ip = value; break;
    case Key::helo: values.helo = value; break;
    case Key::sender:
    case Key::identity:
      values.sender = value;
      values.sender_is_identity = key == Key::identity;
      break;
    case Key::scope: values.scope = value; break;
    case Key::receiver: values.receiver = value; break;
    case Key::recipient: values.recipient = value; break;
    case Key::id: values.id = value; break;
    case Key::keep: values.keep = value; break;
    case Key::format: values.format = value; break;
    case Key::timeout: values.timeout = value; break;
    case Key::request: values.request = value; break;
    case Key::authenticated: values.authenticated = value; break;
    case Key::relay: values.relay = value; break;
    case Key::guess: values.guess = value; break;
    case Key::guess_terms: values.guess_terms = value; break;
    case Key::local: values.local = value; break;
    case Key::protocol_state: values.protocol_state = value; break;
    case Key::queue_id: values.queue_id = value; break;
    case Key::instance: values.instance = value; break;
    case Key::sasl_username: values.sasl_username = value; break;
  }
}

// Where something was cut off. In a domain it is malformed.
constexpr std::string_view kCut = "...";

}  // namespace

Values read_values(std::string_view text) {
  Values values;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    if (const auto key = key_of(base::strip(line.substr(0, equals)))) set(values, *key, base::strip(line.substr(equals + 1)));
  }
  return values;
}

std::optional<base::IpAddress> parse_client(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = base::strip(text.substr(1, text.size() - 2));
  constexpr std::string_view kTag = "IPv6:";
  if (base::starts_with_ignoring_case(text, kTag)) text.remove_prefix(kTag.size());
  const std::size_t percent = text.find('%');
  if (percent == std::string_view::npos) return base::IpAddress::parse(text);
  const std::string_view address = text.substr(0, percent);
  const bool has_zone = percent + 1 < text.size() && address.find(':') != std::string_view::npos;
  return has_zone ? base::IpAddress::parse(address) : std::nullopt;
}

void set_helo(std::string& target, std::string_view name) {
  name = base::strip(name);
  target = name.substr(0, name.size() <= kMaxHelo ? kMaxHelo : kMaxHelo / 2);
  if (name.size() <= kMaxHelo) return;
  target += kCut;
  target += name.substr(name.size() - (kMaxHelo + 1 - target.size()));
}

void set_mailbox(std::string& target, std::string_view mailbox) {
  mailbox = receiver::bare_sender(mailbox);
  target.clear();
  if (mailbox.size() > kMaxMailbox) {
    mailbox.remove_prefix(mailbox.size() - kMaxMailbox + kCut.size());
    target = kCut;
  }
  target += mailbox;
}

std::string shown(std::string_view value) { return base::in_quotes(value, 64, '\''); }

}  // namespace protocol
