// The lines of several log files, one after another; packed ones are unpacked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/io/descriptor.h"
#include "common/io/loop.h"
#include "spfquery/line_reader.h"

namespace spfquery {

class LogFiles {
 public:
  enum class Got : std::uint8_t { line, too_long, nothing, paused, end };

  // paths: "-" is standard input. `on_input` is called when there may be a line after `nothing`; `complain` when a file cannot be
  // read, or not to its end.
  LogFiles(io::Loop& loop, std::vector<std::string> paths, std::function<void()> on_input,
           std::function<void(const std::string&)> complain);

  Got next();
  // Valid until next() is called again.
  [[nodiscard]] std::string_view line() const { return reader_->line(); }
  // Returns the bytes read so far, packed or not.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_ + (reader_ ? reader_->bytes() : 0); }
  // Returns the size of all files; 0: it is not known.
  [[nodiscard]] std::uint64_t total_bytes() const { return total_bytes_; }

 private:
  bool open_next();
  void close();

  io::Loop& loop_;
  std::vector<std::string> paths_;
  std::function<void()> on_input_;
  std::function<void(const std::string&)> complain_;
  std::size_t next_path_ = 0;
  std::string name_;  // of the last file that was opened
  io::Descriptor file_;
  std::unique_ptr<LineReader> reader_;
  std::unique_ptr<io::Watch> watch_;
  std::uint64_t bytes_ = 0;  // of the files that are closed
  std::uint64_t total_bytes_ = 0;
};

}  // namespace spfquery
