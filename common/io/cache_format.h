// The form of a cache file: the answers of a cache, with the moments at which they expire, so that their TTLs continue to run
// while no spfd runs.
//
//   header   "spfd-cache 1\n", padded with zeros to 16 bytes; when it was written, in seconds since 1970; number of answers;
//            bytes of blocks; checksum of the blocks' checksums; checksum of the header so far
//   block    size and checksum of what follows: answers, one after the other
//   answer   type, status, uses, CNAMEs, TTL, expiry in milliseconds since 1970, name, addresses, names, texts
//
// Numbers are little-endian; lists and texts begin with their sizes. The header is written twice: incomplete at first, and
// complete after the last block, so a file that was not written to its end is recognized. Bytes after the last block are ignored.
// Checksums detect damage, not forgery: anybody who can write the file can forge DNS answers.
//
// The file is read twice, first to check everything and then to use the answers, so a file with an error changes nothing. Memory
// for one block is needed. No I/O here: the caller reads and writes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/io/cache.h"

namespace io {

// The present moment by both clocks: the file has times of the first, the cache of the second.
struct CacheMoment {
  std::chrono::system_clock::time_point wall;
  Clock::time_point steady;
};

// A file that is older is not read, since the addresses of mail servers may have changed meanwhile. One from the future is not
// read either, except for a step of the clock.
inline constexpr std::chrono::hours kMaxCacheFileAge{1};
inline constexpr std::chrono::minutes kMaxClockStep{1};

inline constexpr std::string_view kCacheFileMark = "spfd-cache ";
inline constexpr std::size_t kCacheHeader = 56;  // bytes
inline constexpr std::size_t kMaxCacheBlock = std::size_t{1} << 20;

struct CacheFileSize {
  std::uint64_t answers = 0;
  std::uint64_t bytes = 0;
};

// Writes bytes at a place of the file; false: they cannot be written, or the time for it is over.
using WriteCacheBytes = std::function<bool(std::uint64_t offset, std::string_view bytes)>;
// Reads bytes from a place of the file; false: there are not so many, they cannot be read, or the time for it is over.
using ReadCacheBytes = std::function<bool(std::uint64_t offset, std::span<char> bytes)>;

// Writes all answers of the cache. Returns false if `write` does; the file is then incomplete.
base::Result<CacheFileSize, std::string> write_cache(Cache& cache, const CacheMoment& now, const WriteCacheBytes& write);

// Calls `use` with each answer, also with those that have expired, which the cache may refuse. The errors are sentences; after an
// error `use` has not been called, unless the file changed meanwhile.
base::Result<CacheFileSize, std::string> read_cache(const ReadCacheBytes& read, const CacheMoment& now,
                                                    const std::function<void(const Cache::Kept&)>& use);

// Returns, for tests, a file with this one block, whose content may be anything, and with correct checksums.
std::string cache_file_of(std::string_view block, std::uint64_t answers, const CacheMoment& now);

}  // namespace io
