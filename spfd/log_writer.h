// Writes the lines of the log in a thread of its own, so that no other thread waits for a log that is slow or stuck: a reader
// that has stopped reading, a full disk, a syslog that blocks.
//
// Lines wait in memory, at most kLogRoom bytes. Further lines are dropped and counted; when the log can be written again, a line
// reports the number, at most once a minute. A failed write is repeated after a second.
// The flags of the descriptor stay as they are: O_NONBLOCK belongs to the open file, which the program that started spfd uses
// too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string_view>
#include <thread>

namespace spfd {

// Bytes of waiting lines. Twice that is reserved at the start, since lines that are being written make room for others; the
// kernel provides it as it is used.
inline constexpr std::size_t kLogRoom = 2U << 20U;
// The part of it that is reserved for lines other than verdicts: warnings, and what the operator asked for.
inline constexpr std::size_t kUrgentLogRoom = 64U << 10U;

class LogWriter {
 public:
  // Writes the beginning of some whole lines, and returns the number of bytes written; 0: nothing can be written now. May block.
  using Write = std::size_t (*)(std::string_view lines);

  explicit LogWriter(Write write);
  // Starts the thread, to be called once; until then lines wait. Throws std::system_error if the thread cannot be started.
  void start();
  // Waits until the lines are written, at most half a second. Without a thread it writes them itself.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Takes whole lines, or drops them. Never blocks, allocates nothing. May be called from any thread.
  void put(std::string_view lines, bool is_urgent);
  // Returns the number of lines dropped.
  [[nodiscard]] std::uint64_t lost() const;

 private:
  class Queue;

  // Shared with the thread: a write that hangs may outlive the writer.
  const std::shared_ptr<Queue> queue_;
  std::future<void> end_;
  std::thread thread_;
};

}  // namespace spfd
