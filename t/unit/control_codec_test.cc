// The codec of the control socket, with its input split at every byte.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "common/protocol/control.h"

namespace {

using protocol::ControlCodec;

// Returns the command, the error's text, or "" if there is no request.
std::string read(std::string_view bytes, std::size_t first) {
  const protocol::DoorOptions options;
  ControlCodec codec;
  protocol::Request request;
  for (const std::string_view piece : {bytes.substr(0, first), bytes.substr(first)}) {
    codec.feed(piece);
    if (!codec.next({options, 1}, request)) continue;
    CHECK(request.closes);
    CHECK_FALSE(codec.has_partial());
    CHECK(codec.is_broken());
    if (const auto* const control = std::get_if<protocol::ControlRequest>(&request.what)) return control->line;
    return std::get<protocol::Ready>(request.what).answer;
  }
  codec.finish();
  CHECK_FALSE(codec.next({options, 1}, request));
  return "";
}

TEST_CASE("control codec: one line, whatever the pieces it comes in") {
  for (const std::string_view bytes : {"flush .example.com\n", "flush .example.com\r\n", "flush .example.com\nstop\n"}) {
    for (std::size_t i = 0; i <= bytes.size(); ++i) CHECK(read(bytes, i) == "flush .example.com");
  }
  for (std::size_t i = 0; i <= 5; ++i) CHECK(read("flush", i).empty());
}

TEST_CASE("control codec: lines that are too long or not printable") {
  const std::string longest(ControlCodec::kMaxLine, 'x');
  CHECK(read(longest + "\n", 7) == longest);
  CHECK(read(longest + "x\n", 7) == "error: the line is longer than 2048 bytes\n");
  CHECK(read("st\top\n", 2) == "error: a command is one line of printable US-ASCII\n");
}

// Returns the request of an "explain" line.
protocol::CheckRequest explained(std::string_view values) {
  const protocol::DoorOptions options;
  ControlCodec codec;
  protocol::Request request;
  codec.feed("explain " + std::string(values) + "\n");
  REQUIRE(codec.next({options, 77}, request));
  CHECK(request.closes);
  CHECK(request.door == protocol::Door::control);
  return std::get<protocol::CheckRequest>(request.what);
}

TEST_CASE("control codec: explain takes the keys of the query lines, with blanks only within quotes") {
  const auto check = explained("ip=192.0.2.1 helo=mail.example.com sender=u@example.com id=7");
  CHECK(check.error.empty());
  CHECK(check.request.client->text() == "192.0.2.1");
  CHECK(check.request.helo == "mail.example.com");
  CHECK(check.request.sender == "u@example.com");
  CHECK(check.request.explain);
  CHECK(check.request.time == 77);
  CHECK(check.id == "7");
  CHECK(explained("ip=192.0.2.1 sender=\"a b\"@example.com helo=x.example").request.sender == "\"a b\"@example.com");
  CHECK(explained("ip=192.0.2.1 sender=\"a\\\" helo=b\"@example.com helo=x.example").request.helo == "x.example");
  CHECK(explained("ip=192.0.2.1 sender=\"a helo=x.example").request.helo.empty());
  // Only a value that begins with a quotation mark is quoted: the SMTP client chooses the HELO name.
  const auto marked = explained("ip=192.0.2.1 helo=x\".example sender=<\"a b\"@example.com> id=7");
  CHECK(marked.request.helo == "x\".example");
  CHECK(receiver::bare_sender(marked.request.sender) == "\"a b\"@example.com");
  CHECK(marked.id == "7");
  CHECK(explained("ip=192.0.2.1 helo=a\"=\"b sender=u@example.com").request.sender == "u@example.com");
  CHECK_FALSE(explained("sender=u@example.com").error.empty());
  CHECK_FALSE(explained("").error.empty());
  CHECK(explained("  ip=192.0.2.1   sender=u@example.com ").error.empty());
}

TEST_CASE("control codec: explain with a word that is not a key is an error, since it would explain another message") {
  constexpr std::string_view kKeys = " is not one of: ip=, helo=, sender=, recipient=";
  for (const std::string_view word :
       {"heloo=x.example", "192.0.2.1", "=", "sender", "request=ping", "Request=health", "keep=1", "format=json", "explain=0",
        "instance=7", "queue_id=7", "protocol_state=CONNECT", "sasl_username=joe"})
    CHECK(explained("ip=192.0.2.1 sender=u@example.com " + std::string(word)).error ==
          "\"" + std::string(word) + "\"" + std::string(kKeys));
  const protocol::DoorOptions options;
  ControlCodec codec;
  protocol::Request request;
  codec.feed("json  explain\n");
  REQUIRE(codec.next({options, 1}, request));
  CHECK(std::get<protocol::CheckRequest>(request.what).error == "no ip= was given");
}

TEST_CASE("control codec: the answer to explain has the trace first, or is an error") {
  ControlCodec codec;
  const protocol::DoorOptions options;
  receiver::Reply reply;
  reply.result = spf::Result::fail;
  reply.trace = {{spf::TraceStep::Kind::check, 0, "example.com", "fail", 0, 0},
                 {spf::TraceStep::Kind::record, 1, "v=spf1 -all", "", 0, 0}};
  std::string out;
  codec.encode(explained("ip=192.0.2.1 helo=x.example sender=u@example.com"), reply, options, out);
  CHECK(out.starts_with("ok\ntrace=example.com -> fail (lookups 0, void 0)\ntrace=  v=spf1 -all\nresult=fail\n"));
  out.clear();
  codec.encode(explained("helo=x.example"), reply, options, out);
  CHECK(out.starts_with("error: "));
  CHECK(out.find('\n') == out.size() - 1);
}

TEST_CASE("control codec: JSON has the members of the answer, and never more than its limit") {
  const auto written = [](protocol::ControlAnswer answer) {
    std::string out;
    ControlCodec::write_control(answer, protocol::Format::json, out);
    return out;
  };
  CHECK(written({}) == "{\"ok\": true}\n");
  CHECK(written({.is_error = false, .text = "\"removed\": 3"}) == "{\"ok\": true, \"removed\": 3}\n");
  CHECK(written({.is_error = true, .text = "\"a\\\x01"}) == "{\"ok\": false, \"error\": \"\\\"a\\\\\\\\x01\"}\n");
  CHECK(written({.is_error = false, .text = std::string(ControlCodec::kMaxJson + 1, ' ')}) ==
        "{\"ok\": false, \"error\": \"the answer is longer than 786432 bytes\"}\n");
}

TEST_CASE("control codec: a partial line is given up with the reason") {
  ControlCodec codec;
  codec.feed("sto");
  protocol::Request request;
  const protocol::DoorOptions options;
  CHECK_FALSE(codec.next({options, 1}, request));
  CHECK(codec.has_partial());
  codec.give_up("too late", request);
  CHECK(std::get<protocol::Ready>(request.what).answer == "error: too late\n");
}

TEST_CASE("control codec: a long answer is cut after a line, and says so") {
  const auto written = [](std::string text) {
    std::string out;
    ControlCodec::write_control({.is_error = false, .text = std::move(text)}, protocol::Format::lines, out);
    return out;
  };
  CHECK(written("") == "ok\n");
  CHECK(written("a") == "ok\na\n");
  CHECK(written("a\n") == "ok\na\n");
  std::string lines;
  while (lines.size() <= ControlCodec::kMaxAnswer) lines += "0123456789\n";
  const std::string cut = written(lines);
  CHECK(cut.size() <= ControlCodec::kMaxAnswer + 3 + ControlCodec::kCut.size());
  CHECK(cut.ends_with("\n0123456789\n" + std::string(ControlCodec::kCut)));
}

}  // namespace
