#include "common/receiver/request.h"

#include "common/base/loopback.h"
#include "common/base/text.h"

namespace receiver {

std::string_view bare_sender(std::string_view sender) {
  sender = base::strip(sender);
  if (sender.size() >= 2 && sender.front() == '<' && sender.back() == '>')
    return base::strip(sender.substr(1, sender.size() - 2));
  return sender;
}

bool Request::is_from_this_host() const { return spares_loopback && client && base::is_loopback(*client); }

std::string_view action_name(Action action) {
  switch (action) {
    case Action::accept: return "accept";
    case Action::reject: return "reject";
    case Action::defer: return "defer";
  }
  return "accept";
}

}  // namespace receiver
