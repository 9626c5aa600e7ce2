// The reason why spfd does not start.
#pragma once

#include <string>

namespace spfd {

struct StartError {
  std::string message;  // a sentence
  int exit_code = 0;    // of sysexits.h
};

}  // namespace spfd
