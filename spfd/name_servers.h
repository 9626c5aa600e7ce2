// The name servers in force: those of the options, or of resolv.conf, which is read again when it changes. Says in the log which
// they are, and when one stops answering or answers again.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "common/io/guarded.h"
#include "common/io/name_server.h"

namespace spfd {

class NameServers {
 public:
  using List = std::vector<io::NameServer>;

  // How often resolv.conf should be looked at.
  static constexpr std::chrono::seconds kInterval{5};
  // Lines per server and minute about its coming and going; further changes are not logged.
  static constexpr int kMaxLines = 6;

  // configured: empty: those of resolv.conf.
  explicit NameServers(List configured);

  [[nodiscard]] const List& in_force() const { return in_force_; }
  [[nodiscard]] bool follows_system() const { return configured_.empty(); }

  // Both return the servers from now on, if they are not the same as before.
  std::optional<List> look_again();
  std::optional<List> reload(List configured);

  // A worker's resolver got no answers from a server any more, or got one again. From any thread.
  void on_change(const io::NameServer& server, bool is_down);

 private:
  struct Watched {
    io::NameServer server;
    int down = 0;  // workers that get no answers
    std::chrono::steady_clock::time_point minute_begin;
    int lines = 0;  // in that minute
  };

  std::optional<List> use(List servers);
  void log_in_force() const;

  List configured_;
  io::ResolvConfWatch watch_;
  List in_force_;
  io::Guarded<std::vector<Watched>> watched_;
};

}  // namespace spfd
