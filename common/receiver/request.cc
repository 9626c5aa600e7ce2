#include "common/receiver/request.h"

namespace receiver {

std::string_view action_name(Action action) {
  switch (action) {
    case Action::accept: return "accept";
    case Action::reject: return "reject";
    case Action::defer: return "defer";
  }
  return "accept";
}

}  // namespace receiver
