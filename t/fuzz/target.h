// The common parts of fuzz targets: the entry point, the report of a violated invariant, and a cutter of inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/base/text.h"

// libFuzzer or standalone.cc calls this with one input; a crash or abort() is a finding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

// The file that is replayed, if any.
inline const char* running = "-";
// Returns whether standalone.cc replays a corpus. Then the expensive checks are complete.
inline bool is_replay() { return running[0] != '-'; }

// Ends the program if an invariant does not hold.
inline void check(bool holds, const char* invariant) {
  if (holds) return;
  std::fprintf(stderr, "%s: violated: %s\n", running, invariant);
  std::abort();
}

inline bool is_printable(std::string_view text) {
  for (const char c : text) {
    if (!base::is_printable(c)) return false;
  }
  return true;
}

// Removes the text up to the next blank from the line, and returns it.
inline std::string_view take_word(std::string_view& line) {
  const auto end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

// Cuts an input into pieces from its front. At its end every piece is empty and every number is 0.
class Cutter {
 public:
  Cutter(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  // Returns the bytes up to the next LF, which is dropped.
  std::string_view line() {
    const auto end = rest_.find('\n');
    const std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return out;
  }
  std::string_view take(std::size_t size) {
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(out.size());
    return out;
  }
  std::string_view rest() { return take(rest_.size()); }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace fuzz
