#include "common/io/cache_format.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "common/io/keyed_hash.h"

namespace io {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr std::size_t kMarkSize = 16;
constexpr std::string_view kMarkText = "spfd-cache 1\n";
constexpr std::size_t kBlockHeader = 12;
// A block is written when it has this size; an answer that is larger than the rest of kMaxCacheBlock is left out.
constexpr std::size_t kFullBlock = std::size_t{256} << 10U;
// The maximum number in a DNS message (dns/message.cc).
constexpr std::size_t kMaxValues = 1000;
constexpr std::size_t kMaxText = 0xffff;
constexpr std::uint32_t kMaxTtl = 0x7fffffff;  // RFC 2181 §8
// An IPv4-mapped address of an AAAA record is held as an IPv4 address (base::IpAddress::v6()).
constexpr std::string_view kMappedPrefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

std::uint64_t checksum(std::string_view bytes) { return keyed_hash(HashKey{}, bytes); }

// ---- bytes ---------------------------------------------------------------------------------------------------------------

template <class Number>
void put(std::string& out, Number number) {
  auto left = static_cast<std::uint64_t>(number);
  for (std::size_t i = 0; i < sizeof(Number); ++i, left >>= 8U) out += static_cast<char>(left & 0xff);
}

// Takes values from the front. After a value that is missing, all further values are empty or 0, and has_failed() is true.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  template <class Number>
  Number number() {
    const std::string_view bytes = text(sizeof(Number));
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8U | static_cast<std::uint8_t>(bytes[i]);
    return static_cast<Number>(value);
  }
  std::string_view text(std::size_t size) {
    if (size > rest_.size()) {
      has_failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool has_failed_ = false;
};

// ---- the header ----------------------------------------------------------------------------------------------------------

struct Header {
  std::int64_t written = 0;  // seconds since 1970
  std::uint64_t answers = 0;
  std::uint64_t bytes = 0;
  std::uint64_t blocks = 0;  // checksum
};

std::string mark() {
  std::string text(kMarkText);
  text.resize(kMarkSize, '\0');
  return text;
}

std::string text_of(const Header& header) {
  std::string text = mark();
  put(text, header.written);
  put(text, header.answers);
  put(text, header.bytes);
  put(text, header.blocks);
  put(text, checksum(text));
  return text;
}

base::Result<Header, std::string> parse_header(std::string_view text) {
  if (!text.starts_with(kCacheFileMark)) return base::failure(std::string("is not a cache file"));
  if (text.substr(0, kMarkSize) != mark()) return base::failure(std::string("was written by another version of spfd"));
  Bytes bytes(text.substr(kMarkSize));
  Header header;
  header.written = bytes.number<std::int64_t>();
  header.answers = bytes.number<std::uint64_t>();
  header.bytes = bytes.number<std::uint64_t>();
  header.blocks = bytes.number<std::uint64_t>();
  if (bytes.number<std::uint64_t>() != checksum(text.substr(0, kCacheHeader - sizeof(std::uint64_t))))
    return base::failure(std::string("was not written to its end"));
  return header;
}

// ---- answers -------------------------------------------------------------------------------------------------------------

bool is_short(const dns::Answer& answer) {
  const auto fits = [](const auto& text) { return text.size() <= kMaxText; };
  return answer.addresses.size() <= kMaxValues && answer.names.size() <= kMaxValues && answer.texts.size() <= kMaxValues &&
         std::all_of(answer.texts.begin(), answer.texts.end(), fits);
}

void put(std::string& out, const Cache::Kept& kept, const CacheMoment& now) {
  const dns::Answer& answer = kept.answer->answer;
  const auto left = Cache::expiry_of(*kept.answer) - now.steady;
  put(out, static_cast<std::uint16_t>(kept.question.type));
  put(out, static_cast<std::uint8_t>(answer.status));
  put(out, kept.uses);
  put(out, static_cast<std::uint8_t>(answer.cnames));
  put(out, answer.ttl);
  put(out, std::chrono::duration_cast<milliseconds>(now.wall.time_since_epoch() + left).count());
  const auto put_name = [&](std::string_view name) {
    put(out, static_cast<std::uint8_t>(name.size()));
    out += name;
  };
  put_name(kept.question.name.text());
  put(out, static_cast<std::uint16_t>(answer.addresses.size()));
  for (const base::IpAddress& address : answer.addresses) {
    if (kept.question.type == dns::Type::aaaa && address.is_v4()) out += kMappedPrefix;
    for (const std::uint8_t byte : address.bytes()) out += static_cast<char>(byte);
  }
  put(out, static_cast<std::uint16_t>(answer.names.size()));
  for (const std::string& name : answer.names) put_name(name);
  put(out, static_cast<std::uint16_t>(answer.texts.size()));
  for (const std::string& text : answer.texts) {
    put(out, static_cast<std::uint16_t>(text.size()));
    out += text;
  }
}

// Reads a name that is in the form of Name::text().
std::optional<dns::Name> take_name(Bytes& bytes) {
  const std::string_view text = bytes.text(bytes.number<std::uint8_t>());
  auto name = dns::Name::parse(text);
  return !bytes.has_failed() && name && name->text() == text ? name : std::nullopt;
}

template <std::size_t size>
std::array<std::uint8_t, size> take_address(Bytes& bytes) {
  std::array<std::uint8_t, size> out{};
  const std::string_view text = bytes.text(size);
  std::copy(text.begin(), text.end(), out.begin());
  return out;
}

// Reads the number of values of a kind that the answer may have.
std::size_t take_count(Bytes& bytes, bool may_have_some) {
  const std::size_t count = bytes.number<std::uint16_t>();
  if (count != 0 && (!may_have_some || count > kMaxValues)) static_cast<void>(bytes.text(std::string_view::npos));
  return bytes.has_failed() ? 0 : count;
}

bool take_values(Bytes& bytes, dns::Type type, dns::Answer& answer) {
  const bool has_records = answer.status == dns::Status::ok;
  const bool is_alias = answer.status == dns::Status::alias;
  for (std::size_t left = take_count(bytes, has_records && (type == dns::Type::a || type == dns::Type::aaaa)); left > 0; --left) {
    answer.addresses.push_back(type == dns::Type::a ? base::IpAddress::v4(take_address<4>(bytes))
                                                    : base::IpAddress::v6(take_address<16>(bytes)));
    if (bytes.has_failed()) return false;
  }
  const bool has_names = has_records && (type == dns::Type::mx || type == dns::Type::ptr);
  for (std::size_t left = take_count(bytes, has_names || is_alias); left > 0; --left) {
    const auto name = take_name(bytes);
    if (!name) return false;
    answer.names.emplace_back(name->text());
  }
  for (std::size_t left = take_count(bytes, has_records && type == dns::Type::txt); left > 0; --left) {
    answer.texts.emplace_back(bytes.text(bytes.number<std::uint16_t>()));
    if (bytes.has_failed()) return false;
  }
  return !bytes.has_failed() && (!is_alias || answer.names.size() == 1);
}

struct Found {
  dns::Question question;
  dns::Answer answer;
  std::uint8_t uses = 0;
  std::int64_t expiry = 0;  // milliseconds since 1970
};

// Reads an answer. A content that a DNS answer could not have is invalid.
std::optional<Found> take_answer(Bytes& bytes) {
  Found found;
  dns::Answer& answer = found.answer;
  found.question.type = static_cast<dns::Type>(bytes.number<std::uint16_t>());
  if (std::find(dns::kTypes.begin(), dns::kTypes.end(), found.question.type) == dns::kTypes.end()) return {};
  answer.status = static_cast<dns::Status>(bytes.number<std::uint8_t>());
  if (answer.status != dns::Status::ok && answer.status != dns::Status::name_error && answer.status != dns::Status::alias)
    return {};
  found.uses = bytes.number<std::uint8_t>();
  answer.cnames = bytes.number<std::uint8_t>();
  answer.ttl = bytes.number<std::uint32_t>();
  found.expiry = bytes.number<std::int64_t>();
  const auto name = take_name(bytes);
  if (answer.cnames > dns::kMaxCnames || answer.ttl > kMaxTtl || !name || !take_values(bytes, found.question.type, answer))
    return {};
  found.question.name = *name;
  return found;
}

Cache::Kept kept_of(Found&& found, const CacheMoment& now) {
  // No answer is kept for longer than its TTL, whatever the file or a step of the clock suggests, nor for longer than this.
  const std::int64_t most = std::chrono::duration_cast<milliseconds>(std::min(seconds{found.answer.ttl}, Cache::kMaxTtl)).count();
  const std::int64_t wall = std::chrono::duration_cast<milliseconds>(now.wall.time_since_epoch()).count();
  constexpr std::int64_t kFarPast = std::numeric_limits<std::int64_t>::min() / 2;
  const milliseconds left{
      std::clamp<std::int64_t>(std::max(found.expiry, kFarPast) - wall, -milliseconds(Cache::kMaxTtl).count() * 3, most)};
  const auto came = now.steady + left - milliseconds{most};
  return {found.question, std::make_shared<const KeptAnswer>(std::move(found.answer), came), found.uses};
}

// ---- the file ------------------------------------------------------------------------------------------------------------

void end_block(std::string& block, std::string& checksums) {
  const std::string_view content = std::string_view(block).substr(kBlockHeader);
  std::string header;
  put(header, static_cast<std::uint32_t>(content.size()));
  put(header, checksum(content));
  checksums.append(header, sizeof(std::uint32_t), std::string::npos);
  block.replace(0, kBlockHeader, header);
}

std::int64_t seconds_of(system_clock::time_point time) {
  return std::chrono::duration_cast<seconds>(time.time_since_epoch()).count();
}

class Reader {
 public:
  Reader(const ReadCacheBytes& read, const CacheMoment& now) : read_(read), now_(now) {}

  // Returns a problem, or an empty text.
  std::string open() {
    std::array<char, kCacheHeader> text{};
    if (!read_(0, text)) return "is too short, or cannot be read";
    auto header = parse_header({text.data(), text.size()});
    if (!header) return header.error();
    header_ = *header;
    const std::int64_t now = seconds_of(now_.wall);
    if (header_.written > now + seconds{kMaxClockStep}.count()) return "has a time in the future";
    if (header_.written < now - seconds{kMaxCacheFileAge}.count()) return "is older than an hour";
    return {};
  }

  // Reads the file and passes each answer to `use`, which is empty in the first pass, since that only checks. Returns a problem,
  // or an empty text.
  std::string pass(const std::function<void(const Cache::Kept&)>& use) {
    std::string checksums;
    std::uint64_t answers = 0;
    std::uint64_t done = 0;
    while (done < header_.bytes) {
      if (std::string problem = read_block(done, checksums); !problem.empty()) return problem;
      Bytes bytes(block_);
      while (!bytes.empty()) {
        auto found = take_answer(bytes);
        if (!found) return "has an answer that is not valid";
        ++answers;
        if (use) use(kept_of(std::move(*found), now_));
      }
    }
    if (answers != header_.answers || checksum(checksums) != header_.blocks) return "is damaged";
    return {};
  }

  [[nodiscard]] CacheFileSize size() const { return {header_.answers, kCacheHeader + header_.bytes}; }

 private:
  std::string read_block(std::uint64_t& done, std::string& checksums) {
    std::array<char, kBlockHeader> text{};
    const std::uint64_t left = header_.bytes - done;
    if (left < kBlockHeader || !read_(kCacheHeader + done, text)) return "ends too early, or cannot be read in time";
    Bytes bytes({text.data(), text.size()});
    const auto size = bytes.number<std::uint32_t>();
    const auto sum = bytes.number<std::uint64_t>();
    if (size > kMaxCacheBlock || size > left - kBlockHeader) return "is damaged";
    block_.resize(size);
    if (!read_(kCacheHeader + done + kBlockHeader, block_)) return "ends too early, or cannot be read in time";
    if (checksum(block_) != sum) return "is damaged";
    checksums.append(text.data() + sizeof size, sizeof sum);
    done += kBlockHeader + size;
    return {};
  }

  const ReadCacheBytes& read_;
  const CacheMoment now_;
  Header header_;
  std::string block_;
};

}  // namespace

base::Result<CacheFileSize, std::string> write_cache(Cache& cache, const CacheMoment& now, const WriteCacheBytes& write) {
  const std::string problem = "cannot be written";
  // The header gets its valid checksum last, so that an incomplete file is not valid.
  if (!write(0, mark() + std::string(kCacheHeader - kMarkSize, '\0'))) return base::failure(problem);
  Header header{.written = seconds_of(now.wall)};
  std::string block(kBlockHeader, '\0');
  std::string checksums;
  const auto flush = [&] {
    if (block.size() == kBlockHeader) return true;
    end_block(block, checksums);
    const bool is_written = write(kCacheHeader + header.bytes, block);
    header.bytes += block.size();
    block.assign(kBlockHeader, '\0');
    return is_written;
  };
  bool is_written = true;
  cache.each_part([&](const std::vector<Cache::Kept>& part) {
    for (const Cache::Kept& kept : part) {
      if (!is_short(kept.answer->answer)) continue;
      const std::size_t before = block.size();
      put(block, kept, now);
      if (block.size() > kMaxCacheBlock) {
        block.resize(before);
        continue;
      }
      ++header.answers;
      if (block.size() >= kFullBlock && !(is_written = flush())) return false;
    }
    return true;
  });
  if (!is_written || !flush()) return base::failure(problem);
  header.blocks = checksum(checksums);
  if (!write(0, text_of(header))) return base::failure(problem);
  return CacheFileSize{header.answers, kCacheHeader + header.bytes};
}

base::Result<CacheFileSize, std::string> read_cache(const ReadCacheBytes& read, const CacheMoment& now,
                                                    const std::function<void(const Cache::Kept&)>& use) {
  Reader reader(read, now);
  std::string problem = reader.open();
  if (problem.empty()) problem = reader.pass({});
  if (problem.empty()) problem = reader.pass(use);
  if (!problem.empty()) return base::failure(std::move(problem));
  return reader.size();
}

std::string cache_file_of(std::string_view block, std::uint64_t answers, const CacheMoment& now) {
  std::string content(kBlockHeader, '\0');
  content += block;
  std::string checksums;
  end_block(content, checksums);
  return text_of({seconds_of(now.wall), answers, content.size(), checksum(checksums)}) + content;
}

}  // namespace io
