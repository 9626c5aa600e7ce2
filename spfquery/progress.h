// A progress bar for a person who waits: on standard error, only where that is a terminal and the answers go elsewhere.
#pragma once

#include <chrono>
#include <cstdint>

namespace spfquery {

class Progress {
 public:
  // total_bytes: of the file; 0: not known.
  explicit Progress(std::uint64_t total_bytes);

  // Shows how far it is; not more often than people can read.
  void show(std::uint64_t questions, std::uint64_t bytes);
  // Takes the bar away, so that something else can stand in its line.
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
