// The file that preserves a cache after its process has ended (cache_format.h). It is opened once, before the process gives up
// the right to open files, and written in place, so the sandbox needs no rule for it.
//
// Anybody who can write the file can forge DNS. So it must belong to the present user or root, with mode 0600 or 0640, and have
// no second name. A file that is not empty and not a cache file is left alone.
#pragma once

#include <chrono>
#include <string>

#include "common/base/result.h"
#include "common/io/cache_format.h"
#include "common/io/descriptor.h"

namespace io {

class CacheFile {
 public:
  // The time limits for reading and writing.
  static constexpr std::chrono::seconds kLongestLoad{10};
  static constexpr std::chrono::seconds kLongestSave{3};

  // Opens the file, or creates it. The errors of this class are sentences without the path.
  static base::Result<CacheFile, std::string> open(const std::string& path);

  // Adds the answers of the file to the cache, as far as they fit and the cache has none for their questions. Returns what was
  // added.
  [[nodiscard]] base::Result<CacheFileSize, std::string> load(Cache& cache) const;
  // Writes the answers of the cache. Returns what was written.
  [[nodiscard]] base::Result<CacheFileSize, std::string> save(Cache& cache) const;
  // Returns whether nothing has been written yet.
  [[nodiscard]] bool is_empty() const;

 private:
  explicit CacheFile(Descriptor file) : file_(std::move(file)) {}

  Descriptor file_;
};

}  // namespace io
