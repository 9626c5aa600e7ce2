#include "spfd/cache_keeper.h"

#include <fmt/core.h>

#include <chrono>
#include <exception>
#include <utility>

#include "common/base/printable.h"
#include "spfd/log.h"

namespace spfd {

namespace {

void log_report(const CacheKeeper::Report& report) {
  if (report) {
    log(LogLevel::info, "{}", *report);
  } else {
    log(LogLevel::warning, "{}", report.error());
  }
}

}  // namespace

void CacheKeeper::open() {
  if (path_.empty()) return;
  auto file = io::CacheFile::open(path_);
  if (file) {
    file_.emplace(std::move(*file));
  } else {
    log(LogLevel::warning, "cache-file: {} {}; it is not used", base::printable(path_), file.error());
  }
}

template <class Work>
CacheKeeper::Report CacheKeeper::run(const char* done, Work&& work) const {
  if (path_.empty()) return base::failure(std::string("there is no cache-file in the configuration"));
  if (!file_) return base::failure(fmt::format("cache-file: {} could not be used at the start", base::printable(path_)));
  const auto begin = io::Clock::now();
  const auto problem = [&](const std::string& why) {
    return base::failure(fmt::format("cache-file: {} {}", base::printable(path_), why));
  };
  try {
    const base::Result<io::CacheFileSize, std::string> size = work(*file_);
    if (!size) return problem(size.error());
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(io::Clock::now() - begin);
    return fmt::format("cache-file: {} answers {}, {} bytes, {} ms", size->answers, done, size->bytes, time.count());
  } catch (const std::exception& exception) {
    return problem(fmt::format("was given up: {}", exception.what()));
  }
}

CacheKeeper::Report CacheKeeper::load_now(io::Cache& cache) const {
  return run("loaded", [&](const io::CacheFile& file) { return file.load(cache); });
}

CacheKeeper::Report CacheKeeper::save_now(io::Cache& cache) const {
  return run("written", [&](const io::CacheFile& file) { return file.save(cache); });
}

void CacheKeeper::load(io::Cache& cache) const {
  if (file_ && !file_->is_empty()) log_report(load_now(cache));
}

void CacheKeeper::save(io::Cache& cache) const {
  if (file_) log_report(save_now(cache));
}

}  // namespace spfd
