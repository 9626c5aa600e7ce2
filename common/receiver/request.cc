#include "common/receiver/request.h"

namespace receiver {

void Request::clear() {
  client.reset();
  helo.clear();
  sender.clear();
  scope = Scope::automatic;
  receiver.clear();
  recipient.clear();
  is_authenticated = false;
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
