// A name in a folder that is held open, for programs that start as root: what is made, compared or removed under that name is
// reached through the folder's descriptor, and never through a path on which another user could meanwhile put a link.
//
// The folder itself is found by walking its path. Links on the way count only if they belong to root or to us; links that
// anybody else has put there are refused. The last name is never followed.
// Linux; errors are numbers of errno, of which problem_text() makes a sentence.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/io/socket.h"

namespace io {

// Tells one file from another.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;

  friend bool operator==(const FileId&, const FileId&) = default;
};

class Place {
 public:
  static base::Result<Place, int> of(const std::string& path);

  [[nodiscard]] int folder() const { return folder_.get(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  // The status of what has the name, without following it; nothing: the name is free (or cannot be looked at).
  [[nodiscard]] std::optional<struct stat> status() const;
  // Removes the name if it is still that file's.
  void remove(const FileId& file) const;

 private:
  Place(Descriptor folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

  Descriptor folder_;
  std::string name_;
};

// A folder beside a name, in which only we can do anything: whatever is made there has owner, mode and content before it is moved
// to its name. Goes with its owner.
class Workshop {
 public:
  static base::Result<Workshop, int> beside(const Place& place);
  ~Workshop();
  Workshop(Workshop&& other) noexcept = default;
  Workshop& operator=(Workshop&&) = delete;
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  [[nodiscard]] int folder() const { return folder_.get(); }
  // Moves what was made here, under the name of `place`, to its place, atomically. If `replaces` is not set and the name is not
  // free, the error is EEXIST; else what has the name is replaced, which does not follow links either. 0: done.
  [[nodiscard]] int move_to(const Place& place, bool replaces) const;

 private:
  Workshop(Descriptor parent, Descriptor folder, std::string name)
      : parent_(std::move(parent)), folder_(std::move(folder)), name_(std::move(name)) {}

  Descriptor parent_;
  Descriptor folder_;
  std::string name_;
};

FileId id_of(const struct stat& status);
std::string problem_text(int number);

}  // namespace io
