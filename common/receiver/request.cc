#include "common/receiver/request.h"

#include "common/base/text.h"

namespace receiver {

std::string_view bare_sender(std::string_view sender) {
  sender = base::strip(sender);
  if (sender.size() >= 2 && sender.front() == '<' && sender.back() == '>')
    return base::strip(sender.substr(1, sender.size() - 2));
  return sender;
}

bool Request::is_from_this_host() const {
  if (!spares_loopback || !client) return false;
  static const base::IpAddress kV4 = base::IpAddress::v4({127, 0, 0, 0});
  static const base::IpAddress kV6 = base::IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  return client->in_prefix(kV4, 8) || *client == kV6;
}

std::string_view action_name(Action action) {
  switch (action) {
    case Action::accept: return "accept";
    case Action::reject: return "reject";
    case Action::defer: return "defer";
  }
  return "accept";
}

}  // namespace receiver
