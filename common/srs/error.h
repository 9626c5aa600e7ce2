// The reasons why an address was not rewritten or not reversed.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "common/base/result.h"

namespace srs {

enum class Reason : std::uint8_t {
  // any address
  at_sign,     // missing, or there is another one in the local part
  local_part,  // missing, or its quotes are not closed
  domain,      // neither a domain name nor an address literal
  characters,  // control characters, blanks outside quotes, or bytes that are not UTF-8
  // rewriting
  alias,              // there is no domain to rewrite into
  local_part_length,  // the new local part would be too long
  path_length,        // the new address would be too long
  // reversing
  tag,           // not an SRS address
  own_domain,    // an SRS address of another host
  fields,        // one is missing, or the original is not an address
  hash_length,   // shorter than Config::hash_min
  hash,          // wrong
  stamp_form,    // not a day stamp
  stamp_future,  // a day in the future
  stamp_age,     // too old
  // libcrypto failed
  digest,
};

struct Error {
  Reason reason = Reason::hash;
  std::string text;  // a sentence without full stop; contains no part of the address
};

inline base::Failure<Error> refuse(Reason reason, std::string text) { return base::failure(Error{reason, std::move(text)}); }

}  // namespace srs
