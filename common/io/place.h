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

// A folder beside a name, in which only we can do anything. Is removed with its owner.
class Workshop {
 public:
  static base::Result<Workshop, int> beside(const Place& place);
  ~Workshop();
  Workshop(Workshop&& other) noexcept = default;
  Workshop& operator=(Workshop&&) = delete;
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  [[nodiscard]] int folder() const { return folder_.get(); }
  void remove();
  // Leaves the folder where it is: another process removes it.
  void abandon() { folder_ = Descriptor(); }

 private:
  Workshop(Descriptor parent, Descriptor folder, std::string name)
      : parent_(std::move(parent)), folder_(std::move(folder)), name_(std::move(name)) {}

  Descriptor parent_;
  Descriptor folder_;
  std::string name_;
};

// A file of ours. It is made in a workshop, complete with owner, mode and content; publish() moves it to its name, which is
// removed with its owner if it is still that file's. Until settle() the workshop keeps the file that had the name, and withdraw()
// gives the name back.
class OwnFile {
 public:
  // `replaces`: the file that has the name now, to be replaced. The error is an errno.
  static base::Result<OwnFile, int> at(Place place, std::optional<FileId> replaces);
  ~OwnFile();
  OwnFile(OwnFile&& other) noexcept = default;
  OwnFile& operator=(OwnFile&&) = delete;
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;

  // The file is made in this folder, under this name.
  [[nodiscard]] int workshop() const { return workshop_.folder(); }
  [[nodiscard]] const std::string& name() const { return place_.name(); }
  // Remembers the file that was made. 0, or an errno.
  [[nodiscard]] int made();
  // Moves the file to its name, atomically and without following links. 0, or an errno; EEXIST: another file than the one to be
  // replaced has the name.
  [[nodiscard]] int publish();
  void withdraw();
  // Removes the workshop, and the file that was replaced.
  void settle();
  // Another process, a copy of this one, publishes and settles.
  void leave_to_other() { workshop_.abandon(); }
  // Another file has the name by now.
  [[nodiscard]] bool is_taken() const;
  [[nodiscard]] bool is_at_place_of(const OwnFile& other) const;

 private:
  OwnFile(Place place, Workshop workshop, std::optional<FileId> replaces)
      : place_(std::move(place)), workshop_(std::move(workshop)), replaces_(replaces) {}
  [[nodiscard]] bool has_name() const;
  [[nodiscard]] int exchange() const;

  Place place_;
  Workshop workshop_;
  std::optional<FileId> replaces_;
  std::optional<FileId> file_ = {};
  Descriptor open_ = {};  // the file: while it is open, no other file gets its id
  bool has_exchanged_ = false;
};

FileId id_of(const struct stat& status);
std::string problem_text(int number);

}  // namespace io
