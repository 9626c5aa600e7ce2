#include "spfquery/log_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/printable.h"
#include "spfquery/interrupt.h"

namespace spfquery {

namespace {

// Returns the size of a regular file; 0: the file is empty or not a regular one.
std::uint64_t size_of(const std::string& path) {
  struct stat about {};
  const int status = path == "-" ? ::fstat(STDIN_FILENO, &about) : ::stat(path.c_str(), &about);
  return status == 0 && S_ISREG(about.st_mode) ? static_cast<std::uint64_t>(about.st_size) : 0;
}

}  // namespace

LogFiles::LogFiles(io::Loop& loop, std::vector<std::string> paths, std::function<void()> on_input,
                   std::function<void(const std::string&)> complain)
    : loop_(loop), paths_(std::move(paths)), on_input_(std::move(on_input)), complain_(std::move(complain)) {
  for (const std::string& path : paths_) total_bytes_ += size_of(path);
}

LogFiles::Got LogFiles::next() {
  for (;;) {
    if (!reader_ && !open_next()) return Got::end;
    switch (reader_->next()) {
      case LineReader::Got::line: return Got::line;
      case LineReader::Got::too_long: return Got::too_long;
      case LineReader::Got::nothing: watch_->enable(); return Got::nothing;
      case LineReader::Got::paused: return Got::paused;
      case LineReader::Got::failure: complain_(fmt::format("{}: cannot be read to its end: {}", name_, reader_->error())); break;
      case LineReader::Got::end: break;
    }
    close();
  }
}

// Opens the next file that can be opened. Returns false if there is none.
bool LogFiles::open_next() {
  while (next_path_ < paths_.size()) {
    const std::string& path = paths_[next_path_++];
    const bool is_standard_input = path == "-";
    name_ = is_standard_input ? "standard input" : base::printable(path);
    if (!is_standard_input) {
      file_ = io::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
      if (!file_.is_open()) {
        if (errno == EINTR && Interrupt::has_come()) return false;  // a FIFO without writer
        complain_(fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
        continue;
      }
    }
    const int fd = is_standard_input ? STDIN_FILENO : file_.get();
    reader_ = std::make_unique<LineReader>(fd, true);
    watch_ = std::make_unique<io::Watch>(loop_, fd, io::Watch::readable, [this] {
      watch_->disable();
      on_input_();
    });
    return true;
  }
  return false;
}

void LogFiles::close() {
  bytes_ += reader_->bytes();
  watch_.reset();
  reader_.reset();
  file_ = io::Descriptor();
}

}  // namespace spfquery
