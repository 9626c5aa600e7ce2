// The sender rewriting scheme (SRS): a forwarder puts the original sender, signed and dated, into an address of its own, and
// turns the bounces back. The format is that of Mail::SRS, libsrs2 and postsrsd:
//   SRS0=HASH=TT=domain=local@us   a sender in an address of ours
//   SRS1=HASH=host=rest@us         an SRS0 address of another host: bounces go to that host, which knows the sender
// A local part that needs quotes becomes one quoted-string as a whole, so that each address is one of RFC 5321 §4.1.2; Mail::SRS
// leaves the quotes inside, which is no address, and signs them too. Both verify.
// The first separator is one of = + -, and that of an SRS0 address is the first character of `rest`.
// HASH: the first characters of base64(HMAC-SHA1(secret, TT domain local)), or of (host rest), of the text in lower case with
// nothing between the parts. So whoever has one valid address can move the borders between its parts; the format has no
// remedy for it.
// Pure: the day is an argument. One object may serve many threads.
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
    null_sender,   // a bounce: it has no sender to rewrite
    own_domain,    // the sender is ours
    excluded,      // by configuration
    already_ours,  // a valid SRS address of ours
  };
  Outcome outcome = Outcome::rewritten;
  std::string address;  // as it was given, unless rewritten
  std::string warning;  // a sentence: why some servers may refuse the new address; or empty
};

// A sentence without full stop.
std::string_view outcome_text(Forwarded::Outcome outcome);

class Rewriter {
 public:
  // The error is a sentence about the configuration.
  static base::Result<Rewriter, std::string> make(Config config);

  // The sender of a message that goes on because of `alias`, an address or domain of ours; it may be empty where there is a
  // rewriting domain. The null sender is empty, <> or ""; no other sender has <> around it.
  [[nodiscard]] base::Result<Forwarded, Error> forward(std::string_view sender, std::string_view alias, std::uint64_t day) const;
  // The recipient of a bounce. An SRS1 address becomes the other host's SRS0 address.
  [[nodiscard]] base::Result<std::string, Error> reverse(std::string_view address, std::uint64_t day) const;
  // Whom a sender stands for if it is a valid SRS address of ours: a message that we sent on has come back to us, and its SPF
  // check (RFC 7208 §2.4) is to be that of the original sender. Nothing for all other senders.
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

  Config config_;          // without its secrets
  std::vector<Key> keys_;  // the first one signs
  std::vector<Key> exim_keys_;
  std::map<std::string, std::string, std::less<>> targets_;  // rewriting domains by comparable_domain() of the alias
  DomainSet own_;
  DomainSet excluded_;
};

}  // namespace srs
