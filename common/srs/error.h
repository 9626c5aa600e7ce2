// Why an address was not rewritten, or not turned back.
#pragma once

#include <cstdint>
#include <string>

namespace srs {

enum class Check : std::uint8_t {
  // of any address
  at_sign,     // none, or one in the local part too
  local_part,  // none, or its quotes do not close
  domain,      // no domain name, nor address literal
  characters,  // control characters, blanks outside quotes, or bytes that are not UTF-8
  // of what was to become an SRS address
  alias,              // no domain to rewrite into
  local_part_length,  // it would have become too long
  path_length,
  // of what should be an SRS address of ours
  tag,         // it is no SRS address
  own_domain,  // it is another host's
  fields,      // one is missing, or what it stands for is no address
  hash_length,
  hash,
  stamp_form,
  stamp_future,
  stamp_age,
  // of libcrypto
  digest,
};

struct Error {
  Check check = Check::hash;
  std::string text;  // a sentence without full stop; shows nothing of the address
};

}  // namespace srs
