// What mail servers ask a rewriter of senders, whatever protocol it comes by, and the reply.
#pragma once

#include <cstdint>
#include <string>

#include "common/srs/rewriter.h"

namespace protocol {

struct SrsRequest {
  enum class Kind : std::uint8_t {
    forward,
    reverse,
    too_long,  // so long that it cannot be an address
    invalid,   // no request of the protocol, or of a map that there is not
  };
  Kind kind = Kind::invalid;
  std::string address;
  std::string alias;  // of forward; empty: the protocol does not say it
  std::string error;  // of too_long and invalid: a sentence
};

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
  std::string text;  // an address for ok and unchanged, else a sentence; of unchanged, `reason` is the sentence
  std::string reason;
};

// What an address is not turned back for is `not_found`, not an error: a mail server then goes on with the address as it is,
// and finds no such user, while an error would make it keep the message and try again.
SrsReply answer(const SrsRequest& request, const srs::Rewriter& rewriter, std::uint64_t day);

// Which way a map goes whose protocol or name does not say it.
enum class SrsMap : std::uint8_t { forward, reverse };

// The sentence of a reply, and an address in a place that cannot hold line ends: without control characters.
std::string without_controls(std::string_view text);

}  // namespace protocol
