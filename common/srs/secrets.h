// The secrets that sign SRS addresses, as they stand in a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace srs {

inline constexpr std::size_t kMaxSecretFile = 65536;  // bytes
inline constexpr std::size_t kMaxSecret = 1024;       // bytes

struct Secrets {
  std::vector<std::string> secrets;  // the first one signs, all of them verify
  // The same lines as srsd and srs of Mail::SRS read them, with their line ends: they verify what those have signed.
  std::vector<std::string> old_secrets;
};

// One secret a line; blanks at its end do not count. Empty lines and lines that begin with "#" are skipped. The error is a
// sentence.
base::Result<Secrets, std::string> parse_secrets(std::string_view text);

}  // namespace srs
