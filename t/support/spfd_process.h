// The built spfd as a child process, and a client that asks it: for the tests of the daemon, of whole suites and of MTAs.
//
// The program is $BUILD/bin/spfd (build/bin/spfd without BUILD). All waits are bounded; a wait that ends in vain throws.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace support {

inline constexpr std::chrono::seconds kPatience{30};

// Calls until it gives true, or throws after kPatience.
void wait_until(std::string_view what, const std::function<bool()>& condition);

// A folder in /tmp that goes with its owner.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  // Writes a file into it; returns its path.
  std::string write(const std::string& name, std::string_view text) const;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string slurp(const std::string& path);

// The path of a built program.
std::string program(const std::string& name);

struct Finished {
  int exit_code = -1;  // 128 + number when a signal ended it
  std::string output;
  std::string errors;
};
// Runs a program to its end.
Finished run(const std::string& path, const std::vector<std::string>& arguments);

// One connection to a server.
class Client {
 public:
  // "unix:/path" or "inet:127.0.0.1:5970".
  explicit Client(const std::string& address);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False when the server has closed.
  bool send(std::string_view bytes);
  void end_of_input();  // shutdown(SHUT_WR), as Exim does
  // Up to and with the empty line that ends an answer; what came, when the server closes before.
  std::string read_answer();
  // Up to and with the character, likewise.
  std::string read_until(char last);
  std::string read_to_end();
  // Something to read, or the end, comes within this time.
  [[nodiscard]] bool is_readable(std::chrono::milliseconds wait) const;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  bool fill();
  int fd_ = -1;
  std::string buffer_;
};

using Answer = std::map<std::string, std::string>;
// The lines of an answer.
Answer parse_answer(std::string_view text);

class SpfdProcess {
 public:
  struct Settings {
    // Beside --listen, --hostname mx.example.org, and --config and --nameserver with nothing behind them if none are here.
    std::vector<std::string> arguments = {};
    bool own_name_servers = false;                        // no --nameserver is added
    std::string zone = {};                                // text of a zone file, given with --zone
    std::optional<rlim_t> descriptors = {};               // RLIMIT_NOFILE
    bool on_tcp = false;                                  // at a port of 127.0.0.1 that the kernel chooses; else a UNIX socket
    std::map<std::string, std::string> environment = {};  // added
    // Stdout and stderr of the process, instead of the file that log() reads. The process is ready when it accepts connections.
    std::optional<int> log_to = {};
  };

  // Returns when it is ready to answer. Throws with the log when it ends instead.
  explicit SpfdProcess(Settings settings);
  // Stops it; aborts when it does not stop, ends with another code than 0, or a sanitizer has written to its log.
  ~SpfdProcess();
  SpfdProcess(const SpfdProcess&) = delete;
  SpfdProcess& operator=(const SpfdProcess&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::string socket_path() const { return folder_ / "spfd.sock"; }
  [[nodiscard]] std::string zone_path() const { return folder_ / "zone"; }
  [[nodiscard]] const TempFolder& folder() const { return folder_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool is_running() const;
  [[nodiscard]] std::string log() const;
  // Waits until the log holds the text.
  void wait_for_log(std::string_view text) const;

  // As ${readsocket{...}}: connect, write, shut down writing, read to the end.
  [[nodiscard]] std::string ask(std::string_view question) const;
  [[nodiscard]] Answer answer(std::string_view question) const { return parse_answer(ask(question)); }

  void signal(int number) const;
  // Waits for its end; the exit code, 128 + number when a signal ended it.
  int wait();
  int stop();
  // Resident memory in bytes.
  [[nodiscard]] std::size_t resident() const;

 private:
  void give_up(const char* why) const;

  TempFolder folder_;
  std::string address_;
  pid_t pid_ = -1;
};

}  // namespace support
