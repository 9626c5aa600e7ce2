#include "common/receiver/request.h"

#include "common/base/text.h"

namespace receiver {

std::string_view bare_sender(std::string_view sender) {
  sender = base::strip(sender);
  if (sender.size() >= 2 && sender.front() == '<' && sender.back() == '>')
    return base::strip(sender.substr(1, sender.size() - 2));
  return sender;
}

void Request::clear() {
  client.reset();
  helo.clear();
  sender.clear();
  scope = Scope::automatic;
  receiver.clear();
  recipient.clear();
  is_authenticated = false;
  is_relay = false;
  guess = false;
  guess_terms.clear();
  local.clear();
  time = 0;
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
