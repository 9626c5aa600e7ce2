// The bounds of the HTTP server: slow clients, many connections, methods, sizes.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>

#include <string>
#include <thread>

#include "common/io/loop.h"
#include "common/service/sockets.h"
#include "spfweb/http_server.h"
#include "t/support/spfd_process.h"

namespace {

using namespace std::chrono_literals;
using spfweb::HttpReply;
using spfweb::HttpRequest;
using spfweb::HttpServer;
using support::Client;

// A server that answers with the request as it was parsed, and at "/large" with a long text.
class Echo {
 public:
  static constexpr std::size_t kLarge = 64'000'000;

  Echo(std::chrono::milliseconds deadline, std::size_t most)
      : server_(
            loop_,
            [](const HttpRequest& request, const HttpServer::Answer& answer) {
              answer({.body = request.path == "/large" ? std::string(kLarge, 'x') : text_of(request)});
            },
            deadline, most) {
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));  // as spfweb does
    auto opened = service::open_sockets({*service::parse_listen_address("unix:" + (folder_ / "s"))});
    REQUIRE(opened.ok());
    sockets_ = std::move(*opened);
    server_.listen(sockets_.front().fd());
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Echo() {
    loop_.post([this] { loop_.stop(); });
    thread_.join();
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  [[nodiscard]] std::string address() const { return "unix:" + (folder_ / "s"); }
  [[nodiscard]] std::string ask(const std::string& request) const {
    Client client(address());
    client.send(request);
    return client.read_to_end();
  }

 private:
  static std::string text_of(const HttpRequest& request) {
    return "path=" + request.path + " a=" + std::string(request.parameters.value("a")) +
           " client=" + (request.client ? request.client->text() : "none") + "\n";
  }

  const support::TempFolder folder_;
  io::Loop loop_;
  HttpServer server_;
  std::vector<service::Socket> sockets_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("GET and HEAD, with the header fields of every page") {
  const Echo echo(30s, 10);
  const std::string got = echo.ask("GET /why/x%20y?a=1%3C HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.2.3.4, 198.51.100.7\r\n\r\n");
  CHECK(got.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(got.ends_with("path=/why/x y a=1< client=198.51.100.7\n"));
  for (const char* field :
       {"Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'\r\n",
        "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n", "Cache-Control: no-store\r\n",
        "X-Robots-Tag: noindex\r\n", "Connection: close\r\n"}) {
    CAPTURE(got);
    CHECK(got.find(field) != std::string::npos);
  }
  const std::string head = echo.ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("other methods, bodies and large header fields are refused") {
  const Echo echo(30s, 10);
  CHECK(echo.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").starts_with("HTTP/1.1 405 "));
  CHECK(echo.ask("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n").find("Allow: GET, HEAD\r\n") != std::string::npos);
  CHECK_FALSE(echo.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello").starts_with("HTTP/1.1 200 "));
  CHECK_FALSE(echo.ask("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 200 "));
  CHECK_FALSE(echo.ask("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").starts_with("HTTP/1.1 200 "));
  CHECK_FALSE(echo.ask("\x16\x03\x01 nonsense\r\n\r\n").starts_with("HTTP/1.1 200 "));
  CHECK(echo.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("an answer of libevent, which lacks our header fields, contains no text of the request") {
  const Echo echo(30s, 10);
  const std::string filler(20'000, 'x');
  const std::vector<std::string> requests = {"<script>zq</script> / HTTP/1.1\r\nHost: h\r\n\r\n",
                                             "GET /<script>zq</script> HTTP/9.9\r\n\r\n",
                                             "GET http://<script>zq</script> HTTP/1.1\r\n\r\n",
                                             "GET /?<script>zq</script>" + filler + " HTTP/1.1\r\n\r\n",
                                             "GET / HTTP/1.1\r\n<script>zq</script>\r\n\r\n",
                                             "GET / HTTP/1.1\r\nzq: <script>" + filler + "\r\n\r\n",
                                             "POST /<script>zq</script> HTTP/1.1\r\nContent-Length: 2\r\n\r\nzq",
                                             "POST /zq HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nzq\r\n0\r\n\r\n",
                                             "FETCH /zq HTTP/1.1\r\nHost: <script>\r\n\r\n",
                                             "zq\r\n\r\n"};
  for (const std::string& request : requests) {
    const std::string got = echo.ask(request);
    CAPTURE(request.substr(0, 100));
    CAPTURE(got);
    if (got.find("Content-Security-Policy: ") != std::string::npos) continue;  // our own
    CHECK(got.find("zq") == std::string::npos);
    CHECK(got.find("<script") == std::string::npos);
    CHECK(got.find("Location") == std::string::npos);
    CHECK(got.find("Set-Cookie") == std::string::npos);
  }
}

TEST_CASE("a client that sends a byte now and then is closed at the deadline") {
  const Echo echo(300ms, 10);
  Client client(echo.address());
  const std::string begin = "GET / HTTP/1.1\r\nX: ";
  CHECK(client.send(begin));
  support::wait_until("the end of a slow client", [&] {
    std::this_thread::sleep_for(20ms);
    return !client.send("x");
  });
  CHECK(client.read_to_end() == "");
}

TEST_CASE("a client that reads its answer slowly is closed at the deadline") {
  const Echo echo(300ms, 10);
  Client client(echo.address());
  CHECK(client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n"));
  std::string some(1000, ' ');
  std::size_t size = 0;
  support::wait_until("the end of a slow reader", [&] {
    const ssize_t got = ::recv(client.fd(), some.data(), some.size(), 0);
    if (got > 0) size += static_cast<std::size_t>(got);
    return !client.send("x");
  });
  CHECK(size + client.read_to_end().size() < Echo::kLarge);
}

TEST_CASE("the proxy's field counts, not those that a client sent with it") {
  const Echo echo(30s, 10);
  const std::string got =
      echo.ask("GET / HTTP/1.1\r\nX-Forwarded-For: 198.51.100.1\r\nx-forwarded-for: 198.51.100.2, 198.51.100.7\r\n\r\n");
  CHECK(got.ends_with("client=198.51.100.7\n"));
}

TEST_CASE("connections beyond the bound wait until others end") {
  const Echo echo(500ms, 2);
  const Client idle(echo.address());
  const Client other(echo.address());
  CHECK(echo.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 200 "));
  for (int i = 0; i < 20; ++i) CHECK(echo.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 200 "));
}
