// The reader of a daemon's log in the chaos test: a pipe, and a thread that can stop reading. Keeps lines of sanitizers and of
// the sandbox, which must not occur.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "common/io/descriptor.h"

namespace chaos {

class LogReader {
 public:
  // Throws std::system_error without a pipe.
  LogReader();
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  // The end that the daemon writes to.
  [[nodiscard]] int input() const { return input_.get(); }
  void pause(bool is_paused) { is_paused_ = is_paused; }
  // Reads the rest after the end of the daemon. Returns the first lines of a report, or nothing.
  std::string reports();

 private:
  void run();

  io::Descriptor input_, output_;
  std::atomic<bool> is_paused_ = false;
  std::atomic<bool> is_over_ = false;
  std::string reports_;  // of the thread, until it ends
  std::thread thread_;
};

}  // namespace chaos
