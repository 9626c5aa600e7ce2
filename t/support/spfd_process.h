// Runs the built spfd as a child process, with a client that asks it: for the tests of the daemon, of whole suites and of MTAs.
//
// The program is $BUILD/bin/spfd (build/bin/spfd without BUILD). All waits are bounded and throw when the time is over.
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

#include "common/io/descriptor.h"

namespace support {

inline constexpr std::chrono::seconds kPatience{30};

// Calls `condition` until it returns true. Throws after kPatience.
void wait_until(std::string_view what, const std::function<bool()>& condition);

// A folder in /tmp that is deleted with its object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  // Writes a file into the folder and returns its path.
  std::string write(const std::string& name, std::string_view text) const;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string slurp(const std::string& path);

// Returns the path of a built program.
std::string program(const std::string& name);

struct Finished {
  int exit_code = -1;  // 128 + number if a signal ended it
  std::string output;
  std::string errors;
};
// Runs a program to its end.
Finished run(const std::string& path, const std::vector<std::string>& arguments);

// Creates a listening UNIX socket that belongs to somebody else.
io::Descriptor listen_at(const std::string& path);

// One connection to a server.
class Client {
 public:
  // The address is "unix:/path" or "inet:127.0.0.1:5970".
  explicit Client(const std::string& address);

  // Returns false if the server has closed.
  bool send(std::string_view bytes);
  void end_of_input();  // shutdown(SHUT_WR), as Exim does
  // Reads up to the empty line that ends an answer, inclusive. Returns less if the server closes before it.
  std::string read_answer();
  // Reads up to this character, inclusive. Returns less if the server closes before it.
  std::string read_until(char last);
  std::string read_to_end();
  // Returns whether there is something to read, or the end, within this time.
  [[nodiscard]] bool is_readable(std::chrono::milliseconds wait) const;
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  bool fill();
  io::Descriptor socket_;
  std::string buffer_;
};

using Answer = std::map<std::string, std::string>;
// Splits an answer into its lines.
Answer parse_answer(std::string_view text);

class SpfdProcess {
 public:
  struct Settings {
    // Added to --listen and --hostname mx.example.org. Without --config or --nameserver here, those two get empty values; without
    // --sandbox, it is required where the machine allows it.
    std::vector<std::string> arguments = {};
    bool own_name_servers = false;           // does not add --nameserver
    std::string zone = {};                   // text of a zone file, given with --zone
    std::optional<rlim_t> descriptors = {};  // RLIMIT_NOFILE
    bool on_tcp = false;                     // listens at a port of 127.0.0.1 that the kernel chooses, instead of a UNIX socket
    std::map<std::string, std::string> environment = {};  // added to that of the test
    // Stdout and stderr of the process, instead of the file that log() reads. Then the process is ready when it accepts
    // connections.
    std::optional<int> log_to = {};
  };

  // Returns when the process is ready to answer. Throws with its log if it ends before.
  explicit SpfdProcess(Settings settings);
  // Stops the process. Aborts if it does not stop, ends with an exit code other than 0, or has a sanitizer's or
  // the sandbox's report in its log.
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
  // Waits until the log contains the text.
  void wait_for_log(std::string_view text) const;

  // Asks in the way of Exim's ${readsocket{...}}: connects, writes, shuts down writing, reads to the end.
  [[nodiscard]] std::string ask(std::string_view question) const;
  [[nodiscard]] Answer answer(std::string_view question) const { return parse_answer(ask(question)); }

  void signal(int number) const;
  // Waits for the end of the process. Returns the exit code, or 128 + number if a signal ended it.
  int wait();
  int stop();
  // Returns the resident memory in bytes.
  [[nodiscard]] std::size_t resident() const;

 private:
  void give_up(const char* why) const;

  TempFolder folder_;
  std::string address_;
  pid_t pid_ = -1;
};

}  // namespace support
