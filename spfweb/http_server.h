// HTTP/1.1 for the pages: GET and HEAD only, one request per connection, on libevent's evhttp.
//
// evhttp reads and parses; it has no bound on connections and no absolute deadline, so this class adds both: a client that sends
// or reads only a byte now and then has kDeadline for everything.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/ip.h"
#include "common/io/loop.h"
#include "spfweb/parameters.h"

struct bufferevent;
struct evhttp;
struct evhttp_request;

namespace spfweb {

struct HttpRequest {
  std::string path;  // decoded; begins with "/"
  Parameters parameters;
  std::string accept;
  std::string accept_language;
  // The client, or if that is a proxy on this host, the last address of its last X-Forwarded-For; nothing: unknown.
  std::optional<base::IpAddress> client;
};

struct HttpReply {
  int status = 200;
  std::string_view type = "text/html; charset=utf-8";
  std::string body;
  // Seconds for Retry-After; 0: none.
  int retry_after = 0;

  static HttpReply plain(std::string body, int status = 200) {
    return {.status = status, .type = "text/plain; charset=utf-8", .body = std::move(body)};
  }
};

class HttpServer {
 public:
  static constexpr std::size_t kMaxHeader = 16384;  // bytes: request line, and header fields
  static constexpr std::size_t kMaxConnections = 256;
  static constexpr std::chrono::seconds kDeadline{30};  // from the connection to its end
  static constexpr std::chrono::seconds kIdle{10};      // without any progress

  // Must be called once, in the loop's thread, before or after the server is destroyed.
  using Answer = std::function<void(const HttpReply&)>;
  using Handler = std::function<void(HttpRequest, Answer)>;

  // `deadline`: shorter for tests.
  HttpServer(io::Loop& loop, Handler handler, std::chrono::milliseconds deadline = kDeadline,
             std::size_t max_connections = kMaxConnections);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Accepts connections from a listening, non-blocking socket, which stays the caller's. Throws std::runtime_error.
  void listen(int socket);

 private:
  class Connections;

  static bufferevent* make_connection(event_base* base, void* server);
  static void on_request(evhttp_request* request, void* server);
  void handle(evhttp_request* request);

  Handler handler_;
  std::unique_ptr<Connections> connections_;
  std::unique_ptr<evhttp, void (*)(evhttp*)> http_;
};

}  // namespace spfweb
