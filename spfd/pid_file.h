// The file that holds our process id while we run.
#pragma once

#include <optional>
#include <string>

#include "common/io/place.h"
#include "spfd/start_error.h"

namespace spfd {

// The sentence for an errno.
StartError pid_file_error(const std::string& path, int problem);

class PidFile {
 public:
  // Writes a new file, which has no name until it is published. Then a file that is there is replaced, never written to; anything
  // but a regular file is refused. No path: nothing is done. EX_CANTCREAT.
  std::optional<StartError> write(const std::string& path);
  // Null without a path. Its name is removed with it, if it is still the same file: it may be that of a successor by then.
  [[nodiscard]] io::OwnFile* file() { return file_ ? &*file_ : nullptr; }

 private:
  std::optional<io::OwnFile> file_;
};

}  // namespace spfd
