// SIGINT as an event of the loop, so that a long task ends early and prints its results so far.
#pragma once

#include <functional>
#include <memory>

#include "common/io/descriptor.h"
#include "common/io/loop.h"

namespace spfquery {

// Calls back at the first SIGINT; the second one ends the program, as usual. There is one such object at a time.
class Interrupt {
 public:
  Interrupt(io::Loop& loop, std::function<void()> callback);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Returns whether the signal came, also while the loop does not run.
  static bool has_come();

 private:
  io::Descriptor reading_;
  io::Descriptor writing_;
  std::unique_ptr<io::Watch> watch_;
};

}  // namespace spfquery
