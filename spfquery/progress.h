// A progress bar on standard error, shown only if that is a terminal, and standard output is not or is silent meanwhile.
#pragma once

#include <chrono>
#include <cstdint>

namespace spfquery {

class Progress {
 public:
  // When the program writes to standard output.
  enum class Output : std::uint8_t { meanwhile, at_end };

  // total_bytes: the size of the file; 0: not known.
  explicit Progress(std::uint64_t total_bytes, Output output = Output::meanwhile);

  // Shows the progress, five times a second at most.
  void show(std::uint64_t requests, std::uint64_t bytes);
  // Removes the bar, so that something else can be printed in its line.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  std::uint64_t total_bytes_;
  bool is_on_;
  bool is_shown_ = false;
  Clock::time_point begin_;
  Clock::time_point next_;
};

}  // namespace spfquery
