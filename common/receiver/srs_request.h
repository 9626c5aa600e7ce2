// A request to rewrite a sender or to reverse that, independent of the protocol, and the reply (see srs_answer.h).
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
    too_long,  // too long to be an address
    invalid,   // violates the protocol, or names a map that does not exist
    given_up,  // was not completed in time
  };
  Kind kind = Kind::invalid;
  std::string address;
  std::string alias;                    // forward: empty if the protocol does not convey it
  std::string error;                    // too_long, invalid and given_up: a sentence
  std::optional<spf::Result> spf = {};  // forward: the SPF result of the message; empty if the protocol does not convey it
  // The address in the form of a Sendmail rule set, `user<@example.org.>`, which the answer also uses; empty for other requests.
  std::string in_rule_set = {};

  friend bool operator==(const SrsRequest&, const SrsRequest&) = default;
};
inline SrsRequest invalid_request(std::string_view why) { return {SrsRequest::Kind::invalid, {}, {}, std::string(why)}; }
constexpr std::string_view srs_kind_name(SrsRequest::Kind kind) {
  switch (kind) {
    case SrsRequest::Kind::forward: return "forward";
    case SrsRequest::Kind::reverse: return "reverse";
    case SrsRequest::Kind::too_long: return "too-long";
    case SrsRequest::Kind::invalid: return "invalid";
    case SrsRequest::Kind::given_up: return "given-up";
  }
  return "";
}

struct SrsReply {
  enum class Kind : std::uint8_t {
    ok,         // the address was rewritten or reversed
    unchanged,  // there is nothing to do
    not_found,  // the address cannot be rewritten or reversed
    temporary,  // ask again later
    timeout,
    permanent,  // the request is invalid
  };
  Kind kind = Kind::permanent;
  std::string text;              // ok and unchanged: the address; else a sentence
  std::string reason;            // unchanged: a sentence; ok: the predicted SPF result, if it was looked up, and warnings
  std::string in_rule_set = {};  // SrsRequest::in_rule_set

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
