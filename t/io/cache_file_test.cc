// The file that preserves a cache after its process has ended: its content, and each way in which it can be wrong.
#include "common/io/cache_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "t/io/questions.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

using namespace std::chrono_literals;
using support::question;
using support::slurp;
using support::TempFolder;
using support::texts;

namespace {

using io::Cache;
using io::CacheMoment;

const CacheMoment kStart{std::chrono::system_clock::time_point{1'800'000'000s}, Cache::Clock::time_point{1000h}};

// Returns a moment after the start of another process, whose steady clock is another one.
CacheMoment later(std::chrono::seconds time) { return {kStart.wall + time, Cache::Clock::time_point{5000h}}; }

std::string write(Cache& cache, const CacheMoment& now = kStart) {
  std::string file;
  const auto size = io::write_cache(cache, now, [&](std::uint64_t offset, std::string_view bytes) {
    if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size());
    file.replace(offset, bytes.size(), bytes);
    return true;
  });
  REQUIRE(size.ok());
  CHECK(size->bytes == file.size());
  return file;
}

struct Read {
  std::string problem = {};
  std::vector<Cache::Kept> kept = {};
};

Read read(std::string_view file, const CacheMoment& now = kStart) {
  Read out;
  const auto size = io::read_cache(
      [&](std::uint64_t offset, std::span<char> bytes) {
        if (offset > file.size() || bytes.size() > file.size() - offset) return false;
        std::memcpy(bytes.data(), file.data() + offset, bytes.size());
        return true;
      },
      now, [&](const Cache::Kept& kept) { out.kept.push_back(kept); });
  if (!size) out.problem = size.error();
  return out;
}

dns::Answer addresses(std::vector<base::IpAddress> of) {
  dns::Answer answer;
  answer.ttl = 300;
  answer.addresses = std::move(of);
  return answer;
}

dns::Answer hosts(std::vector<std::string> of) {
  dns::Answer answer;
  answer.ttl = 300;
  answer.names = std::move(of);
  return answer;
}

dns::Answer nothing(dns::Status status) {
  dns::Answer answer;
  answer.status = status;
  answer.ttl = 300;
  return answer;
}

using All = std::vector<std::pair<dns::Question, dns::Answer>>;

// Answers of every shape.
All all() {
  using dns::Type;
  std::string binary = "v=spf1 \"quoted\" ";
  for (int c = 0; c < 256; ++c) binary += static_cast<char>(c);
  return {{question("pass.example"), texts({"v=spf1 ip4:192.0.2.1 a:x.example -all"})},
          {question("many.example"), texts({"v=spf1 -all", "", binary, std::string(65535, 'x')})},
          {question("a.example", Type::a), addresses({base::IpAddress::v4({192, 0, 2, 1}), base::IpAddress::v4({0, 0, 0, 0})})},
          {question("aaaa.example", Type::aaaa), addresses({*base::IpAddress::parse("2001:db8::1")})},
          {question("mapped.example", Type::aaaa), addresses({*base::IpAddress::parse("::ffff:192.0.2.1")})},
          {question("mx.example", Type::mx), hosts({"mail.example", "", "?"})},
          {question("1.2.0.192.in-addr.arpa", Type::ptr), hosts({"mail.example"})},
          {question("none.example"), nothing(dns::Status::name_error)},
          {question("void.example", Type::a), nothing(dns::Status::ok)},
          {question("alias.example", Type::a), dns::alias_answer(*dns::Name::parse("target.example"), 300)},
          {{dns::Name(), Type::mx}, nothing(dns::Status::ok)}};
}

void fill(Cache& cache, const All& answers) {
  for (const auto& [asked, answer] : answers) cache.complete(asked, answer, kStart.steady);
}

// Returns a file with one answer, whose block `change` has changed.
template <class Change>
Read read_changed(const dns::Question& asked, const dns::Answer& answer, Change&& change) {
  Cache cache(1 << 20);
  cache.complete(asked, answer, kStart.steady);
  std::string block = write(cache).substr(io::kCacheHeader + 12);
  change(block);
  return read(io::cache_file_of(block, 1, kStart));
}

}  // namespace

TEST_CASE("cache file: every answer comes back, with the rest of its TTL") {
  Cache cache(8 << 20);
  fill(cache, all());
  const std::string file = write(cache);
  const CacheMoment now = later(100s);
  Cache again(8 << 20);
  for (const Cache::Kept& kept : read(file, now).kept) CHECK(again.add(kept, now.steady));
  CHECK(again.counters().entries == all().size());
  for (const auto& kept : all()) {
    const dns::Question& asked = kept.first;
    CAPTURE(std::string(asked.name.text()));
    const auto found = again.find(asked, now.steady + 199s);
    REQUIRE(found != nullptr);
    CHECK(found->answer == kept.second);
    CHECK(found->ttl_left(now.steady) == 200);
    CHECK(again.find(asked, now.steady + 200s) == nullptr);
  }
  CHECK(std::holds_alternative<spf::Record>(again.find(question("pass.example"), now.steady)->record));
}

TEST_CASE("cache file: failures and expired answers are not kept") {
  Cache cache(1 << 20);
  cache.complete(question("broken.example"), dns::failure_answer("SERVFAIL"), kStart.steady);
  cache.complete(question("short.example"), texts({"x"}, 10), kStart.steady);
  const std::string file = write(cache);
  CHECK(read(file).kept.size() == 1);
  Cache again(1 << 20);
  const CacheMoment now = later(10s);
  for (const Cache::Kept& kept : read(file, now).kept) CHECK_FALSE(again.add(kept, now.steady));
  CHECK(again.counters().bytes == 0);
}

TEST_CASE("cache file: it is read for an hour; a step of the clock lengthens no TTL") {
  Cache cache(1 << 20);
  cache.complete(question("pass.example"), texts({"x"}, 86400), kStart.steady);
  const std::string file = write(cache);
  CHECK(read(file, later(3600s)).problem.empty());
  CHECK(read(file, later(3601s)).problem == "is older than an hour");
  CHECK(read(file, later(-61s)).problem == "has a time in the future");
  const Read back = read(file, later(-60s));
  REQUIRE(back.kept.size() == 1);
  CHECK(back.kept[0].answer->ttl_left(later(-60s).steady) == 86400);
}

TEST_CASE("cache file: an answer in use, and one that came meanwhile, are kept") {
  Cache cache(1 << 20);
  fill(cache, {{question("new.example"), texts({"old"})}, {question("asked.example"), texts({"old"})}});
  const std::string file = write(cache);
  Cache again(1 << 20);
  again.complete(question("new.example"), texts({"new"}), kStart.steady);
  int calls = 0;
  again.find_or_join(question("asked.example"), kStart.steady, [&](const io::SharedAnswer&) { ++calls; });
  for (const Cache::Kept& kept : read(file).kept) CHECK_FALSE(again.add(kept, kStart.steady));
  CHECK(again.find(question("new.example"), kStart.steady)->answer.texts[0] == "new");
  again.complete(question("asked.example"), texts({"new"}), kStart.steady);
  CHECK(calls == 1);
}

TEST_CASE("cache file: a smaller cache takes the answers that fit, the newest ones of each part first") {
  Cache cache(4 << 20);
  for (int i = 0; i < 2000; ++i)
    cache.complete(question("n" + std::to_string(i) + ".example"), texts({std::string(500, 'x')}), kStart.steady);
  const std::string file = write(cache);
  constexpr std::size_t kLimit = 256 << 10;
  Cache small(kLimit);
  std::size_t added = 0;
  for (const Cache::Kept& kept : read(file).kept) added += small.add(kept, kStart.steady) ? 1U : 0U;
  const io::CacheCounters counters = small.counters();
  CHECK(counters.entries == added);
  CHECK(added > 100);
  CHECK(added < 1000);
  CHECK(counters.bytes <= kLimit);
  CHECK(counters.evictions == 0);
  // The order of age is kept: new answers replace the oldest ones.
  for (int i = 0; i < 2000; ++i)
    small.complete(question("m" + std::to_string(i) + ".example"), texts({std::string(500, 'x')}), kStart.steady);
  CHECK(small.counters().bytes <= kLimit);
  CHECK(small.counters().evictions >= added);
}

TEST_CASE("cache file: with answers of more than one block, nothing is lost") {
  Cache cache(64 << 20);
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "n" + std::to_string(i) + ".example";
    expected[name] = std::string(static_cast<std::size_t>(i) * 200, static_cast<char>('a' + i % 26));
    cache.complete(question(name), texts({expected[name]}), kStart.steady);
  }
  const std::string file = write(cache);
  CHECK(file.size() > 2 * io::kMaxCacheBlock);
  for (const Cache::Kept& kept : read(file).kept) {
    const auto found = expected.find(std::string(kept.question.name.text()));
    REQUIRE(found != expected.end());
    CHECK(kept.answer->answer.texts[0] == found->second);
    expected.erase(found);
  }
  CHECK(expected.empty());
}

TEST_CASE("cache file: cut off anywhere, or with any byte changed, it is refused as a whole") {
  Cache cache(8 << 20);
  All answers = all();
  answers.erase(answers.begin() + 1);  // the large one
  fill(cache, answers);
  const std::string file = write(cache);
  for (std::size_t size = 0; size < file.size(); ++size) {
    const Read cut = read(std::string_view(file).substr(0, size));
    REQUIRE_FALSE(cut.problem.empty());
    REQUIRE(cut.kept.empty());
  }
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    const Read damaged = read(changed);
    REQUIRE_FALSE(damaged.problem.empty());
    REQUIRE(damaged.kept.empty());
  }
  CHECK(read(file + "rest of an older, longer file").kept.size() == answers.size());
  CHECK(read("").problem == "is too short, or cannot be read");
  CHECK(read(std::string(1000, 'x')).problem == "is not a cache file");
  std::string other = file;
  other[11] = '9';
  CHECK(read(other).problem == "was written by another version of spfd");
}

TEST_CASE("cache file: a write that ends early leaves a file that is not read") {
  Cache cache(8 << 20);
  fill(cache, all());
  std::string file = write(cache);
  for (int writes = 0; writes < 3; ++writes) {
    int done = 0;
    const auto size = io::write_cache(cache, kStart, [&](std::uint64_t offset, std::string_view bytes) {
      if (done++ == writes) return false;
      file.replace(offset, bytes.size(), bytes);
      return true;
    });
    CHECK_FALSE(size.ok());
    CHECK(read(file).problem == (writes == 0 ? "" : "was not written to its end"));
  }
}

TEST_CASE("cache file: an answer that DNS cannot have given makes the file invalid, whatever its checksums") {
  const auto is_refused = [](const Read& read) { return read.problem == "has an answer that is not valid" && read.kept.empty(); };
  const auto pass = question("pass.example");
  const auto record = texts({"v=spf1 -all"});
  const auto nothing_changed = [](std::string&) {};
  CHECK(read_changed(pass, record, nothing_changed).kept.size() == 1);
  const auto put = [](std::size_t at, char byte) { return [=](std::string& block) { block[at] = byte; }; };
  CHECK(is_refused(read_changed(pass, record, put(0, 6))));        // type SOA
  CHECK(is_refused(read_changed(pass, record, put(0, 1))));        // texts of type A
  CHECK(is_refused(read_changed(pass, record, put(2, 1))));        // "no such name" with a record
  CHECK(is_refused(read_changed(pass, record, put(2, 2))));        // a failure
  CHECK(is_refused(read_changed(pass, record, put(2, 3))));        // an alias without a target
  CHECK(is_refused(read_changed(pass, record, put(2, 9))));        // no status
  CHECK(is_refused(read_changed(pass, record, put(4, 17))));       // more CNAMEs than are followed
  CHECK(is_refused(read_changed(pass, record, put(8, '\xff'))));   // a TTL of 32 bits
  CHECK(is_refused(read_changed(pass, record, put(18, 'P'))));     // a name that is not in lower case
  CHECK(is_refused(read_changed(pass, record, put(18, '\n'))));    // not a name
  CHECK(is_refused(read_changed(pass, record, put(18, '.'))));     // an empty label
  CHECK(is_refused(read_changed(pass, record, put(17, '\xff'))));  // a name beyond the end
  CHECK(is_refused(read_changed(pass, record, [](std::string& block) { block.pop_back(); })));
  CHECK(is_refused(read_changed(pass, record, [](std::string& block) { block += 'x'; })));
  const auto host = question("mx.example", dns::Type::mx);
  CHECK(read_changed(host, hosts({"mail.example"}), nothing_changed).kept.size() == 1);
  CHECK(is_refused(read_changed(host, hosts({"mail.example"}), [](std::string& block) { block[block.find("mail")] = 'M'; })));
  const auto alias = dns::alias_answer(*dns::Name::parse("target.example"), 300);
  CHECK(read_changed(host, alias, nothing_changed).kept.size() == 1);
  // Two targets.
  CHECK(is_refused(read_changed(host, hosts({"a.example", "b.example"}), put(2, 3))));
}

TEST_CASE("cache file: moments of expiry at the ends of the numbers") {
  Cache cache(1 << 20);
  for (const char byte : {'\x00', '\x7f', '\x80', '\xff'}) {
    const Read extreme = read_changed(question("pass.example"), texts({"x"}),
                                      [&](std::string& block) { block.replace(9, 8, std::string(8, byte)); });
    REQUIRE(extreme.kept.size() == 1);
    CHECK(extreme.kept[0].answer->ttl_left(kStart.steady) <= 300);
    static_cast<void>(cache.add(extreme.kept[0], kStart.steady));
  }
  CHECK(cache.counters().entries <= 1);
}

TEST_CASE("cache file: it is made for its owner only, written in place, and read again") {
  const TempFolder folder;
  const std::string path = folder / "cache";
  Cache cache(8 << 20);
  cache.complete(question("pass.example"), texts({"x"}), Cache::Clock::now());
  {
    const auto file = io::CacheFile::open(path);
    REQUIRE(file.ok());
    CHECK(file->is_empty());
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600);
    const auto saved = file->save(cache);
    REQUIRE(saved.ok());
    CHECK(saved->answers == 1);
    CHECK_FALSE(file->is_empty());
  }
  const auto file = io::CacheFile::open(path);
  REQUIRE(file.ok());
  Cache again(8 << 20);
  const auto loaded = file->load(again);
  REQUIRE(loaded.ok());
  CHECK(loaded->answers == 1);
  CHECK(again.find(question("pass.example"), Cache::Clock::now()) != nullptr);
  // A smaller cache writes less than the file has, and nothing of the old answers remains.
  CHECK(slurp(path).find("pass.example") != std::string::npos);
  Cache empty(8 << 20);
  const auto shorter = file->save(empty);
  REQUIRE(shorter.ok());
  CHECK(shorter->bytes == std::filesystem::file_size(path));
  CHECK(slurp(path).find("pass.example") == std::string::npos);
  Cache third(8 << 20);
  CHECK(file->load(third)->answers == 0);

  const auto other = io::CacheFile::open(path);
  REQUIRE(other.ok());
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  CHECK(other->save(cache).error() == "is in use by another process");
  CHECK(other->load(cache).error() == "is being written by another process");
  ::close(fd);
  std::filesystem::remove(path);
  CHECK(other->save(cache).error() == "was removed since the start");
}

TEST_CASE("cache file: a file that others can change, or that is another one, is neither read nor written") {
  const TempFolder folder;
  const std::string path = folder / "cache";
  const auto problem = [&] {
    const auto file = io::CacheFile::open(path);
    return file ? std::string() : file.error();
  };
  static_cast<void>(folder.write("cache", "tops3cr3t\n"));
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(problem() == "is not a cache file, and is left alone");
  CHECK(slurp(path) == "tops3cr3t\n");
  static_cast<void>(folder.write("cache", ""));
  CHECK(problem().empty());
  for (const mode_t mode : {0620U, 0602U, 0604U, 0666U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(problem().find("lets others read or forge DNS answers; use 0600") != std::string::npos);
  }
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  CHECK(problem().empty());
  std::filesystem::create_hard_link(path, folder / "second");
  CHECK(problem() == "has a second name");
  std::filesystem::remove(path);
  std::filesystem::create_symlink(folder / "second", path);
  CHECK(problem() == "is a link, and links are not followed");
  std::filesystem::remove(path);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(problem() == "is not a regular file");
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  CHECK_FALSE(problem().empty());
  CHECK_FALSE(io::CacheFile::open(folder / "missing/cache").ok());
}
