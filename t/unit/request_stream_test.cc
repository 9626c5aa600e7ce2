// The stream of query lines: the ends of requests, the bounds of requests and values, and input in pieces of any size.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/name.h"
#include "common/protocol/limits.h"
#include "common/protocol/query_lines.h"
#include "common/protocol/request_reader.h"
#include "common/protocol/request_values.h"
#include "t/support/show.h"

using namespace std::string_literals;

namespace {

using protocol::Format;
using protocol::parse_query_lines;
using protocol::QueryLines;

constexpr std::string_view kEximQuestion = "ip=192.0.2.66\nhelo=evil.test\nsender=u@fail.test\n\n";

// A reader whose requests come with its statements about the stream.
class RequestReader {
 public:
  void feed(std::string_view bytes) { reader_.feed(bytes); }
  void finish() { reader_.finish(); }
  std::optional<QueryLines> next() {
    std::string_view text;
    if (!reader_.next(text)) return {};
    QueryLines asked = parse_query_lines(text);
    if (must_close()) asked.error = reader_.problem();
    return asked;
  }
  [[nodiscard]] bool must_close() const { return !reader_.problem().empty(); }
  [[nodiscard]] bool has_partial() const { return reader_.has_partial(); }

 private:
  protocol::RequestReader reader_;
};

std::vector<QueryLines> all_of(RequestReader& reader) {
  std::vector<QueryLines> requests;
  while (auto asked = reader.next()) requests.push_back(std::move(*asked));
  return requests;
}

// Returns the requests of a whole stream that is fed `step` bytes at a time, followed by the end of input.
std::vector<QueryLines> read_stream(std::string_view bytes, std::size_t step) {
  RequestReader reader;
  std::vector<QueryLines> requests;
  const auto drain = [&] {
    for (QueryLines& asked : all_of(reader)) requests.push_back(std::move(asked));
  };
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(bytes.substr(at, step));
    drain();
  }
  reader.finish();
  drain();
  CHECK_FALSE(reader.has_partial());
  return requests;
}

// Returns a sender in the form in which it is stored.
std::string protocol_mailbox(const std::string& text) {
  std::string kept;
  protocol::set_mailbox(kept, text);
  return kept;
}

TEST_CASE("a request ends at an empty line or at the end of input, in pieces of any size") {
  const std::vector<std::string> streams = {
      std::string(kEximQuestion),                                          // Exim
      std::string(kEximQuestion) + "\n\n\n",                               // recipes with more empty lines
      std::string(kEximQuestion) + "\r\n \t\r\n   ",                       // ... and blanks
      "ip=192.0.2.66\nhelo=evil.test\nsender=u@fail.test\n",               // no empty line
      "ip=192.0.2.66\nhelo=evil.test\nsender=u@fail.test",                 // nor a last line end
      "ip=192.0.2.66\r\nhelo=evil.test\r\nsender=u@fail.test\r\n\r\n",     // CRLF
      "IP = 192.0.2.66  \nhelo=evil.test\t\nsender=<u@fail.test>\n \t\n",  // blanks
  };
  for (const std::string& stream : streams) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, stream.size()}) {
      CAPTURE(stream);
      CAPTURE(step);
      const auto requests = read_stream(stream, step);
      REQUIRE(requests.size() == 1);
      CHECK(requests[0].error == "");
      CHECK(requests[0].request.client->text() == "192.0.2.66");
      CHECK(requests[0].request.helo == "evil.test");
      CHECK(requests[0].request.sender == "u@fail.test");
    }
  }
}

TEST_CASE("an empty stream and an empty first request get one answer: an error") {
  for (const std::string stream : {"", "\n", "\n\n\n", " \r\n", "   "}) {
    CAPTURE(stream);
    const auto requests = read_stream(stream, 1);
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].error == "no ip= was given");
  }
  RequestReader reader;
  CHECK_FALSE(reader.next().has_value());
  CHECK_FALSE(reader.has_partial());
  reader.feed("\n");
  CHECK(reader.next().has_value());
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("requests may be pipelined, with empty lines between them") {
  std::string stream;
  for (int i = 0; i < 500; ++i) {
    stream += "keep=1\nid=" + std::to_string(i) + "\nip=192.0.2.1\nsender=a@example.com\n\n" +
              std::string(static_cast<std::size_t>(i % 3), '\n');
  }
  for (const std::size_t step : {std::size_t{1}, std::size_t{1000}, stream.size()}) {
    const auto requests = read_stream(stream, step);
    REQUIRE(requests.size() == 500);
    for (std::size_t i = 0; i < 500; ++i) {
      CHECK(requests[i].id == std::to_string(i));
      CHECK(requests[i].keep);
    }
  }
}

TEST_CASE("has_partial distinguishes an idle connection from an unfinished request") {
  RequestReader reader;
  reader.feed(kEximQuestion);
  CHECK(reader.next().has_value());
  CHECK_FALSE(reader.next().has_value());
  CHECK_FALSE(reader.has_partial());
  reader.feed("\n\n");
  CHECK_FALSE(reader.next().has_value());
  CHECK_FALSE(reader.has_partial());
  reader.feed("ip=192");
  CHECK_FALSE(reader.next().has_value());
  CHECK(reader.has_partial());
}

// Reads a request of these lines, whose end is marked by `end`.
QueryLines read_one(const std::string& lines, std::string_view end, std::size_t step) {
  const auto requests = read_stream(lines + std::string(end), step);
  REQUIRE(requests.size() == 1);
  return requests.front();
}

TEST_CASE("a long value affects only its own line: the others are read, in any order, in pieces of any size") {
  const std::vector<std::string> others = {"id=9", "ip=192.0.2.1", "rcpt=x@example.net", "format=json"};
  for (const std::string key : {"helo", "sender", "unknown", "receiver", ""}) {
    for (const std::size_t size : {0UL, 253UL, 254UL, 255UL, 256UL, 257UL, 1023UL, 1024UL, 1025UL, 8184UL, 8188UL, 8192UL, 8193UL,
                                   16384UL, 16385UL, 65000UL}) {
      const std::string long_line = (key.empty() ? "no key " : key + "=") + std::string(size, 'a');
      const std::string other_identity = key == "sender" ? "helo=h.example" : "sender=u@example.com";
      for (std::size_t place = 0; place <= others.size(); ++place) {
        std::string lines;
        for (std::size_t i = 0; i <= others.size(); ++i) {
          if (i == place) lines += long_line + "\n" + other_identity + "\n";
          if (i < others.size()) lines += others[i] + "\n";
        }
        for (const std::size_t step : {std::size_t{1}, std::size_t{4096}, lines.size() + 2}) {
          // Reading byte by byte takes long, so it is done only where it may make a difference.
          if (step == 1 && place != 1) continue;
          for (const auto* end : {"\n", "\r\n", ""}) {
            CAPTURE(key);
            CAPTURE(size);
            CAPTURE(place);
            CAPTURE(step);
            const QueryLines asked = read_one(lines, end, step);
            CHECK(asked.error == "");
            CHECK(asked.id == "9");
            CHECK(asked.format == Format::json);
            REQUIRE(asked.request.client);
            CHECK(asked.request.recipient == "x@example.net");
            CHECK(asked.request.sender == (key == "sender" ? protocol_mailbox(std::string(size, 'a')) : "u@example.com"));
            if (key == "sender") CHECK(asked.request.helo == "h.example");
            if (key == "helo" && size <= protocol::kMaxHelo) CHECK(asked.request.helo == std::string(size, 'a'));
            if (key == "helo" && size > protocol::kMaxHelo) {
              CHECK(asked.request.helo.size() == protocol::kMaxHelo + 1);
              CHECK_FALSE(dns::Name::parse(asked.request.helo));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a long sender keeps its domain, whatever its local part; so does a long recipient") {
  for (const std::size_t size : {1UL, 64UL, 65UL, 1012UL, 1013UL, 5000UL, 60000UL}) {
    CAPTURE(size);
    for (const std::string& local : {std::string(size, 'x'), "\"" + std::string(size, '@') + "\"", std::string(size, '\xc3')}) {
      const auto request =
          parse_query_lines("ip=192.0.2.1\nrcpt=<" + local + "@example.net>\nsender=<" + local + "@example.com>").request;
      CHECK(request.sender.ends_with(local.substr(local.size() - 1) + "@example.com"));
      CHECK(request.recipient.ends_with(local.substr(local.size() - 1) + "@example.net"));
      CHECK(request.sender.size() == std::min(protocol::kMaxMailbox, local.size() + 12));
      CHECK(request.sender.starts_with(local.size() + 12 > protocol::kMaxMailbox ? "..." : local.substr(0, 1)));
      CHECK(request.recipient.size() == request.sender.size());
    }
  }
}

TEST_CASE("a shortened HELO name does not become a valid name") {
  // 250 bytes of a name, followed by bytes that would vanish if the end were cut off and the blanks stripped.
  std::string name;
  while (name.size() < 250) name += "abcd.";
  for (const std::string& tail : {std::string(300, ' ') + "x", std::string(300, '.'), "." + std::string(300, 'x')}) {
    const std::string helo = parse_query_lines("ip=192.0.2.1\nhelo=" + name + tail).request.helo;
    CHECK(helo.size() == protocol::kMaxHelo + 1);
    CHECK_FALSE(dns::Name::parse(helo));
  }
  CHECK(parse_query_lines("ip=192.0.2.1\nscope=helo\nidentity=" + std::string(9000, 'a')).request.helo.size() ==
        protocol::kMaxHelo + 1);
}

TEST_CASE("bounds of the values that the mail server states about itself") {
  const std::string begin = "ip=192.0.2.1\nsender=a@b.test\n";
  CHECK(parse_query_lines(begin + "receiver=" + std::string(255, 'r')).request.receiver == std::string(255, 'r'));
  CHECK(parse_query_lines(begin + "receiver=" + std::string(256, 'r')).request.receiver == "");
  CHECK(parse_query_lines(begin + "id=" + std::string(2000, 'i')).id == std::string(protocol::kMaxId, 'i'));
  for (const std::string key : {"local", "guess_mechs"}) {
    CHECK(parse_query_lines(begin + key + "=" + std::string(protocol::kMaxTerms, 'a')).error == "");
    CHECK(parse_query_lines(begin + key + "=" + std::string(protocol::kMaxTerms + 1, 'a')).error ==
          key + "= is longer than 8192 bytes");
  }
  CHECK(parse_query_lines("sender=a@b.test\nip=192.0.2.1%" + std::string(9000, '1'))
            .error.starts_with("ip= is not an IP address: "));
}

TEST_CASE("a request of 64 KiB is read; one more byte is an error and ends its connection") {
  const std::string head = "id=9\nformat=json\nip=192.0.2.1\nsender=a@example.com\n";
  const auto with = [&](std::size_t size, std::string_view last_end) {
    std::string text = head + "filler=" + std::string(size - head.size() - 7 - last_end.size(), 'x') + std::string(last_end);
    REQUIRE(text.size() == size);
    return text;
  };
  const std::size_t most = protocol::kMaxRequest;
  for (const std::size_t step : {std::size_t{1}, std::size_t{4096}, std::size_t{100000}}) {
    for (const auto* last_end : {"\n", "\r\n"}) {
      for (const auto* end : {"\n", "\r\n", ""}) {
        CAPTURE(step);
        QueryLines asked = read_one(with(most, last_end), end, step);
        CHECK(asked.error == "");
        CHECK(asked.id == "9");
        asked = read_one(with(most + 1, last_end), end, step);
        CHECK(asked.error == "the request is longer than 65536 bytes");
        CHECK(asked.id == "9");
        CHECK(asked.format == Format::json);
      }
    }
    // Many lines instead of one long line.
    std::string stream = "ip=192.0.2.1\nsender=a@example.com\n";
    while (stream.size() <= most) stream += "unknown=1\n";
    CHECK(read_one(stream, "", step).error == "the request is longer than 65536 bytes");
  }
  // The error does not wait for the end of the long line, and nothing follows it.
  RequestReader reader;
  reader.feed(std::string(most + 2, 'x'));
  REQUIRE(reader.next().has_value());
  CHECK(reader.must_close());
  reader.feed(std::string(kEximQuestion));
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("a megabyte of small lines, one byte at a time, is read in linear time") {
  RequestReader reader;
  std::size_t requests = 0;
  for (int i = 0; i < 1000000; ++i) {
    reader.feed(i % 2 == 0 ? "x" : "\n");
    if (i % 100 == 99) reader.feed("\n");
    while (reader.next()) ++requests;
  }
  CHECK(requests == 10000);
}

}  // namespace
