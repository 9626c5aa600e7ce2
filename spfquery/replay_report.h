// The report of a replay: tables for people, one JSON object for programs.
#pragma once

#include <cstdint>
#include <string>

#include "spfquery/options.h"
#include "spfquery/replay_tally.h"

namespace spfquery {

struct ReplayCounts {
  std::uint64_t lines = 0;
  std::uint64_t bad = 0;       // lines that could not be read
  std::uint64_t too_long = 0;  // lines longer than LineReader::kMaxLine
  std::uint64_t local = 0;     // submissions on the host that wrote the log
  std::uint64_t dropped = 0;   // messages whose lines were too far apart
  std::uint64_t messages = 0;
  std::uint64_t checks = 0;      // different triples, or more where the table of checks was full
  std::uint64_t unfinished = 0;  // checks that were under way at an interrupt
  std::uint64_t failed_files = 0;
  std::uint64_t baseline_left_out = 0;  // results of a mailbox that did not fit
  bool is_interrupted = false;
  double seconds = 0;

  // Returns whether the report covers the whole of all files.
  [[nodiscard]] bool is_complete() const { return !is_interrupted && failed_files == 0; }
};

std::string replay_text(const Options& options, const ReplayCounts& counts, const Tally& tally);
std::string replay_json(const Options& options, const ReplayCounts& counts, const Tally& tally);

}  // namespace spfquery
