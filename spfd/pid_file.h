// The file that holds our process id while we run.
#pragma once

#include <optional>
#include <string>

#include "common/io/place.h"
#include "spfd/config/start_error.h"

namespace spfd {

// Returns the error for an errno.
StartError pid_file_error(const std::string& path, int problem);

class PidFile {
 public:
  // Writes a new file, which has no name until it is published. Publishing replaces an existing regular file, and never writes to
  // it; if anything else has the name, the error is EX_CANTCREAT. Does nothing if the path is empty.
  std::optional<StartError> write(const std::string& path);
  // Returns null without a path. The name is removed with this object if it is still the name of our file: by then it may be that
  // of a successor.
  [[nodiscard]] io::OwnFile* file() { return file_ ? &*file_ : nullptr; }

 private:
  std::optional<io::OwnFile> file_;
};

}  // namespace spfd
