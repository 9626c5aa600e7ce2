// The built spfweb as a service: its limit per network, health, readiness, metrics.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/io/descriptor.h"
#include "common/service/listen_address.h"
#include "common/service/sockets.h"
#include "t/support/dns_server.h"
#include "t/support/spfd_process.h"
#include "t/web/spfweb_process.h"

namespace {

using support::Client;
using support::SpfdProcess;
using support::TempFolder;
using web_test::facts;
using web_test::has;
using web_test::kZone;
using web_test::SpfwebProcess;
using web_test::token_for;

TEST_CASE("a network that asks too much gets 429, and the page of its token without the present result") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const SpfwebProcess web(spfd);
  const auto same = [&](const std::string& url) {
    Client client(web.address());
    client.send("GET " + url + " HTTP/1.1\r\nHost: h\r\n\r\n");
    return client.read_to_end();
  };
  std::string got;
  for (int i = 0; i < 200 && !got.starts_with("HTTP/1.1 429 "); ++i) got = same("/check?domain=fail.test");
  CHECK(got.starts_with("HTTP/1.1 429 "));
  CHECK(has(got, "Retry-After: 5\r\n"));
  CHECK(same("/").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("health and readiness") {
  const support::DnsServer dns([](const dns::Question&, bool) {
    dns::Answer none;
    none.status = dns::Status::name_error;
    return support::react(std::move(none));
  });
  SpfdProcess spfd({.arguments = {"--nameserver", dns.address()}, .zone = "test. TXT \"v=spf1 -all\"\n"});
  const SpfwebProcess web(spfd);
  CHECK(web.get("/healthz").ends_with("ok\n"));
  const std::string ready = web.get("/readyz");
  CHECK(ready.ends_with("\r\n\r\nready\n"));
  CHECK(spfd.stop() == 0);
  const std::string not_ready = web.get("/readyz");
  CHECK(not_ready.starts_with("HTTP/1.1 503 "));
  CHECK(has(not_ready, "not ready: cannot reach spfd: "));
  CHECK_FALSE(has(not_ready, spfd.address().substr(spfd.address().find('/'))));
  CHECK(web.get("/healthz").ends_with("ok\n"));
  const std::string page = web.get("/why/" + token_for(facts()));
  CHECK(has(page, "The present result is not known:"));
  CHECK(has(page, "not among"));
}

TEST_CASE("a socket in use is reported without options that spfweb does not have") {
  const SpfdProcess spfd({.zone = "test. TXT \"v=spf1 -all\"\n"});
  const auto finished = support::run(support::program("spfweb"), {"--listen", spfd.address(), "--spfd", spfd.address()});
  CHECK(finished.exit_code == 69);
  CHECK(finished.errors == "spfweb: " + spfd.address() + ": another server is listening there\n");
}

TEST_CASE("visitors who ask for readiness cost spfd one request at a time") {
  const support::TempFolder folder;
  auto opened = service::open_sockets({*service::parse_listen_address("unix:" + (folder / "spfd"))});
  REQUIRE(opened.ok());
  const SpfwebProcess web("unix:" + (folder / "spfd"), folder.write("zone", kZone));
  std::list<Client> clients;
  for (int i = 0; i < 5; ++i) clients.emplace_back(web.address()).send("GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(web.get("/healthz").ends_with("ok\n"));  // by now the five wait
  pollfd listener{.fd = opened->front().fd(), .events = POLLIN, .revents = 0};
  REQUIRE(::poll(&listener, 1, 10'000) == 1);
  const io::Descriptor spfd(::accept(listener.fd, nullptr, nullptr));
  constexpr std::string_view kHealthy = "health=ok\n\n";
  CHECK(::send(spfd.get(), kHealthy.data(), kHealthy.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(kHealthy.size()));
  for (Client& client : clients) CHECK(client.read_to_end().ends_with("\r\n\r\nready\n"));
}

TEST_CASE("metrics: they come from the control socket, at an address that has no other page") {
  const TempFolder folder;
  const std::string control = "unix:" + (folder / "control");
  const std::string metrics = "unix:" + (folder / "metrics");
  SpfdProcess spfd({.arguments = {"--control", control}, .zone = "test. TXT \"v=spf1 -all\"\n"});
  const SpfwebProcess web(spfd, {"--metrics", metrics, "--control", control});
  support::wait_until("the metrics", [&] { return ::access((folder / "metrics").c_str(), F_OK) == 0; });
  const auto get = [&](const std::string& path) {
    Client client(metrics);
    client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    return client.read_to_end();
  };
  const std::string page = get("/metrics");
  CHECK(page.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(has(page, "\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"));
  CHECK(has(page, "\r\n\r\n# TYPE spfd_checks counter\n"));
  CHECK(page.ends_with("\n# EOF\n"));
  for (const char* path : {"/", "/why", "/check?domain=fail.test", "/healthz"}) CHECK(get(path).starts_with("HTTP/1.1 404 "));
  CHECK(web.get("/metrics").starts_with("HTTP/1.1 404 "));
  CHECK(spfd.stop() == 0);
  const std::string none = get("/metrics");
  CHECK(none.starts_with("HTTP/1.1 503 "));
  CHECK(has(none, "cannot reach the control socket of spfd: "));
  CHECK_FALSE(has(none, folder.path()));
}

TEST_CASE("metrics: requests that wait share one command, and only a complete answer is shown") {
  const TempFolder folder;
  auto opened = service::open_sockets({*service::parse_listen_address("unix:" + (folder / "control"))});
  REQUIRE(opened.ok());
  const std::string metrics = "unix:" + (folder / "metrics");
  const SpfwebProcess web("unix:" + (folder / "spfd"), folder.write("zone", kZone),
                          {"--metrics", metrics, "--control", "unix:" + (folder / "control")});
  support::wait_until("the metrics", [&] { return ::access((folder / "metrics").c_str(), F_OK) == 0; });
  const std::vector<std::pair<std::string, std::string>> answers = {
      {"ok\n# TYPE spfd_x gauge\nspfd_x 1\n# EOF\n", "\r\n\r\n# TYPE spfd_x gauge\nspfd_x 1\n# EOF\n"},
      {"ok\n# TYPE spfd_x gauge\nspfd_x 1\n", "\r\n\r\nspfd: the answer is not complete\n"},
      {"error: this user\x1b may not\n", "\r\n\r\nspfd: error: this user\\x1b may not\n"},
  };
  for (const auto& [given, shown] : answers) {
    const std::string& answer = given;
    CAPTURE(answer);
    std::list<Client> clients;
    for (int i = 0; i < 5; ++i) clients.emplace_back(metrics).send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(web.get("/healthz").ends_with("ok\n"));  // by now the five wait
    pollfd listener{.fd = opened->front().fd(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&listener, 1, 10'000) == 1);
    {
      const io::Descriptor spfd(::accept(listener.fd, nullptr, nullptr));
      CHECK(::send(spfd.get(), answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size()));
    }
    for (Client& client : clients) CHECK(client.read_to_end().ends_with(shown));
    CHECK(::poll(&listener, 1, 0) == 0);
  }
}

}  // namespace
