// Runs a server so that all its CPU time can be seen at one process.
//
//   spawn COMMAND...                 runs the command
//   spawn --socket PATH COMMAND...   runs it for each connection to the socket, its standard input and output, like Postfix's
//                                    spawn(8) with a policy server
//
// Orphans of the command become children of this process, so that the time of those that end is counted here.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>

namespace {

[[noreturn]] void run(char** command) {
  execvp(command[0], command);
  std::perror(command[0]);
  _exit(69);
}

// The end of a child only has to interrupt a waiting system call.
void on_signal(int /*signal*/) {}

int serve(const char* path, char** command) {
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 1024) != 0) {
    std::perror(path);
    return 71;
  }
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) {
      if (fork() == 0) {
        dup2(client, 0);
        dup2(client, 1);
        run(command);
      }
      close(client);
    }
    while (waitpid(-1, nullptr, WNOHANG) > 0) {}
  }
}

}  // namespace

int main(int argc, char** argv) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGCHLD, &action, nullptr);
  if (argc > 3 && std::strcmp(argv[1], "--socket") == 0) return serve(argv[2], argv + 3);
  if (argc < 2) {
    std::fputs("usage: spawn [--socket PATH] COMMAND...\n", stderr);
    return 64;
  }
  const pid_t child = fork();
  if (child == 0) run(argv + 1);
  for (;;) {
    const pid_t ended = wait(nullptr);
    if (ended == child) return 0;
  }
}
