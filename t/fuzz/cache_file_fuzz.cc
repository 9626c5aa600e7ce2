// Cache files. Input: one byte, then a whole file, or the content of a block that gets right checksums, so that its answers are
// read. The byte's low bit selects which; the other bits are the age of the file in minutes.
#include <chrono>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/io/cache_format.h"
#include "t/fuzz/answer_checks.h"
#include "t/fuzz/target.h"

namespace {

using io::Cache;

const io::CacheMoment kWritten{std::chrono::system_clock::time_point{std::chrono::seconds{1'800'000'000}},
                               Cache::Clock::time_point{std::chrono::hours{1000}}};

// Returns the answers of the file; none if there is a problem.
std::vector<Cache::Kept> read(std::string_view file, const io::CacheMoment& now) {
  std::vector<Cache::Kept> all;
  const auto size = io::read_cache(
      [&](std::uint64_t offset, std::span<char> bytes) {
        if (offset > file.size() || bytes.size() > file.size() - offset) return false;
        std::memcpy(bytes.data(), file.data() + offset, bytes.size());
        return true;
      },
      now, [&](const Cache::Kept& kept) { all.push_back(kept); });
  fuzz::check(size.ok() || all.empty(), "a file with an error changes nothing");
  if (size.ok()) fuzz::check(size->answers == all.size(), "all answers are handed out");
  return all;
}

void check_kept(const Cache::Kept& kept, const io::CacheMoment& now) {
  fuzz::check_answer(kept.answer->answer, kept.question.type);
  fuzz::check(kept.answer->answer.status != dns::Status::failure, "failures are not kept");
  fuzz::check(Cache::expiry_of(*kept.answer) <= now.steady + Cache::kMaxTtl, "no answer is kept for too long");
  fuzz::check(kept.answer->ttl_left(now.steady) <= kept.answer->answer.ttl, "no TTL grows");
}

std::string write(Cache& cache, const io::CacheMoment& now) {
  std::string file;
  const auto size = io::write_cache(cache, now, [&](std::uint64_t offset, std::string_view bytes) {
    if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size());
    file.replace(offset, bytes.size(), bytes);
    return true;
  });
  fuzz::check(size.ok(), "it can be written");
  return file;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Cutter input(data, size);
  const std::uint8_t choice = input.byte();
  const io::CacheMoment now{kWritten.wall + std::chrono::minutes{choice / 2}, kWritten.steady};
  const std::uint64_t answers = (choice & 1) != 0 ? input.byte() : 0;
  const std::string_view rest = input.rest();
  const auto all = read((choice & 1) != 0 ? io::cache_file_of(rest, answers, kWritten) : std::string(rest), now);
  Cache cache(std::size_t{1} << 22U);
  std::size_t added = 0;
  for (const Cache::Kept& kept : all) {
    check_kept(kept, now);
    if (cache.add(kept, now.steady)) ++added;
  }
  fuzz::check(cache.counters().entries == added, "what was added is there");
  const auto again = read(write(cache, now), now);
  fuzz::check(again.size() == added, "what is written can be read");
  for (const Cache::Kept& kept : again) {
    const auto found = cache.find(kept.question, now.steady);
    fuzz::check(found != nullptr && found->answer == kept.answer->answer, "and is the same");
  }
  return 0;
}
