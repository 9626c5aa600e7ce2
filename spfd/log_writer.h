// Writes the lines of the log in a thread of its own, so that no other thread waits for a log that is slow or stuck: a reader
// that stops reading, a full disk, a syslog that blocks.
//
// Lines wait in memory, at most kLogRoom bytes of them. Further lines are dropped and counted, and a line says so when the log
// can be written again, at most once a minute. A write that fails is tried again after a second.
// The flags of the descriptor are not changed: O_NONBLOCK belongs to the open file, which the caller of spfd has too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string_view>
#include <thread>

namespace spfd {

// Bytes. The memory is twice that, since lines that are being written make room for others. It is reserved at the start and
// used as far as needed.
inline constexpr std::size_t kLogRoom = 2U << 20U;
// So much of it is for lines that are not verdicts: warnings, and what somebody has asked for.
inline constexpr std::size_t kUrgentLogRoom = 64U << 10U;

class LogWriter {
 public:
  // Writes the front of some whole lines, and returns the bytes written; 0: nothing can be written now. May block.
  using Write = std::size_t (*)(std::string_view lines);

  // Throws std::system_error when the thread cannot be had.
  explicit LogWriter(Write write);
  // Waits for the lines to be written, but not longer than half a second.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Takes whole lines, or drops them. Never blocks, allocates nothing. May be called from any thread.
  void put(std::string_view lines, bool is_urgent);
  // Lines that were dropped.
  [[nodiscard]] std::uint64_t lost() const;

 private:
  class Queue;

  // The thread has it too: a write that hangs may outlive the writer.
  const std::shared_ptr<Queue> queue_;
  std::future<void> end_;
  std::thread thread_;
};

}  // namespace spfd
