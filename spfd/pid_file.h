// The file that holds our process id while we run.
#pragma once

#include <optional>
#include <string>

#include "common/io/place.h"
#include "spfd/options.h"

namespace spfd {

class PidFile {
 public:
  PidFile() = default;
  // Removes it, if it is still the same file: it may be that of a successor by now.
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

  // Makes it anew. A file that is there is replaced, never written to; anything but a regular file is refused. No path: nothing
  // is done. EX_CANTCREAT.
  std::optional<StartError> write(const std::string& path);

 private:
  std::optional<io::Place> place_;
  io::FileId file_;
};

}  // namespace spfd
