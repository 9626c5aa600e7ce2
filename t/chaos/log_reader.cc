#include "t/chaos/log_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>

namespace chaos {

namespace {

constexpr std::size_t kMaxReports = 8000;  // bytes

bool is_report(std::string_view line) {
  for (const std::string_view sign : {"the sandbox has refused", "Sanitizer", "runtime error:"}) {
    if (line.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

LogReader::LogReader() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  output_ = io::Descriptor(ends[0]);
  input_ = io::Descriptor(ends[1]);
  thread_ = std::thread([this] { run(); });
}

LogReader::~LogReader() { reports(); }

std::string LogReader::reports() {
  is_over_ = true;
  if (thread_.joinable()) thread_.join();
  return reports_;
}

void LogReader::run() {
  std::string line;
  std::array<char, 65536> buffer{};
  for (;;) {
    if (is_paused_ && !is_over_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    pollfd polled{output_.get(), POLLIN, 0};
    if (::poll(&polled, 1, 50) == 0) {
      if (is_over_) return;  // everything is read
      continue;
    }
    const ssize_t size = ::read(output_.get(), buffer.data(), buffer.size());
    if (size <= 0) return;
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(size))) {
      line += c;
      if (c != '\n') continue;
      // The lines after the first belong to it.
      if ((!reports_.empty() || is_report(line)) && reports_.size() < kMaxReports) reports_ += line;
      line.clear();
    }
  }
}

}  // namespace chaos
