#include "spfquery/server.h"

#include <string>
#include <utility>

#include "common/protocol/query_client.h"

namespace spfquery {

class Server::Connection final : public Ask {
 public:
  Connection(const Server& server, const protocol::QueryLines& asked, Done done)
      : options_(server.options_),
        asked_(asked),
        done_(std::move(done)),
        call_(server.loop_, server.server_, protocol::query_lines(asked, options_.timeout), protocol::completion_of(asked.format),
              options_.timeout, [this](const base::Result<std::string, std::string>& got) { finish(got); }) {}

 private:
  void finish(const base::Result<std::string, std::string>& got) {
    const Done done = std::move(done_);
    done(got ? read_answer(*got, asked_, options_) : no_answer(got.error(), asked_, options_));
  }

  const Options& options_;
  const protocol::QueryLines& asked_;
  Done done_;
  io::Call call_;
};

std::unique_ptr<Ask> Server::ask(const protocol::QueryLines& asked, Done done) {
  return std::make_unique<Connection>(*this, asked, std::move(done));
}

}  // namespace spfquery
