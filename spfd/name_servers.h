// The name servers in force: those of the options, or those of resolv.conf, which is read again when it changes. While it cannot
// be read, the servers stay. Logs which they are, and when one stops answering or answers again.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/io/guarded.h"
#include "common/io/name_server.h"

namespace spfd {

class NameServers {
 public:
  using List = std::vector<io::NameServer>;

  // The interval at which resolv.conf is checked for changes.
  static constexpr std::chrono::seconds kInterval{5};
  // Lines logged per server and minute when it stops or resumes answering; further changes are not logged.
  static constexpr int kMaxLines = 6;

  // An empty `configured` means the servers of resolv.conf.
  explicit NameServers(List configured);

  [[nodiscard]] const List& in_force() const { return in_force_; }
  // Returns the servers in force as a list, with a mark at those that are silent.
  [[nodiscard]] std::string text();
  [[nodiscard]] bool follows_system() const { return configured_.empty(); }

  // Each returns the new servers in force if they differ from the previous ones.
  std::optional<List> look_again();
  std::optional<List> reload(List configured);

  // Records that a worker's resolver gets no more answers from a server, or gets answers again. May be called from any thread.
  void on_change(const io::NameServer& server, bool is_down);

 private:
  struct Watched {
    io::NameServer server;
    int down = 0;  // workers that get no answers from it
    std::chrono::steady_clock::time_point minute_begin;
    int lines = 0;  // in that minute
  };

  std::optional<List> use(List servers);
  std::optional<List> use_system();
  std::optional<List> read_system();
  void log_in_force() const;

  List configured_;
  io::ResolvConfWatch watch_;
  List in_force_;
  bool is_unreadable_ = false;  // resolv.conf could not be read the last time
  io::Guarded<std::vector<Watched>> watched_;
};

}  // namespace spfd
