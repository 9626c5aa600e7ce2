// --server: asks a running spfd, and reports when it gets no answer.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t/query/child.h"
#include "t/query/fake_server.h"
#include "t/query/zone.h"
#include "t/support/spfd_process.h"

namespace {

using query_test::FakeServer;
using query_test::Outcome;
using query_test::run_query;
using query_test::ZoneFile;
using Words = std::vector<std::string>;

const Words kQuestion = {"--ip", "192.0.2.66", "--sender", "<u@fail.example>", "--helo", "h.test", "--receiver", "mx.test"};

Words question_to(const std::string& server, const Words& more = {}) {
  Words words = kQuestion;
  words.insert(words.end(), {"--server", server});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// A port of 127.0.0.1 at which nothing listens during the lifetime of the object.
class ClosedPort {
 public:
  ClosedPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in inet{};
    inet.sin_family = AF_INET;
    inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const address = reinterpret_cast<sockaddr*>(&inet);
    socklen_t size = sizeof inet;
    REQUIRE(::bind(fd_, address, size) == 0);
    REQUIRE(::getsockname(fd_, address, &size) == 0);
    address_ = fmt::format("127.0.0.1:{}", ntohs(inet.sin_port));
  }
  ~ClosedPort() { ::close(fd_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  int fd_;
  std::string address_;
};

constexpr std::string_view kAnswer =
    "result=fail\nsmtp_comment=go away\nheader_comment=mx.test: not permitted\nreceived_spf_header=Received-SPF: fail (x)\n\n";

TEST_CASE("the lines of the request are sent, the four lines are printed") {
  const FakeServer server([](const std::string&) { return FakeServer::Reply{std::string(kAnswer)}; });
  const Outcome got =
      run_query(question_to(fmt::format("127.0.0.1:{}", server.port()), {"--timeout", "5500ms", "--rcpt-to", "r@x.example"}));
  CHECK(got.exit_code == 1);
  CHECK(got.lines() == Words{"fail", "go away", "mx.test: not permitted", "Received-SPF: fail (x)"});
  CHECK(got.err == "");
  CHECK(server.questions() ==
        Words{"ip=192.0.2.66\nhelo=h.test\nsender=u@fail.example\nreceiver=mx.test\nrcpt=r@x.example\ntimeout=5.500\n\n"});
}

TEST_CASE("the addresses of --server") {
  const ZoneFile zone;
  const auto reply = [](const std::string&) { return FakeServer::Reply{std::string(kAnswer)}; };
  const std::string path = zone.folder() / "spfd.sock";
  const FakeServer local(reply, path);
  const FakeServer inet(reply);
  for (const std::string& address :
       {path, "unix:" + path, "unix:" + path + ",mode=0660", fmt::format("inet:127.0.0.1:{}", inet.port()),
        fmt::format("localhost:{}", inet.port()), fmt::format("[::ffff:127.0.0.1]:{}", inet.port())}) {
    CAPTURE(address);
    CHECK(run_query(question_to(address)).exit_code == 1);
  }
}

TEST_CASE("answers of older generations of spfd") {
  std::string bytes;
  const auto lines_of = [&](const std::string& answer) {
    const FakeServer server([&](const std::string&) { return FakeServer::Reply{answer}; });
    return run_query(question_to(fmt::format("127.0.0.1:{}", server.port())));
  };
  // Mail::SPF's: no empty line, the connection closes at the end.
  const Outcome mail_spf = lines_of(
      "result=softfail\nlocal_explanation=x\nreceived_spf_header=Received-SPF: softfail (x)\nsmtp_comment=a\nheader_comment=b\n");
  CHECK(mail_spf.lines() == Words{"softfail", "a", "b", "Received-SPF: softfail (x)"});
  CHECK(mail_spf.exit_code == 2);
  // Mail::SPF::Query's: no header, other words for errors, possibly followed by more text.
  const Outcome query = lines_of("result=unknown foo:bar\r\nsmtp_comment=a\r\nheader_comment=b\r\nguess=pass\r\n\r\n");
  CHECK(query.lines() == Words{"unknown foo:bar", "a", "b", "Received-SPF: unknown foo:bar (b)"});
  CHECK(query.exit_code == 4);
  CHECK(lines_of("result=error\nsmtp_comment=\nheader_comment=\n\n").exit_code == 5);
}

TEST_CASE("no answer is temperror, with a sentence on standard error") {
  const ZoneFile zone;
  const auto check = [](const Outcome& got, const std::string& sentence) {
    CAPTURE(sentence);
    CHECK(got.exit_code == 5);
    CHECK(got.err == "spfquery: " + sentence + "\n");
    const auto lines = got.lines();
    REQUIRE(lines.size() == 4);
    CHECK(lines[0] == "temperror");
    CHECK(lines[1] != "");
    CHECK(lines[2] == "mx.test: SPF was not checked: " + sentence);
    CHECK(lines[3].starts_with("Received-SPF: temperror (mx.test: "));
  };
  const std::string path = zone.folder() / "spfd.sock";
  check(run_query(question_to(path)), "cannot reach " + path + ": No such file or directory");
  check(run_query(question_to(zone.path())), "cannot reach " + zone.path() + ": Connection refused");
  const ClosedPort closed;
  check(run_query(question_to(closed.address())), "cannot reach " + closed.address() + ": Connection refused");

  io::Guarded<FakeServer::Reply> next;
  const auto set_reply = [&](FakeServer::Reply reply) { next.with([&](FakeServer::Reply& r) { r = std::move(reply); }); };
  const FakeServer server([&](const std::string&) { return next.with([](const FakeServer::Reply& r) { return r; }); });
  const std::string address = fmt::format("127.0.0.1:{}", server.port());
  check(run_query(question_to(address)), "the server closed the connection without an answer");
  set_reply({"result=pa"});
  check(run_query(question_to(address)), "the server closed the connection in the middle of its answer");
  set_reply({"smtp_comment=x\n\n"});
  check(run_query(question_to(address)), "there is no result in the server's answer");
  set_reply({"result=maybe\n\n"});
  check(run_query(question_to(address)), "there is no result in the server's answer");
  set_reply({"result=pass\n", true});
  check(run_query(question_to(address, {"--timeout", "300ms"})), "the server did not answer in time");
  set_reply({std::string(std::size_t{2} << 20, 'x'), true});
  check(run_query(question_to(address)), "the server's answer is too long");
  // Also as JSON.
  set_reply({""});
  const Outcome json = run_query(question_to(address, {"--json"}));
  CHECK(json.exit_code == 5);
  CHECK(json.lines().size() == 1);
  CHECK(json.out.starts_with("{\"result\": \"temperror\""));
  set_reply({std::string(kAnswer)});
  CHECK(run_query(question_to(address, {"--json"})).err == "spfquery: the server's answer is not in JSON\n");
}

TEST_CASE("a host that cannot be looked up is reported") {
  const Outcome got = run_query(question_to("no..host:5970"));  // an invalid name, which is not looked up in DNS
  CHECK(got.exit_code == 5);
  CHECK(got.err.starts_with("spfquery: cannot reach no..host:5970: "));
}

TEST_CASE("the server's text reaches the terminal only as one line of printable text") {
  const FakeServer server([](const std::string&) {
    return FakeServer::Reply{
        "result=pass\nsmtp_comment=\x1b[2J\x07\nheader_comment=\xc3\xa4\nreceived_spf_header=a\rb\nerror=\x1b[31m\n\n"};
  });
  const Outcome got = run_query(question_to(fmt::format("127.0.0.1:{}", server.port())));
  CHECK(got.lines() == Words{"pass", "\\x1b[2J\\x07", "\\xc3\\xa4", "a\\x0db"});
  CHECK(got.err == "spfquery: the server says: \\x1b[31m\n");
}

TEST_CASE("spfd and spfquery give the same answers") {
  const ZoneFile zone;
  const support::SpfdProcess spfd({.zone = std::string(query_test::kZone)});
  for (const std::string sender :
       {"pass", "fail", "plainfail", "softfail", "neutral", "none", "permerror", "voids", "deep", "macro"}) {
    CAPTURE(sender);
    Words words = zone.with({"--ip", "192.0.2.1", "--sender", "u@" + sender + ".example", "--helo", "helo.example"});
    const Outcome own = run_query(words);
    words.insert(words.end(), {"--server", spfd.address()});
    const Outcome asked = run_query(words);
    CHECK(asked.out == own.out);
    CHECK(asked.exit_code == own.exit_code);
    CHECK(asked.err == "");
    words.emplace_back("--json");
    const Outcome asked_json = run_query(words);
    words.erase(words.end() - 3, words.end() - 1);
    CHECK(asked_json.out == run_query(words).out);
  }
}

TEST_CASE("a server whose queue is full is asked again until it has room") {
  const ZoneFile zone;
  const std::string path = zone.folder() / "spfd.sock";
  const FakeServer server([](const std::string&) { return FakeServer::Reply{std::string(kAnswer)}; }, path);
  std::string text;
  for (int i = 0; i < 100; ++i) text += fmt::format("192.0.2.1 u{}@fail.example h.test\n", i);
  const Outcome got = run_query({"--file", "-", "--server", path, "--jobs", "50"}, text);
  CHECK(got.lines().size() == 400);
  CHECK(got.err == "");
  CHECK(got.exit_code == 1);
  CHECK(server.questions().size() == 100);
}

TEST_CASE("--file with --server: many connections, the order of the lines, one bad line") {
  const ZoneFile zone;
  const support::SpfdProcess spfd({.zone = std::string(query_test::kZone)});
  std::string text;
  for (int i = 0; i < 400; ++i) text += fmt::format("192.0.2.1 u@{}.example h{}.test\n", i % 2 == 0 ? "pass" : "softfail", i);
  const Outcome got =
      run_query({"--file", "-", "--server", spfd.address(), "--jobs", "200"}, text + "192.0.2 u@pass.example h.test\n");
  CHECK(got.exit_code == 255);
  CHECK(got.err == "spfquery: standard input:401: ip= is not an IP address: '192.0.2'\n");
  const auto lines = got.lines();
  REQUIRE(lines.size() == 1600);
  for (std::size_t i = 0; i < 400; ++i) {
    CHECK(lines[4 * i] == (i % 2 == 0 ? "pass" : "softfail"));
    CHECK(lines[4 * i + 3].find(fmt::format("helo=h{}.test;", i)) != std::string::npos);
  }
}

}  // namespace
