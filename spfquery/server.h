// Asks a running spfd, with one connection per request: sends the query lines, and reads the answer up to its empty line or the
// end of the connection.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/io/loop.h"
#include "common/io/socket.h"
#include "spfquery/asker.h"
#include "spfquery/server_address.h"

namespace spfquery {

// Returns the socket addresses of a server, which may block for a while. The error is a sentence.
base::Result<std::vector<io::SocketAddress>, std::string> socket_addresses(const ServerAddress& server);

class Server final : public Asker {
 public:
  // Loop and options (with `server` set) must outlive it.
  Server(io::Loop& loop, const Options& options)
      : loop_(loop), options_(options), addresses_(socket_addresses(*options.server)) {}

  std::unique_ptr<Ask> ask(const protocol::QueryLines& asked, Done done) override;

 private:
  class Connection;

  io::Loop& loop_;
  const Options& options_;
  base::Result<std::vector<io::SocketAddress>, std::string> addresses_;
};

}  // namespace spfquery
