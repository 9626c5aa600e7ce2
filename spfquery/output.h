// Standard output beside an event loop: whoever reads it slowly must not hold up the checks that are under way.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/io/loop.h"

namespace spfquery {

class Output {
 public:
  // More than this many bytes that wait for the reader: it is time to stop making more.
  static constexpr std::size_t kClogged = std::size_t{256} << 10;

  // `on_room` is called when bytes that waited have gone, or the output is broken.
  Output(io::Loop& loop, int fd, std::function<void()> on_room);

  void add(std::string_view text) { pending_ += text; }
  // Writes what can be written without waiting.
  void flush();

  [[nodiscard]] bool empty() const { return pending_.empty(); }
  [[nodiscard]] bool is_clogged() const { return pending_.size() > kClogged; }
  // errno of the write that failed; 0: none did. What was to be written is then gone.
  [[nodiscard]] int error() const { return error_; }

 private:
  int fd_;
  std::function<void()> on_room_;
  io::Watch watch_;
  std::string pending_;
  int error_ = 0;
};

}  // namespace spfquery
