// Keeps the cache in a file from one start to the next (cache-file; io/cache_file.h), and reports in the log what it does.
//
// A problem with the file is never a reason not to start or not to stop.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/io/cache_file.h"

namespace spfd {

class CacheKeeper {
 public:
  // path: empty for none.
  explicit CacheKeeper(std::string path) : path_(std::move(path)) {}

  // Opens or creates the file. Must be called as the user of the process, and before the sandbox, which forbids it.
  void open();
  // Fills the cache at the start.
  void load(io::Cache& cache) const;
  // Writes the file at the end.
  void save(io::Cache& cache) const;

  // Do the same for a command. Both return a sentence: what was done, or the problem.
  using Report = base::Result<std::string, std::string>;
  [[nodiscard]] Report load_now(io::Cache& cache) const;
  [[nodiscard]] Report save_now(io::Cache& cache) const;

 private:
  template <class Work>
  Report run(const char* done, Work&& work) const;

  const std::string path_;
  std::optional<io::CacheFile> file_;
};

}  // namespace spfd
