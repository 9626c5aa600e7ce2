#include "common/protocol/request_values.h"

#include <array>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/receiver/request.h"

namespace protocol {

namespace {

template <auto member>
void put(Values& values, std::string_view value) {
  values.*member = value;
}
template <bool is_identity>
void put_sender(Values& values, std::string_view value) {
  values.sender = value;
  values.sender_is_identity = is_identity;
}

struct KeyName {
  std::string_view name;
  void (*put)(Values& values, std::string_view value);
  // Whether the value is about the message to be checked; other keys select another request or another form of the answer, or
  // are for policy requests only.
  bool is_of_message = true;
};
// The names come from Mail::SPF::Query, Mail::SPF, libspf2 and Postfix's policy protocol. The most frequent ones are first.
constexpr std::array kKeys = {
    KeyName{"ip", put<&Values::ip>},
    KeyName{"helo", put<&Values::helo>},
    KeyName{"sender", put_sender<false>},
    KeyName{"id", put<&Values::id>},
    KeyName{"keep", put<&Values::keep>, false},
    KeyName{"ip_address", put<&Values::ip>},
    KeyName{"ipv4", put<&Values::ip>},
    KeyName{"ipv6", put<&Values::ip>},
    KeyName{"client_address", put<&Values::ip>},
    KeyName{"helo_identity", put<&Values::helo>},
    KeyName{"helo_name", put<&Values::helo>},
    KeyName{"mailfrom", put_sender<false>},
    KeyName{"identity", put_sender<true>},
    KeyName{"scope", put<&Values::scope>},
    KeyName{"receiver", put<&Values::receiver>},
    KeyName{"rcpt", put<&Values::recipient>},
    KeyName{"rcpt_to", put<&Values::recipient>},
    KeyName{"recipient", put<&Values::recipient>},
    KeyName{"format", put<&Values::format>, false},
    KeyName{"timeout", put<&Values::timeout>},
    KeyName{"request", put<&Values::request>, false},
    KeyName{"authenticated", put<&Values::authenticated>},
    KeyName{"relay", put<&Values::relay>},
    KeyName{"guess", put<&Values::guess>},
    KeyName{"guess_mechs", put<&Values::guess_terms>},
    KeyName{"local", put<&Values::local>},
    KeyName{"protocol_state", put<&Values::protocol_state>, false},
    KeyName{"queue_id", put<&Values::queue_id>, false},
    KeyName{"instance", put<&Values::instance>, false},
    KeyName{"sasl_username", put<&Values::sasl_username>, false},
    KeyName{"explain", put<&Values::explain>, false},
};

const KeyName* find_key(std::string_view name) {
  const char first = name.empty() ? '\0' : base::to_lower(name.front());
  for (const KeyName& known : kKeys) {
    if (known.name.size() == name.size() && known.name.front() == first && base::equals_ignoring_case(name, known.name))
      return &known;
  }
  return nullptr;
}

// Marks a place where text was cut. It makes a domain malformed.
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
    const KeyName* const key = find_key(base::strip(line.substr(0, equals)));
    if (key != nullptr) key->put(values, base::strip(line.substr(equals + 1)));
  }
  return values;
}

std::string_view foreign_line(std::string_view text) {
  for (const std::string_view line : base::split(text, '\n')) {
    if (line.empty()) continue;
    const std::size_t equals = line.find('=');
    const KeyName* const key = equals != std::string_view::npos ? find_key(base::strip(line.substr(0, equals))) : nullptr;
    if (key == nullptr || !key->is_of_message) return line;
  }
  return {};
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
