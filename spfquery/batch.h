// The requests of a file: many at the same time, with the answers in the order of the lines.
//
// Memory does not grow with the file: the number of lines under way is bounded, and reading stops while the output is not taken.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "common/io/loop.h"
#include "spfquery/asker.h"
#include "spfquery/line_reader.h"
#include "spfquery/options.h"
#include "spfquery/output.h"
#include "spfquery/progress.h"

namespace spfquery {

class Batch {
 public:
  // All references must outlive it. `name` names the file in messages. `fd` is read to its end.
  Batch(io::Loop& loop, Asker& asker, const Options& options, std::string name, int fd);

  // Runs the loop until all requests are answered; returns the exit code.
  int run();

 private:
  // A line whose check is under way or whose answer waits for those of earlier lines; or a line that --keep-comments keeps.
  struct Slot {
    protocol::QueryLines asked;
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
  Asker& asker_;
  const Options& options_;
  std::string name_;
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
