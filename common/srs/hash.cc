#include "common/srs/hash.h"

#include <openssl/evp.h>

#include <array>

#include "common/base/hex.h"
#include "common/base/text.h"

namespace srs {

namespace {

// Returns the character in lower case, with "/" in place of kNoSlash. Has no branches, so that the time taken reveals nothing.
unsigned folded(char c) {
  const auto byte = static_cast<unsigned char>(c);
  const unsigned is_upper = static_cast<unsigned>(byte >= 'A') & static_cast<unsigned>(byte <= 'Z');
  const unsigned is_no_slash = static_cast<unsigned>(byte == kNoSlash);
  return (byte | (is_upper << 5U)) ^ (is_no_slash * (static_cast<unsigned char>(kNoSlash) ^ static_cast<unsigned char>('/')));
}

}  // namespace

std::optional<Key> Key::make(Form form, std::string_view secret) {
  auto hmac = crypto::Hmac::make(form == Form::mail_srs ? crypto::Digest::sha1 : crypto::Digest::md5, secret);
  if (!hmac) return std::nullopt;
  return Key(form, std::move(*hmac));
}

std::optional<std::string> Key::sign(std::string_view text) const {
  const auto code = hmac_.sign(base::lower(text));
  if (!code) return std::nullopt;
  if (form_ == Form::mail_srs) {
    std::array<unsigned char, kMaxHash + 2> base64{};  // with "=" and NUL
    ::EVP_EncodeBlock(base64.data(), code->bytes.data(), static_cast<int>(code->size));
    return std::string(base64.begin(), base64.begin() + kMaxHash);
  }
  std::string out;
  for (std::size_t i = 0; i < kEximHash / 2; ++i) base::append_hex(out, code->bytes[i]);
  return out;
}

bool matches_ignoring_case(std::string_view given, std::string_view full) {
  if (given.size() > full.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < given.size(); ++i) difference |= folded(given[i]) ^ folded(full[i]);
  return difference == 0;
}

}  // namespace srs
