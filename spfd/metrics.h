// The counters as text for Prometheus: OpenMetrics 1.0, or the older text format, in which the names of families differ.
//
// The sets of labels are closed, so the number of series is bounded: name servers have labels up to kMostServers, and the counts
// of the others are added up.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/io/cache.h"
#include "spfd/counters.h"
#include "spfd/sandbox.h"

namespace spfd {

// Facts about the process besides its counters.
struct ProcessFacts {
  std::uint64_t cache_limit = 0;  // bytes
  int max_connections = 0;
  std::uint64_t lost_log_lines = 0;
  bool is_drained = false;
  bool has_reloaded = true;                        // the last reload succeeded; true if there was none
  std::chrono::system_clock::time_point reloaded;  // when the configuration in force was read
  std::chrono::system_clock::time_point started;
  SandboxState sandbox;
  std::uint64_t refused_calls = 0;  // by the sandbox
};

enum class MetricsFormat : std::uint8_t { openmetrics, prometheus };

inline constexpr std::size_t kMostServers = 4;
inline constexpr std::size_t kMostSeries = 400;

// Opens the files of /proc that the metrics of the process come from; to be called before the sandbox. A metric whose file cannot
// be opened is left out.
void open_process_files();

std::string metrics_text(const Counters& counters, const io::CacheCounters& cache, const ProcessFacts& process,
                         MetricsFormat format);

}  // namespace spfd
