// A server for --server that sends any answer that a test specifies, even one that spfd would never send.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/io/guarded.h"

namespace query_test {

class FakeServer {
 public:
  struct Reply {
    std::string bytes;
    bool stays_open = false;  // until the server or the client closes
  };
  using Handler = std::function<Reply(const std::string& question)>;

  // Listens on a UNIX socket at `path`, or, if that is empty, on a TCP port of 127.0.0.1. Serves one connection at a time.
  explicit FakeServer(Handler handler, const std::string& path = {});
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] unsigned port() const { return port_; }
  [[nodiscard]] std::vector<std::string> questions() const;

 private:
  void serve();
  void serve_one(int connection);

  Handler handler_;
  int listener_ = -1;
  int stop_ = -1;  // eventfd
  unsigned port_ = 0;
  mutable io::Guarded<std::vector<std::string>> questions_;
  std::thread thread_;
};

}  // namespace query_test
