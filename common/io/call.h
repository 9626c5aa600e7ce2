// One request to a server, with a connection of its own: sends bytes, and reads the answer until it is complete or the connection
// ends. It tries the addresses of the server one after the other.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/io/descriptor.h"
#include "common/io/loop.h"
#include "common/io/server_address.h"
#include "common/io/socket.h"

namespace io {

// A server and its socket addresses, which are looked up once.
struct Server {
  std::string name;                                                 // for messages
  base::Result<std::vector<SocketAddress>, std::string> addresses;  // or why there are none

  // May block for a while.
  explicit Server(const ServerAddress& address);
};

class Call {
 public:
  // Called once, from the loop, with the answer or a sentence without its full stop. It may destroy the call.
  using Done = std::function<void(base::Result<std::string, std::string>)>;

  static constexpr std::size_t kMaxAnswer = std::size_t{1} << 20;  // bytes

  // `server` must outlive the call; destroying the call drops it, and `done` is not called. `timeout`: for the whole call.
  Call(Loop& loop, const Server& server, std::string request, bool (*is_complete)(std::string_view answer),
       std::chrono::milliseconds timeout, Done done);

 private:
  void connect_next();
  void on_writable();
  void send_rest();
  void on_readable();
  void fail(std::string problem) { finish(base::failure(std::move(problem))); }
  void finish(base::Result<std::string, std::string> result);
  void close();

  Loop& loop_;
  const Server& server_;
  std::string unsent_;
  bool (*is_complete_)(std::string_view answer);
  Done done_;
  std::size_t next_address_ = 0;
  Descriptor socket_;
  bool is_connected_ = false;
  std::string answer_;
  Timer timer_;
  Timer begin_;
  std::unique_ptr<Watch> readable_, writable_;
};

}  // namespace io
