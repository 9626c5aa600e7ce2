#include "common/token/token.h"

#include <algorithm>
#include <utility>

#include "common/base/base64url.h"
#include "common/base/text.h"

namespace token {

namespace {

constexpr unsigned kVersion = 0x10;
constexpr unsigned kIsV6 = 0x8;
constexpr unsigned kIsHelo = 0x4;
constexpr std::size_t kMaxBytes = kMaxToken / 4 * 3;
constexpr std::size_t kCode = 16;      // bytes
constexpr std::size_t kLocalHash = 4;  // bytes

// The characters of names; the number of a character is its place. The first one ends a name.
constexpr std::string_view kCharacters{"\0abcdefghijklmnopqrstuvwxyz0123456789-._", 40};

// Returns the names, each with its end, three characters in two bytes; nothing: a character has no number.
std::optional<std::string> pack(std::string_view names) {
  std::string out;
  for (std::size_t at = 0; at < names.size(); at += 3) {
    std::size_t group = 0;
    for (std::size_t i = at; i < at + 3; ++i) {
      const std::size_t number = i < names.size() ? kCharacters.find(names[i]) : 0;
      if (number == std::string_view::npos) return std::nullopt;
      group = group * kCharacters.size() + number;
    }
    out += static_cast<char>(group >> 8U);
    out += static_cast<char>(group & 0xffU);
  }
  return out;
}

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::string unpack(std::string_view packed) {
  std::string out;
  for (std::size_t at = 0; at + 1 < packed.size(); at += 2) {
    const std::size_t group = byte_at(packed, at) << 8U | byte_at(packed, at + 1);
    out += kCharacters[group / (kCharacters.size() * kCharacters.size()) % kCharacters.size()];
    out += kCharacters[group / kCharacters.size() % kCharacters.size()];
    out += kCharacters[group % kCharacters.size()];
  }
  return out;
}

std::optional<std::string> code_of(const crypto::Hmac& key, std::string_view message, std::size_t size) {
  const auto code = key.sign(message);
  if (!code) return std::nullopt;
  return std::string(code->text().substr(0, size));
}

// Returns a hash of the local part. Its prefix differs from the first byte of a token, so neither code can serve as the other.
std::optional<std::string> hash_local(const crypto::Hmac& key, std::string_view local_part) {
  return code_of(key, "l" + base::lower(local_part), kLocalHash);
}

}  // namespace

base::Result<Keys, std::string> Keys::make(const std::vector<std::string>& secrets) {
  Keys made;
  for (const std::string& secret : secrets) {
    auto key = crypto::Hmac::make(crypto::Digest::sha256, secret);
    if (!key) return base::failure(std::string("libcrypto offers no HMAC with SHA-256"));
    made.keys_.push_back(std::move(*key));
  }
  if (made.keys_.empty()) return base::failure(std::string("there is no secret"));
  return made;
}

std::string Keys::write(const Facts& facts, std::string_view local_part) const {
  const crypto::Hmac& key = keys_.front();
  const auto local = hash_local(key, local_part);
  if (!local) return {};
  const auto add = [](std::string& out, std::size_t byte) { out += static_cast<char>(byte & 0xffU); };
  std::string bytes;
  add(bytes, kVersion | (facts.client.is_v6() ? kIsV6 : 0) | (facts.identity == spf::Identity::helo ? kIsHelo : 0));
  add(bytes, static_cast<std::size_t>(facts.result) << 4U | static_cast<std::size_t>(facts.cause));
  for (const unsigned shift : {24U, 16U, 8U, 0U}) add(bytes, facts.minute >> shift);
  for (const std::uint8_t byte : facts.client.bytes()) add(bytes, byte);
  bytes += *local;
  const std::string domain = base::lower(facts.domain);
  auto names = pack(domain + '\0' + base::lower(facts.helo));
  if (!names || bytes.size() + names->size() + kCode > kMaxBytes) names = pack(domain);
  if (!names || domain.empty() || bytes.size() + names->size() + kCode > kMaxBytes) return {};
  bytes += *names;
  const auto code = code_of(key, bytes, kCode);
  return code ? base::base64url(bytes + *code) : std::string();
}

base::Result<Opened, Refusal> Keys::read(std::string_view token, std::uint64_t now) const {
  constexpr std::size_t kClientAt = 6;
  if (token.size() > kMaxToken) return base::failure(Refusal::malformed);
  const auto bytes = base::bytes_of_base64url(token);
  if (!bytes || bytes->empty() || (byte_at(*bytes, 0) & 0xf0U) != kVersion) return base::failure(Refusal::malformed);
  const unsigned flags = byte_at(*bytes, 0);
  const std::size_t client_size = (flags & kIsV6) != 0 ? 16 : 4;
  const std::size_t local_at = kClientAt + client_size;
  if (bytes->size() < local_at + kLocalHash + kCode) return base::failure(Refusal::malformed);
  const std::string_view message = std::string_view(*bytes).substr(0, bytes->size() - kCode);
  bool is_ours = false;
  for (const crypto::Hmac& key : keys_) {
    const auto code = key.sign(message);
    is_ours |= code && crypto::matches(std::string_view(*bytes).substr(message.size()), code->text());
  }
  if (!is_ours) return base::failure(Refusal::forged);

  Opened out;
  for (std::size_t i = 2; i < kClientAt; ++i) out.minute = out.minute << 8U | byte_at(message, i);
  if (out.minute + kLifetime < now || out.minute > now + kMaxEarly) return base::failure(Refusal::expired);
  out.identity = (flags & kIsHelo) != 0 ? spf::Identity::helo : spf::Identity::mailfrom;
  const unsigned result = byte_at(message, 1) >> 4U;
  const unsigned cause = byte_at(message, 1) & 0xfU;
  if (result >= spf::kResults || cause >= kCauses) return base::failure(Refusal::malformed);
  out.result = static_cast<spf::Result>(result);
  out.cause = static_cast<Cause>(cause);
  std::array<std::uint8_t, 16> address{};
  std::copy_n(message.begin() + kClientAt, client_size, address.begin());
  out.client =
      client_size == 16 ? base::IpAddress::v6(address) : base::IpAddress::v4({address[0], address[1], address[2], address[3]});
  out.local_hash = message.substr(local_at, kLocalHash);
  const std::string names = unpack(message.substr(local_at + kLocalHash));
  const std::size_t end = std::min(names.find('\0'), names.size());
  out.domain = names.substr(0, end);
  const std::string_view rest = std::string_view(names).substr(std::min(end + 1, names.size()));
  out.helo = rest.substr(0, rest.find('\0'));
  return out;
}

bool Keys::is_for(const Opened& opened, std::string_view local_part) const {
  bool is_same = false;
  for (const crypto::Hmac& key : keys_) {
    const auto hash = hash_local(key, local_part);
    is_same |= hash && hash->size() == opened.local_hash.size() && crypto::matches(opened.local_hash, *hash);
  }
  return is_same;
}

bool operator==(const Keys& a, const Keys& b) {
  const auto same = [](const crypto::Hmac& one, const crypto::Hmac& other) {
    return code_of(one, {}, kCode) == code_of(other, {}, kCode);
  };
  return std::equal(a.keys_.begin(), a.keys_.end(), b.keys_.begin(), b.keys_.end(), same);
}

}  // namespace token
