// Asks a running spfd, with one connection per request: sends the query lines, and reads the answer up to its empty line or the
// end of the connection.
#pragma once

#include <memory>

#include "common/io/call.h"
#include "common/io/loop.h"
#include "spfquery/asker.h"

namespace spfquery {

class Server final : public Asker {
 public:
  // Loop and options (with `server` set) must outlive it.
  Server(io::Loop& loop, const Options& options) : loop_(loop), options_(options), server_(*options.server) {}

  std::unique_ptr<Ask> ask(const protocol::QueryLines& asked, Done done) override;

 private:
  class Connection;

  io::Loop& loop_;
  const Options& options_;
  io::Server server_;
};

}  // namespace spfquery
