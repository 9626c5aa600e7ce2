// The last step of a start. Sockets and pid file, which were made under private names, get their names, and the servers whose
// sockets they replace are asked to end. Either all files get their names, or none does and the other servers stay reachable.
//
// Root is given up before this step, so that a start that fails there has changed nothing. Names in a folder of root's need
// rights that are gone by then: a child process, forked before, keeps them and does this step.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "common/io/descriptor.h"
#include "common/io/place.h"
#include "common/service/unix_socket.h"
#include "spfd/config/start_error.h"

namespace spfd {

struct Dismissal {
  pid_t pid = 0;
  int problem = 0;  // 0: the server was asked to end; else see dismissal_problem()
};

struct Published {
  int problem = 0;       // 0, or the errno of the file that did not get its name
  std::size_t file = 0;  // the index of that file
  std::vector<Dismissal> dismissals = {};
};

class Publication {
 public:
  // The files must not move in memory until publish() has returned.
  Publication(std::vector<io::OwnFile*> files, std::vector<Predecessor> predecessors)
      : files_(std::move(files)), predecessors_(std::move(predecessors)) {}
  // Removes the files if publish() was not called.
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  // Forks the child, which keeps the present rights. Returns 0 or an errno.
  [[nodiscard]] int keep_rights();
  Published publish();

 private:
  Published publish_here();
  [[noreturn]] void serve();
  void end_child();

  std::vector<io::OwnFile*> files_;
  std::vector<Predecessor> predecessors_;
  io::Descriptor channel_;  // to the child
  pid_t child_ = -1;
};

}  // namespace spfd
