#include "common/crypto/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <string>

namespace crypto {

namespace {

struct Free {
  void operator()(EVP_MAC* mac) const { ::EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { ::EVP_MAC_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string name_of(Digest digest) {
  switch (digest) {
    case Digest::md5: return "MD5";
    case Digest::sha1: return "SHA1";
    case Digest::sha256: break;
  }
  return "SHA256";
}

}  // namespace

std::optional<Hmac> Hmac::make(Digest digest, std::string_view secret) {
  const std::unique_ptr<EVP_MAC, Free> mac(::EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  if (!mac) return std::nullopt;
  std::unique_ptr<EVP_MAC_CTX, Free> context(::EVP_MAC_CTX_new(mac.get()));
  std::string name = name_of(digest);
  const std::array parameters = {::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
                                 ::OSSL_PARAM_construct_end()};
  if (!context || ::EVP_MAC_init(context.get(), bytes_of(secret), secret.size(), parameters.data()) != 1) return std::nullopt;
  return Hmac(std::shared_ptr<const EVP_MAC_CTX>(context.release(), Free()));
}

std::optional<Code> Hmac::sign(std::string_view message) const {
  // Copies the keyed state: several threads may sign at the same time, and starting from the secret takes twice as long.
  const std::unique_ptr<EVP_MAC_CTX, Free> context(::EVP_MAC_CTX_dup(keyed_.get()));
  Code code;
  if (!context || ::EVP_MAC_update(context.get(), bytes_of(message), message.size()) != 1 ||
      ::EVP_MAC_final(context.get(), code.bytes.data(), &code.size, code.bytes.size()) != 1) {
    return std::nullopt;
  }
  return code;
}

bool matches(std::string_view given, std::string_view full) {
  if (given.size() > full.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(full[i]));
  }
  return difference == 0;
}

}  // namespace crypto
