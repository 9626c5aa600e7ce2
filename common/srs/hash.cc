#include "common/srs/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>

#include "common/base/hex.h"
#include "common/base/text.h"

namespace srs {

namespace {

struct Free {
  void operator()(EVP_MAC* mac) const { ::EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { ::EVP_MAC_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Has no branches, so that the time taken reveals nothing.
unsigned folded(char c) {
  const auto byte = static_cast<unsigned char>(c);
  const unsigned is_upper = static_cast<unsigned>(byte >= 'A') & static_cast<unsigned>(byte <= 'Z');
  const unsigned is_no_slash = static_cast<unsigned>(byte == kNoSlash);
  return (byte | (is_upper << 5U)) ^ (is_no_slash * (static_cast<unsigned char>(kNoSlash) ^ static_cast<unsigned char>('/')));
}

}  // namespace

std::optional<Key> Key::make(Form form, std::string_view secret) {
  const std::unique_ptr<EVP_MAC, Free> mac(::EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  if (!mac) return std::nullopt;
  std::unique_ptr<EVP_MAC_CTX, Free> context(::EVP_MAC_CTX_new(mac.get()));
  std::string digest = form == Form::mail_srs ? "SHA1" : "MD5";
  const std::array parameters = {::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                 ::OSSL_PARAM_construct_end()};
  if (!context || ::EVP_MAC_init(context.get(), bytes_of(secret), secret.size(), parameters.data()) != 1) return std::nullopt;
  return Key(form, std::shared_ptr<const EVP_MAC_CTX>(context.release(), Free()));
}

std::optional<std::string> Key::sign(std::string_view text) const {
  // Copies the keyed state: several threads may sign at the same time, and starting from the secret takes twice as long.
  const std::unique_ptr<EVP_MAC_CTX, Free> context(::EVP_MAC_CTX_dup(keyed_.get()));
  const std::string message = base::lower(text);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  if (!context || ::EVP_MAC_update(context.get(), bytes_of(message), message.size()) != 1 ||
      ::EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) != 1) {
    return std::nullopt;
  }
  if (form_ == Form::mail_srs) {
    std::array<unsigned char, kMaxHash + 2> base64{};  // with "=" and NUL
    ::EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
    return std::string(base64.begin(), base64.begin() + kMaxHash);
  }
  std::string out;
  for (std::size_t i = 0; i < kEximHash / 2; ++i) base::append_hex(out, digest[i]);
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
