// The last step of a start: the sockets and the pid file, made under private names, get their names, and the servers that had the
// sockets' names are told to end. Either all files get their names, or none does and the other servers stay reachable.
//
// Root is given up before, so that a start that fails there has touched nothing. Names in a folder of root's need rights that are
// gone by then: a child process, forked before, keeps them and does this step.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "common/io/place.h"
#include "spfd/descriptor.h"
#include "spfd/unix_socket.h"

namespace spfd {

struct Dismissal {
  pid_t pid = 0;
  int problem = 0;  // 0: the server was told to end; else see dismissal_problem()
};

struct Published {
  int problem = 0;       // 0, or the errno of the file that did not get its name
  std::size_t file = 0;  // the index of that file
  std::vector<Dismissal> dismissals = {};
};

class Publication {
 public:
  // The files must stay where they are until publish() has returned.
  Publication(std::vector<io::OwnFile*> files, std::vector<Predecessor> predecessors)
      : files_(std::move(files)), predecessors_(std::move(predecessors)) {}
  // Without publish(): the files are removed.
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  // Forks the child, which has the rights of now. 0, or an errno.
  [[nodiscard]] int keep_rights();
  Published publish();

 private:
  Published publish_here();
  [[noreturn]] void serve();
  void end_child();

  std::vector<io::OwnFile*> files_;
  std::vector<Predecessor> predecessors_;
  Descriptor channel_;  // to the child
  pid_t child_ = -1;
};

}  // namespace spfd
