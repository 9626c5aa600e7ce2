// The sender rewriting scheme (SRS): a forwarder wraps the original sender, signed and dated, in an address of its own domain,
// and reverses this for bounces. The format is that of Mail::SRS, libsrs2 and postsrsd:
//   SRS0=HASH=TT=domain=local@us   a sender, wrapped by us
//   SRS1=HASH=host=rest@us         an SRS0 address of another host: bounces go to that host, which can reverse it
// A local part that needs quotes becomes one quoted-string, so that every address conforms to RFC 5321 §4.1.2. Mail::SRS leaves
// the quotes inside the local part, which does not conform, and signs them too. Both forms verify.
// The first separator is one of = + -, and that of an SRS0 address is the first character of `rest`.
// HASH: the first characters of base64(HMAC-SHA1(secret, TT domain local)), or of (host rest). The signed text is in lower case
// and has nothing between the parts, so the owner of one valid address can move the borders between its parts, or use the hash of
// an SRS1 address, which has no date, for an SRS0 address of any day. The format offers no remedy: a key for each kind would end
// the sharing of secrets with other programs, and no local part can be refused, since almost every SRS1 address is ambiguous.
// Pure: the day is an argument. One object may serve several threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/srs/config.h"
#include "common/srs/domain_set.h"
#include "common/srs/error.h"
#include "common/srs/hash.h"
#include "common/srs/stamp.h"

namespace srs {

struct Address;

struct Forwarded {
  enum class Outcome : std::uint8_t {
    rewritten,
    null_sender,   // a bounce, which has no sender to rewrite
    own_domain,    // the sender is in one of our domains
    excluded,      // the configuration excludes the sender's domain
    already_ours,  // the sender is a valid SRS address of ours
  };
  Outcome outcome = Outcome::rewritten;
  std::string address;  // the new address, or the original sender if it is not rewritten
  std::string warning;  // why some servers may refuse the new address; empty if there is no reason
};

// Returns the outcome as a sentence without full stop.
std::string_view outcome_text(Forwarded::Outcome outcome);

class Rewriter {
 public:
  // Checks the configuration; the error says what is wrong with it.
  static base::Result<Rewriter, std::string> make(Config config);

  // Rewrites the sender of a message that is forwarded by `alias`, an address or domain of ours, which may be empty if there is a
  // rewriting domain. The null sender may be empty, <> or ""; other senders have no angle brackets.
  [[nodiscard]] base::Result<Forwarded, Error> forward(std::string_view sender, std::string_view alias, std::uint64_t day) const;
  // Reverses the recipient address of a bounce. An SRS1 address becomes the other host's SRS0 address.
  [[nodiscard]] base::Result<std::string, Error> reverse(std::string_view address, std::uint64_t day) const;
  // Returns whether the address, valid or not, is an SRS address of ours in any spelling that a mail server may understand: with
  // quotes and backslashes anywhere, after a route or a bang path, without a domain, or with characters that are not allowed.
  [[nodiscard]] bool looks_like_ours(std::string_view address) const;
  // Returns the original sender if `sender` is a valid SRS address of ours, otherwise nothing. A message that we forwarded may
  // return to us; then SPF (RFC 7208 §2.4) is checked for its original sender.
  [[nodiscard]] std::optional<std::string> original_sender(std::string_view sender, std::uint64_t day) const;

  friend bool operator==(const Rewriter&, const Rewriter&) = default;

 private:
  using Text = base::Result<std::string, Error>;

  explicit Rewriter(Config config) : config_(std::move(config)) {}
  [[nodiscard]] Text target_for(std::string_view alias) const;
  [[nodiscard]] Text new_local_part(const Address& sender, std::uint64_t day) const;
  [[nodiscard]] Text signature(std::string_view text) const;
  [[nodiscard]] Text reverse_srs0(std::string_view local, bool was_quoted, std::uint64_t day) const;
  [[nodiscard]] Text reverse_srs1(std::string_view local, bool was_quoted) const;
  [[nodiscard]] bool verifies(std::string_view hash, std::string_view text) const;
  [[nodiscard]] bool verifies_as_exim(std::string_view hash, std::string_view text) const;
  [[nodiscard]] std::optional<Error> check_hash_length(std::string_view hash) const;

  Config config_;          // without the secrets
  std::vector<Key> keys_;  // the first one signs
  std::vector<Key> exim_keys_;
  std::map<std::string, std::string, std::less<>> targets_;  // rewriting domains by comparable_domain() of the alias
  DomainSet own_;
  DomainSet excluded_;
};

}  // namespace srs
