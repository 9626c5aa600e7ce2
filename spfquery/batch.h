// The lines of a file: many at the same time, with the answers in the order of the lines.
//
// Memory does not grow with the file: the number of lines under way is bounded, and reading stops while the output is not taken.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/io/descriptor.h"
#include "common/io/loop.h"
#include "spfquery/asker.h"
#include "spfquery/line_reader.h"
#include "spfquery/options.h"
#include "spfquery/output.h"
#include "spfquery/progress.h"

namespace spfquery {

// A file of the command line, or standard input ("-").
class InputFile {
 public:
  // The error is a sentence.
  static base::Result<InputFile, std::string> open(const std::string& path);

  [[nodiscard]] int fd() const { return file_.is_open() ? file_.get() : 0; }
  // Returns the name in messages.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_;
  io::Descriptor file_;
};

class Batch {
 public:
  // Begins the work for a line; the error is a sentence without its full stop. Null: it has ended already.
  using Begin =
      std::function<base::Result<std::unique_ptr<Ask>, std::string>(std::string_view line, std::size_t number, Asker::Done done)>;

  // All references must outlive it. The file is read to its end.
  Batch(io::Loop& loop, const Options& options, const InputFile& file, Begin begin);

  // Runs the loop until all lines are answered; returns the exit code.
  int run();
  // Reads no further line.
  void end();
  // The same, and drops the requests under way. Returns their number.
  std::size_t abandon();
  [[nodiscard]] bool has_bad_lines() const { return has_bad_lines_; }
  // Returns whether the output could not be written.
  [[nodiscard]] bool is_broken() const { return output_.error() != 0; }

 private:
  // A line whose check is under way or whose answer waits for those of earlier lines; or a line that --keep-comments keeps.
  struct Slot {
    std::size_t number = 0;  // of the line
    std::unique_ptr<Ask> ask;
    Answer answer;
    bool is_done = false;
    bool is_comment = false;
  };

  void schedule();
  void advance();
  void print_answers();
  bool read_line();
  void take_line(std::string_view line);
  void complain(const std::string& what);

  io::Loop& loop_;
  const Options& options_;
  std::string name_;
  Begin begin_;
  LineReader reader_;
  Output output_;
  io::Watch input_;
  io::Timer soon_;
  bool is_scheduled_ = false;
  Progress progress_;
  std::deque<Slot> slots_;
  int running_ = 0;
  bool at_end_ = false;
  bool has_bad_lines_ = false;
  int exit_code_ = 0;
  std::uint64_t answered_ = 0;
};

}  // namespace spfquery
