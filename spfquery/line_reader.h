// Reads lines from a descriptor, without blocking on a pipe or terminal that has nothing to read. May unpack gzip data.
//
// No line takes more memory than kMaxLine bytes; longer ones are reported and skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spfquery/gunzip.h"

namespace spfquery {

class LineReader {
 public:
  static constexpr std::size_t kMaxLine = 16384;  // bytes
  static constexpr int kMaxTurn = 64;             // pieces of 64 KiB that next() reads

  enum class Got : std::uint8_t {
    line,      // a line: line(), without its line end (LF or CRLF)
    too_long,  // a line of more than kMaxLine bytes
    nothing,   // there is nothing to read now
    paused,    // no line has ended within kMaxTurn pieces: the caller may look for an interrupt
    end,
    failure,  // error() says what; the lines before it have been returned, without one that damage may have cut off
  };

  // unzips: data that begins like a gzip file is unpacked.
  explicit LineReader(int fd, bool unzips = false) : fd_(fd), may_be_gzip_(unzips) {}

  Got next();
  // Valid until next() is called again.
  [[nodiscard]] std::string_view line() const { return line_; }
  [[nodiscard]] std::size_t line_number() const { return line_number_; }  // from 1
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }  // bytes read so far, packed or not
  [[nodiscard]] int fd() const { return fd_; }

 private:
  Got read_more();
  Got expand();
  Got end_damaged();
  Got end_before_rest();

  int fd_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of the next line
  std::size_t scanned_ = 0;  // no LF from begin_ to here
  std::string_view line_;
  std::size_t line_number_ = 0;
  std::uint64_t bytes_ = 0;
  std::string error_;  // a sentence; empty: none
  bool may_be_gzip_;
  std::optional<Gunzip> gunzip_;
  bool is_skipping_ = false;
  bool at_end_ = false;
};

}  // namespace spfquery
