// Finds the Received-SPF fields of stored mail: one message in a file of its own, or an mbox.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/maillog/verdicts.h"

namespace maillog {

// Only the first field of a message counts: the last server that received it wrote that one.
class FieldFinder {
 public:
  // A field is cut after this number of bytes.
  static constexpr std::size_t kMaxField = 16384;

  // Reads a line without its LF, and appends the verdict that it completes. A file whose first line begins with "From " is an
  // mbox.
  void read(std::string_view line, std::vector<Verdict>& out);
  // Ends the last message.
  void finish(std::vector<Verdict>& out);

 private:
  void end_field(std::vector<Verdict>& out);

  bool is_mbox_ = false;
  bool is_first_line_ = true;
  bool in_header_ = true;
  bool is_after_empty_line_ = true;
  bool has_field_ = false;  // of this message
  bool in_field_ = false;
  std::string field_;
};

}  // namespace maillog
