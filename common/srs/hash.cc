#include "common/srs/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "common/base/text.h"

namespace srs {

namespace {

struct Digest {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
};

std::optional<Digest> keyed_digest(const EVP_MD* algorithm, std::string_view secret, std::string_view text) {
  const std::string message = base::lower(text);
  Digest digest;
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  if (::HMAC(algorithm, secret.data(), static_cast<int>(secret.size()), data, message.size(), digest.bytes.data(),
             &digest.size) == nullptr) {
    return std::nullopt;
  }
  return digest;
}

// No branch, so that the time does not tell.
unsigned folded(char c) {
  const auto byte = static_cast<unsigned char>(c);
  const unsigned is_upper = static_cast<unsigned>(byte >= 'A') & static_cast<unsigned>(byte <= 'Z');
  return byte | (is_upper << 5U);
}

}  // namespace

std::optional<std::string> sign(std::string_view secret, std::string_view text) {
  const auto digest = keyed_digest(::EVP_sha1(), secret, text);
  if (!digest) return std::nullopt;
  std::array<unsigned char, kMaxHash + 2> base64{};  // with "=" and NUL
  ::EVP_EncodeBlock(base64.data(), digest->bytes.data(), static_cast<int>(digest->size));
  return std::string(base64.begin(), base64.begin() + kMaxHash);
}

std::optional<std::string> sign_as_exim(std::string_view secret, std::string_view text) {
  const auto digest = keyed_digest(::EVP_md5(), secret, text);
  if (!digest) return std::nullopt;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < kEximHash / 2; ++i) {
    out += kHex[digest->bytes[i] >> 4U];
    out += kHex[digest->bytes[i] & 0xfU];
  }
  return out;
}

bool matches_ignoring_case(std::string_view given, std::string_view full) {
  if (given.size() > full.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < given.size(); ++i) difference |= folded(given[i]) ^ folded(full[i]);
  return difference == 0;
}

bool matches(std::string_view given, std::string_view full) {
  if (given.size() > full.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(full[i]));
  }
  return difference == 0;
}

}  // namespace srs
