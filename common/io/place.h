// A name in a folder that is held open, for programs that start as root. Files are made, compared and removed through the
// folder's descriptor, never through a path in which another user could put a link meanwhile.
//
// The folder itself is found by walking its path. Only links that belong to root or to us are followed; other links are refused.
// The last name is never followed.
// Linux. Errors are numbers of errno, which problem_text() turns into words.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/io/descriptor.h"

namespace io {

// Identifies a file.
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
  // Returns the status of the file with this name, without following a link; none: the name is free, or cannot be examined.
  [[nodiscard]] std::optional<struct stat> status() const;
  // Removes the name if it still belongs to that file.
  void remove(const FileId& file) const;

 private:
  Place(Descriptor folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

  Descriptor folder_;
  std::string name_;
};

// A folder beside a name, which only we can use. Removed with this object.
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
  // Keeps the folder: another process removes it.
  void abandon() { folder_.close(); }

 private:
  Workshop(Descriptor parent, Descriptor folder, std::string name)
      : parent_(std::move(parent)), folder_(std::move(folder)), name_(std::move(name)) {}

  Descriptor parent_;
  Descriptor folder_;
  std::string name_;
};

// A file of ours. It is made in a workshop, complete with owner, mode and content. publish() moves it to its name, which is
// removed with this object if it still belongs to the file. Until settle() the workshop keeps the file that had the name before,
// and withdraw() gives the name back to that file.
class OwnFile {
 public:
  // `replaces`: the file that has the name now and will be replaced. The error is an errno.
  static base::Result<OwnFile, int> at(Place place, std::optional<FileId> replaces);
  ~OwnFile();
  OwnFile(OwnFile&& other) noexcept = default;
  OwnFile& operator=(OwnFile&&) = delete;
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;

  // Return the folder and the name under which the caller makes the file.
  [[nodiscard]] int workshop() const { return workshop_.folder(); }
  [[nodiscard]] const std::string& name() const { return place_.name(); }
  // Returns the folder of its final name.
  [[nodiscard]] int folder() const { return place_.folder(); }
  // Records that the file has been made. Returns 0 or an errno.
  [[nodiscard]] int made();
  // Moves the file to its name, atomically and without following links. Returns 0 or an errno; EEXIST: the name belongs to
  // another file than the one to be replaced.
  [[nodiscard]] int publish();
  void withdraw();
  // Removes the workshop, and the file that was replaced.
  void settle();
  // Leaves publish() and settle() to a forked copy of this process.
  void leave_to_other() { workshop_.abandon(); }
  // Returns whether another file has the name by now.
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
  Descriptor open_ = {};  // the file; while it is open, no other file gets its id
  bool has_exchanged_ = false;
};

FileId id_of(const struct stat& status);
// The problem of a name that is a link where a file of ours is expected.
inline constexpr std::string_view kIsLink = "is a link, and links are not followed";
std::string problem_text(int number);

}  // namespace io
