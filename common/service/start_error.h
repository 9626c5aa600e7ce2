// The reason why a daemon does not start.
#pragma once

#include <string>

namespace service {

struct StartError {
  std::string message;  // a sentence
  int exit_code = 0;    // of sysexits.h
};

}  // namespace service
