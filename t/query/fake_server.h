// A server for --server that says what a test wants, also what no spfd would say.
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
    bool stays_open = false;  // until the server goes, or the client does
  };
  using Handler = std::function<Reply(const std::string& question)>;

  // On a UNIX socket at `path`; when that is empty, on a TCP port of 127.0.0.1. One connection at a time.
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
