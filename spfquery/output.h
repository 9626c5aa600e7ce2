// Standard output without blocking: a slow reader must not delay the checks that are under way.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/io/loop.h"

namespace spfquery {

class Output {
 public:
  // The number of waiting bytes above which no further output should be made.
  static constexpr std::size_t kClogged = std::size_t{256} << 10;

  // `on_room` is called when waiting bytes have been written, or the output is broken.
  Output(io::Loop& loop, int fd, std::function<void()> on_room);

  void add(std::string_view text) { pending_ += text; }
  // Writes as much as possible without blocking.
  void flush();

  [[nodiscard]] bool empty() const { return pending_.empty(); }
  [[nodiscard]] bool is_clogged() const { return pending_.size() > kClogged; }
  // Returns the errno of the write that failed, after which the waiting bytes are dropped; 0: none failed.
  [[nodiscard]] int error() const { return error_; }

 private:
  int fd_;
  std::function<void()> on_room_;
  io::Watch watch_;
  std::string pending_;
  int error_ = 0;
};

}  // namespace spfquery
