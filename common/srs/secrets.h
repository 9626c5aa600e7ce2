// Reads the file of secrets that sign SRS addresses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace srs {

inline constexpr std::size_t kMaxSecretFile = 65536;  // bytes
inline constexpr std::size_t kMaxSecret = 1024;       // bytes

struct Secrets {
  std::vector<std::string> secrets;  // the first one signs, all verify
  // The same lines with their line ends, as srsd and srs of Mail::SRS use them: they verify addresses signed by those programs.
  std::vector<std::string> old_secrets;
};

// Reads one secret per line; trailing blanks are ignored. Skips empty lines and lines that begin with "#". A line with blanks
// before "#", of any kind, is an error, and so is a byte order mark at the beginning. The error is a sentence.
base::Result<Secrets, std::string> parse_secrets(std::string_view text);

}  // namespace srs
