// A mail server's request to rewrite a sender, whatever protocol it came by, and the reply (srs_answer.h makes it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/enums.h"
#include "common/spf/result.h"

namespace receiver {

struct SrsRequest {
  enum class Kind : std::uint8_t {
    forward,
    reverse,
    too_long,  // so long that it cannot be an address
    invalid,   // no request of the protocol, or of a map that there is not
  };
  Kind kind = Kind::invalid;
  std::string address;
  std::string alias;                    // of forward; empty: the protocol does not say it
  std::string error;                    // of too_long and invalid: a sentence
  std::optional<spf::Result> spf = {};  // of forward: what the message was found to be; nothing: the protocol does not say it
  // The address as a rule set of Sendmail has it, `user<@example.org.>`; empty: it came as an address. The answer has its form.
  std::string in_rule_set = {};

  friend bool operator==(const SrsRequest&, const SrsRequest&) = default;
};
constexpr std::string_view srs_kind_name(SrsRequest::Kind kind) {
  switch (kind) {
    case SrsRequest::Kind::forward: return "forward";
    case SrsRequest::Kind::reverse: return "reverse";
    case SrsRequest::Kind::too_long: return "too-long";
    case SrsRequest::Kind::invalid: return "invalid";
  }
  return "";
}

struct SrsReply {
  enum class Kind : std::uint8_t {
    ok,         // the new address
    unchanged,  // the address as it was asked for: there is nothing to do
    not_found,  // it is no address that could be rewritten or turned back
    temporary,  // ask again later
    timeout,
    permanent,  // the request is wrong
  };
  Kind kind = Kind::permanent;
  std::string text;    // an address for ok and unchanged, else a sentence
  std::string reason;  // of unchanged: a sentence; of ok: what made it necessary, where that was looked up, and warnings
  std::string in_rule_set = {};  // that of the request

  friend bool operator==(const SrsReply&, const SrsReply&) = default;
};
constexpr std::string_view srs_reply_name(SrsReply::Kind kind) {
  switch (kind) {
    case SrsReply::Kind::ok: return "ok";
    case SrsReply::Kind::unchanged: return "unchanged";
    case SrsReply::Kind::not_found: return "not-found";
    case SrsReply::Kind::temporary: return "temporary";
    case SrsReply::Kind::timeout: return "timeout";
    case SrsReply::Kind::permanent: return "permanent";
  }
  return "";
}
inline constexpr std::size_t kSrsReplies = base::count_named(srs_reply_name);

}  // namespace receiver
