// The metrics of spfd for Prometheus, on addresses of their own: visitors of the pages never see them.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/io/call.h"
#include "common/io/loop.h"
#include "common/io/server_address.h"
#include "spfweb/http_server.h"

namespace spfweb {

class Metrics {
 public:
  static constexpr std::chrono::seconds kTimeout{5};

  // `control`: the control socket of spfd, which must let our user give the command "stats".
  Metrics(io::Loop& loop, const io::ServerAddress& control);

  // Answers a request once, now or later. All requests that wait share one command.
  void handle(const HttpRequest& request, const HttpServer::Answer& answer);

 private:
  void answer_all(const base::Result<std::string, std::string>& text);

  io::Loop& loop_;
  io::Server control_;
  std::unique_ptr<io::Call> call_;  // null: none is under way
  std::vector<HttpServer::Answer> waiting_;
};

}  // namespace spfweb
