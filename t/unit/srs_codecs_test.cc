// The three protocols in which mail servers request the rewriting of senders: bytes become requests; replies become bytes.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/line_cutter.h"
#include "common/protocol/socketmap.h"
#include "common/protocol/srs_codec.h"
#include "common/protocol/srs_lines.h"
#include "common/protocol/srs_reader.h"
#include "common/protocol/tcp_table.h"
#include "common/receiver/srs_request.h"
#include "t/support/rewrite.h"
#include "t/support/show.h"

namespace {

using namespace std::string_literals;
using protocol::SrsMap;
using protocol::SrsProtocol;
using protocol::SrsReader;
using receiver::SrsReply;
using receiver::SrsRequest;
using Kind = SrsRequest::Kind;

constexpr std::uint64_t kDay = 18262;

std::string shown(const SrsRequest& request) {
  switch (request.kind) {
    case Kind::forward:
      return "forward [" + request.address + "] [" + request.alias + "]" +
             (request.spf ? " " + std::string(spf::result_name(*request.spf)) : "") +
             (request.in_rule_set.empty() ? "" : " for a rule set");
    case Kind::reverse: return "reverse [" + request.address + "]" + (request.in_rule_set.empty() ? "" : " for a rule set");
    case Kind::too_long: return "too long: " + request.error;
    case Kind::invalid: return "invalid: " + request.error;
    case Kind::given_up: return "given up: " + request.error;
  }
  return "?";
}

// Returns all requests of an input that is fed in pieces of one size.
template <class Reader>
std::vector<std::string> read(Reader reader, std::string_view input, std::size_t piece) {
  std::vector<std::string> out;
  const auto take = [&] {
    while (const auto request = reader.next()) out.push_back(shown(*request));
  };
  while (!input.empty()) {
    reader.feed(input.substr(0, piece));
    input.remove_prefix(std::min(piece, input.size()));
    take();
  }
  reader.finish();
  take();
  if (reader.must_close()) out.emplace_back("close");
  return out;
}

template <class Reader>
std::vector<std::string> read(const Reader& reader, std::string_view input) {
  auto at_once = read(reader, input, input.size() + 1);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) CHECK(read(reader, input, piece) == at_once);
  return at_once;
}

using Strings = std::vector<std::string>;
std::string netstring(std::string_view content) { return std::to_string(content.size()) + ":" + std::string(content) + ","; }

srs::Rewriter rewriter() {
  srs::Config config;
  config.secrets = {"tops3cr3t"};
  config.rewriting_domain = "example.com";
  auto made = srs::Rewriter::make(config);
  REQUIRE(made.ok());
  return *made;
}

// Returns the bytes that a server would write for an input.
std::string serve(std::string_view input, SrsMap map = SrsMap::forward) {
  const srs::Rewriter srs = rewriter();
  SrsReader reader(map);
  std::string out;
  reader.feed(input);
  while (const auto request = reader.next()) out += encode_srs(*reader.protocol(), support::rewrite(*request, srs, kDay));
  reader.finish();
  while (const auto request = reader.next()) out += encode_srs(*reader.protocol(), support::rewrite(*request, srs, kDay));
  return out;
}

TEST_CASE("lines are split in the same way in pieces of any size") {
  const auto cut = [](std::string_view input, std::size_t piece) {
    protocol::LineCutter lines(4);
    Strings out;
    const auto take = [&] {
      while (const auto line = lines.next()) out.emplace_back(*line);
    };
    for (std::size_t at = 0; at < input.size(); at += piece) {
      lines.feed(input.substr(at, piece));
      take();
    }
    lines.finish();
    take();
    if (lines.is_broken()) out.emplace_back("broken");
    CHECK_FALSE(lines.has_partial());
    return out;
  };
  for (const std::size_t piece : {1U, 2U, 3U, 5U, 100U}) {
    CAPTURE(piece);
    CHECK(cut("", piece) == Strings{});
    CHECK(cut("\n", piece) == Strings{""});
    CHECK(cut("a\n\nbc\r\nabcd\r\nabcd", piece) == Strings{"a", "", "bc", "abcd", "abcd"});
    CHECK(cut("a\rb\n", piece) == Strings{"a\rb"});
    CHECK(cut("ab\r", piece) == Strings{"ab"});
    CHECK(cut("a\nabcde\nb\n", piece) == Strings{"a", "broken"});
    CHECK(cut("abcde", piece) == Strings{"broken"});
    CHECK(cut("abcd\re\n", piece) == Strings{"broken"});
  }
}

TEST_CASE("srsd lines: FORWARD and REVERSE, in any case") {
  const auto lines = [](std::string_view input) { return read(protocol::SrsLinesReader(), input); };
  CHECK(lines("FORWARD a@b.org example.com\n") == Strings{"forward [a@b.org] [example.com]", "close"});
  CHECK(lines("forward a@b.org bob@example.com\r\n") == Strings{"forward [a@b.org] [bob@example.com]", "close"});
  CHECK(lines("Reverse SRS0=x@example.com\n") == Strings{"reverse [SRS0=x@example.com]", "close"});
  CHECK(lines("REVERSE a@b.org") == Strings{"reverse [a@b.org]", "close"});  // end of input
  CHECK(lines("  FORWARD\t a@b.org \t example.com  \n") == Strings{"forward [a@b.org] [example.com]", "close"});
  CHECK(lines("FORWARD \"a b\"@b.org example.com\n") == Strings{"forward [\"a b\"@b.org] [example.com]", "close"});
  // Exim writes an empty sender as nothing between two blanks.
  CHECK(lines("FORWARD  example.com\n") == Strings{"forward [] [example.com]", "close"});
  CHECK(lines("FORWARD <> example.com\n") == Strings{"forward [<>] [example.com]", "close"});
  // A connection has one request; a connection without data has none.
  CHECK(lines("REVERSE a@b\nREVERSE c@d\n") == Strings{"reverse [a@b]", "close"});
  CHECK(lines("").empty());
}

TEST_CASE("srsd lines: FORWARD may report the message's SPF result; text in a sender cannot") {
  const auto line = [](std::string_view input) { return read(protocol::SrsLinesReader(), input).front(); };
  for (const std::string result : {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"}) {
    CHECK(line("FORWARD a@b.org example.com spf=" + result + "\n") == "forward [a@b.org] [example.com] " + result);
  }
  CHECK(line("forward a@b.org example.com SPF=Fail \r\n") == "forward [a@b.org] [example.com] fail");
  // The words of legacy-results, as Exim passes them on.
  CHECK(line("FORWARD a@b.org example.com spf=unknown\n") == "forward [a@b.org] [example.com] permerror");
  CHECK(line("FORWARD a@b.org example.com spf=error\n") == "forward [a@b.org] [example.com] temperror");
  CHECK(line("FORWARD  example.com spf=fail\n") == "forward [] [example.com] fail");
  // The server has no result.
  CHECK(line("FORWARD a@b.org example.com spf=\n") == "forward [a@b.org] [example.com]");
  // A quoted sender is not a result, and an alias may begin in the same way.
  CHECK(line("FORWARD \"x spf=pass\"@b.org example.com\n") == "forward [\"x spf=pass\"@b.org] [example.com]");
  CHECK(line("FORWARD \"x y spf=pass \"@b.org example.com spf=fail\n") == "forward [\"x y spf=pass \"@b.org] [example.com] fail");
  CHECK(line("FORWARD a@b.org spf=fail@example.com\n") == "forward [a@b.org] [spf=fail@example.com]");
}

TEST_CASE("srsd lines: bad ones get an error") {
  const auto line = [](std::string_view input) {
    const auto out = read(protocol::SrsLinesReader(), input);
    REQUIRE(out.size() == 2);
    CHECK(out[1] == "close");
    return out[0];
  };
  CHECK(line("\n") == "invalid: the request is neither FORWARD nor REVERSE");
  CHECK(line("FORWARDS a b\n") == "invalid: the request is neither FORWARD nor REVERSE");
  CHECK(line("HELP\n") == "invalid: the request is neither FORWARD nor REVERSE");
  CHECK(line("\0\xff\n"s) == "invalid: the request is neither FORWARD nor REVERSE");
  CHECK(line("FORWARD a@b.org spf=fail\n") == "invalid: FORWARD takes a sender and an alias");
  CHECK(line("FORWARD example.com spf=fail\n") == "invalid: FORWARD takes a sender and an alias");
  CHECK(line("FORWARD a@b.org example.com spf=bad\n") == "invalid: spf= is not one of the results of SPF");
  CHECK(line("FORWARD a@b.org example.com spf=failed\n") == "invalid: spf= is not one of the results of SPF");
  CHECK(line("FORWARD\n") == "invalid: FORWARD takes a sender and an alias");
  CHECK(line("FORWARD a@b.org\n") == "invalid: FORWARD takes a sender and an alias");
  CHECK(line("REVERSE \n") == "invalid: REVERSE takes an address");
  CHECK(line(std::string(4097, 'a')) == "too long: the line is longer than 4096 bytes");
  CHECK(line("REVERSE " + std::string(4088, 'a') + "\n").starts_with("reverse [aaa"));
  CHECK(line("REVERSE " + std::string(4089, 'a') + "\n") == "too long: the line is longer than 4096 bytes");
}

TEST_CASE("tcp_table: get KEY, with %XX") {
  const auto forward = [](std::string_view input) { return read(protocol::TcpTableReader(SrsMap::forward), input); };
  CHECK(forward("get a@b.org\nget c@d.org\r\n") == Strings{"forward [a@b.org] []", "forward [c@d.org] []"});
  CHECK(read(protocol::TcpTableReader(SrsMap::reverse), "get a@b.org\n") == Strings{"reverse [a@b.org]"});
  CHECK(forward("get \"a%20b\"@b.org\n") == Strings{"forward [\"a b\"@b.org] []"});
  CHECK(forward("get %25%0a%00%c3%A4@b.org\n") == Strings{"forward [%\n\0\xc3\xa4@b.org] []"s});
  CHECK(forward("get \n") == Strings{"forward [] []"});
  CHECK(forward("get a") == Strings{"forward [a] []"});
  CHECK(forward("").empty());
}

TEST_CASE("tcp_table: bad coding and other commands are errors; a line that is too long ends the connection") {
  const auto one = [](std::string_view input) {
    const auto out = read(protocol::TcpTableReader(SrsMap::forward), input);
    REQUIRE(out.size() == 1);
    return out[0];
  };
  for (const std::string_view key : {"%", "a%4", "%zz", "%4g", "%%41", "% 1", "%-1", "%+1"}) {
    CAPTURE(key);
    CHECK(one("get " + std::string(key) + "\n") == "invalid: the key has a % without two hexadecimal digits");
  }
  for (const std::string_view line : {"", "get", "GET a@b", "put a b", "foo bar", "getx", "REVERSE a"}) {
    CAPTURE(line);
    CHECK(one(std::string(line) + "\n") == "invalid: the request is not \"get KEY\"");
  }
  const auto reader = protocol::TcpTableReader(SrsMap::forward);
  CHECK(read(reader, "get x\nget " + std::string(8189, 'a') + "\nget y\n") ==
        Strings{"forward [x] []", "too long: the request is longer than 8192 bytes", "close"});
  CHECK(read(reader, "get " + std::string(8188, 'a') + "\n").size() == 1);
  // The longest line that Postfix accepts from a client, with three bytes for each.
  std::string longest = "get ";
  for (int i = 0; i < 2048; ++i) longest += "%20";
  CHECK(read(reader, longest + "\nget y\n").back() == "forward [y] []");
}

TEST_CASE("tcp_table: values are encoded so that decoding restores them") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const std::string line = protocol::encode_tcp_table({SrsReply::Kind::ok, all, {}});
  REQUIRE(line.starts_with("200 "));
  CHECK(line.find_first_of(" \n\r\t", 4) == line.size() - 1);
  const auto back = protocol::parse_tcp_table_line("get " + line.substr(4, line.size() - 5), SrsMap::forward);
  CHECK(back.address == all);
  CHECK(protocol::encode_tcp_table({SrsReply::Kind::ok, "\"a b\"%@\xc3\xa4", {}}) == "200 \"a%20b\"%25@%c3%a4\n");
}

TEST_CASE("socketmap: netstrings of map and key") {
  const auto maps = [](std::string_view input) { return read(protocol::SocketmapReader(), input); };
  CHECK(maps(netstring("forward a@b.org") + netstring("reverse c@d.org")) ==
        Strings{"forward [a@b.org] []", "reverse [c@d.org]"});
  CHECK(maps(netstring("SRS-Forward a@b.org")) == Strings{"forward [a@b.org] []"});
  CHECK(maps(netstring("forward ")) == Strings{"forward [] []"});
  CHECK(maps(netstring("forward  \"a b\"@c,\n\0"s)) == Strings{"forward [ \"a b\"@c,\n\0] []"s});
  CHECK(maps("").empty());
}

TEST_CASE("socketmap: rule sets for pysrs send the content of their work space") {
  const auto map = [](std::string_view content) { return read(protocol::SocketmapReader(), netstring(content)).front(); };
  CHECK(map("make_srs user<@example.org.>") == "forward [user@example.org] [] for a rule set");
  CHECK(map("Make-SRS user<@example.org>") == "forward [user@example.org] [] for a rule set");
  CHECK(map("make_srs user@example.org") == "forward [user@example.org] [] for a rule set");
  CHECK(map("make_srs mx.final.example\x9buser<@example.org.>") == "forward [user@example.org] [] for a rule set");
  CHECK(map("make_srs \"a<@b.>\"<@example.org.>") == "forward [\"a<@b.>\"@example.org] [] for a rule set");
  // This byte is part of a letter in UTF-8.
  CHECK(map("make_srs m\xc4\x9b.example\x9bm\xc4\x9b<@example.org.>") == "forward [m\xc4\x9b@example.org] [] for a rule set");
  CHECK(map("make_srs m\xc4\x9b<@example.org.>") == "forward [m\xc4\x9b@example.org] [] for a rule set");
  // The null sender; mail that is delivered here.
  CHECK(map("make_srs mx.example\x9b<@>") == "forward [] [] for a rule set");
  CHECK(map("make_srs \x9buser<@example.org.>") == "forward [] [] for a rule set");
  CHECK(map("reverse_srs SRS0=H=TT=example.org=user<@example.com.>") ==
        "reverse [SRS0=H=TT=example.org=user@example.com] for a rule set");

  const auto answers = [](std::string_view content) { return serve(netstring(content)); };
  const std::string rewritten = "SRS0=vmyz=2W=otherdomain.com=test<@example.com.>";
  CHECK(answers("make_srs mx.final.example\x9btest<@otherdomain.com.>") == netstring("OK " + rewritten));
  CHECK(answers("make_srs test<@otherdomain.com.>") == netstring("OK " + rewritten));
  CHECK(answers("reverse_srs " + rewritten) == netstring("OK test<@otherdomain.com.>"));
  // There is no other address: the rule set continues with the answer.
  CHECK(answers("make_srs mx.final.example\x9btest<@example.com.>") == netstring("OK test<@example.com.>"));
  CHECK(answers("make_srs mx.final.example\x9b" + rewritten) == netstring("OK " + rewritten));
  CHECK(answers("make_srs mx.final.example\x9b<@>") == netstring("OK <@>"));
  CHECK(answers("make_srs \x9btest<@otherdomain.com.>") == netstring("OK test<@otherdomain.com.>"));
  CHECK(answers("make_srs mx.final.example\x9bnobody") == netstring("OK nobody"));
  CHECK(answers("make_srs x\x9b") == netstring("NOTFOUND the null sender is not rewritten"));
  CHECK(answers("reverse_srs SRS0=FAKE=2W=otherdomain.com=test<@example.com.>") ==
        netstring("OK SRS0=FAKE=2W=otherdomain.com=test<@example.com.>"));
}

TEST_CASE("socketmap: unknown maps, and bytes that are not a netstring") {
  const auto maps = [](std::string_view input) { return read(protocol::SocketmapReader(), input); };
  CHECK(maps(netstring("aliases a@b.org")) == Strings{"invalid: there is no map \"aliases\""});
  CHECK(maps(netstring(" a@b.org")) == Strings{"invalid: there is no map \"\""});
  CHECK(maps(netstring("forward")) == Strings{"invalid: the request is not \"map key\""});
  CHECK(maps(netstring("")) == Strings{"invalid: the request is not \"map key\""});
  CHECK(maps(netstring("\n\x01 x")) == Strings{"invalid: there is no map \"\\x0a\\x01\""});
  for (const std::string_view input :
       {"x", ":", "1x", "-1:a,", "+1:a,", " 1:a,", "01:a,", "00:,", "0x1:a,", "1 :a,", "forward a@b\n"}) {
    CAPTURE(input);
    CHECK(maps(input) == Strings{"invalid: this is not a netstring", "close"});
  }
  for (const std::string_view length :
       {"100001", "2147483648", "4294967296", "18446744073709551616", "99999999999999999999999"}) {
    CAPTURE(length);
    CHECK(maps(std::string(length) + ":") == Strings{"invalid: the netstring is longer than 100000 bytes", "close"});
  }
  CHECK(maps(std::string(100'000, '1')) == Strings{"invalid: the netstring is longer than 100000 bytes", "close"});
  CHECK(maps(std::string(100'000, '0')) == Strings{"invalid: this is not a netstring", "close"});
  CHECK(maps("9:forward a;") == Strings{"invalid: the netstring does not end with a comma", "close"});
  CHECK(maps("9:forward a" + netstring("reverse b")) == Strings{"invalid: the netstring does not end with a comma", "close"});
  for (const std::string_view input : {"1", "9:", "9:forw", "9:forward a"}) {
    CAPTURE(input);
    CHECK(maps(input) == Strings{"invalid: the input ended within a netstring", "close"});
  }
}

TEST_CASE("socketmap: a netstring that is too long for an address is skipped, and the next one is read") {
  const auto maps = [](std::string_view input) { return read(protocol::SocketmapReader(), input); };
  const Strings expected{"too long: the request is longer than 4096 bytes", "reverse [b]"};
  CHECK(maps(netstring("forward " + std::string(99'992, 'a')) + netstring("reverse b")) == expected);
  CHECK(maps(netstring("forward " + std::string(4089, 'a')) + netstring("reverse b")) == expected);
  CHECK(maps(netstring("forward " + std::string(4088, 'a')) + netstring("reverse b")).front().starts_with("forward [aaa"));
}

TEST_CASE("replies in each protocol") {
  using Reply = SrsReply::Kind;
  const auto all = [](const SrsReply& reply) {
    return Strings{protocol::encode_srs_line(reply), protocol::encode_tcp_table(reply), protocol::encode_socketmap(reply)};
  };
  CHECK(all({Reply::ok, "a@b", {}}) == Strings{"a@b\n", "200 a@b\n", "6:OK a@b,"});
  CHECK(all({Reply::unchanged, "a@b", "it is ours"}) == Strings{"a@b\n", "500 it is ours\n", "19:NOTFOUND it is ours,"});
  CHECK(all({Reply::not_found, "no such", {}}) == Strings{"ERROR: no such\n", "500 no such\n", "16:NOTFOUND no such,"});
  CHECK(all({Reply::temporary, "later", {}}) == Strings{"ERROR: later\n", "400 later\n", "10:TEMP later,"});
  CHECK(all({Reply::timeout, "slow", {}}) == Strings{"ERROR: slow\n", "400 slow\n", "12:TIMEOUT slow,"});
  CHECK(all({Reply::permanent, "bad", {}}) == Strings{"ERROR: bad\n", "400 bad\n", "8:PERM bad,"});
  // No text can end a line.
  CHECK(all({Reply::not_found, "a\nb\r\0\x7f"s, {}})[0] == "ERROR: a\\x0ab\\x0d\\x00\\x7f\n");
  CHECK(all({Reply::permanent, "a\nb", {}})[1] == "400 a\\x0ab\n");
}

TEST_CASE("the first bytes of a connection identify its protocol") {
  for (const std::string_view first : {"0", "9", "12:", "9forward"})
    CHECK(protocol::recognise_srs(first) == SrsProtocol::socketmap);
  for (const std::string_view first : {"get ", "get a", "put ", "put x y"})
    CHECK(protocol::recognise_srs(first) == SrsProtocol::tcp_table);
  for (const std::string_view first : {"F", "forward", "R", "GET ", "gx", "get\n", "getx", "\n", "\0", "pxx", "\xff"}) {
    CHECK(protocol::recognise_srs(first.empty() ? "\0"s : std::string(first)) == SrsProtocol::lines);
  }
  for (const std::string_view first : {"", "g", "ge", "get", "p", "pu", "put"})
    CHECK_FALSE(protocol::recognise_srs(first).has_value());
  CHECK(protocol::srs_protocol_name(SrsProtocol::tcp_table) == "tcp_table");
}

TEST_CASE("a request that is given up gets an answer of its own protocol, which asks for a later try") {
  srs::Config config;
  config.secrets = {"secret"};
  config.rewriting_domain = "fwd.example";
  const srs::Rewriter rewriter = *srs::Rewriter::make(config);
  const auto answer_to = [&](std::string_view before, std::string_view partial) {
    protocol::SrsCodec codec(SrsMap::forward);
    protocol::Request request;
    const protocol::DoorOptions options;
    codec.feed(before);
    while (codec.next({options, 0}, request)) {}
    codec.feed(partial);
    CHECK_FALSE(codec.next({options, 0}, request));
    CHECK(codec.has_partial());
    codec.give_up("too slow", request);
    CHECK(request.closes);
    const auto& rewriting = std::get<protocol::RewritingRequest>(request.what);
    return encode_srs(rewriting.protocol, support::rewrite(rewriting.request, rewriter, kDay));
  };
  CHECK(answer_to("", "FORWARD a@b") == "ERROR: too slow\n");
  for (const std::string_view before : {"", "get a@b.example\n"}) {
    for (const std::string_view partial : {"g", "ge", "get", "get ", "get a@b"}) {
      CAPTURE(before);
      CAPTURE(partial);
      CHECK(answer_to(before, partial) == "400 too slow\n");
    }
  }
  for (const std::string& before : {std::string(), netstring("forward a@b.example")}) {
    for (const std::string_view partial : {"1", "11:", "11:forward a", "11:forward a@b"})
      CHECK(answer_to(before, partial) == "13:TEMP too slow,");
  }
}

TEST_CASE("one reader for all protocols, in pieces of any size") {
  const auto all = [](std::string_view input) { return read(SrsReader(SrsMap::forward), input); };
  CHECK(all("FORWARD a@b c\n") == Strings{"forward [a@b] [c]", "close"});
  CHECK(all("get a@b\nget c@d\n") == Strings{"forward [a@b] []", "forward [c@d] []"});
  CHECK(all(netstring("reverse a@b") + netstring("forward c@d")) == Strings{"reverse [a@b]", "forward [c@d] []"});
  CHECK(all("ge") == Strings{"invalid: the request is not \"get KEY\""});
  CHECK(all("put a b\nget x\n") == Strings{"invalid: the request is not \"get KEY\"", "forward [x] []"});
  CHECK(all("").empty());

  SrsReader reader(SrsMap::reverse);
  CHECK_FALSE(reader.protocol().has_value());
  CHECK_FALSE(reader.has_partial());
  reader.feed("ge");
  CHECK(reader.has_partial());
  CHECK_FALSE(reader.next().has_value());
  reader.feed("t a");
  CHECK(reader.protocol() == SrsProtocol::tcp_table);
  CHECK_FALSE(reader.next().has_value());
  CHECK(reader.has_partial());
  reader.feed("\n");
  CHECK(shown(*reader.next()) == "reverse [a]");
  CHECK_FALSE(reader.has_partial());
}

TEST_CASE("requests are answered with a rewritten address, the same address, or none") {
  CHECK(serve("FORWARD test@otherdomain.com bob@example.com\n") == "SRS0=vmyz=2W=otherdomain.com=test@example.com\n");
  CHECK(serve("REVERSE SRS0=vmyz=2W=otherdomain.com=test@example.com\n") == "test@otherdomain.com\n");
  CHECK(serve("FORWARD test@example.com bob@example.com\n") == "test@example.com\n");
  CHECK(serve("FORWARD  bob@example.com\n") == "\n");
  CHECK(serve(netstring("forward \"\"")) == netstring("NOTFOUND the null sender is not rewritten"));
  CHECK(serve("get \"\"\n") == "500 the null sender is not rewritten\n");
  CHECK(serve("REVERSE bob@example.com\n") == "ERROR: it is not an SRS address\n");
  CHECK(serve("REVERSE SRS0=FAKE=2W=otherdomain.com=test@example.com\n") == "ERROR: the hash is wrong\n");
  CHECK(serve("FORWARD nobody example.com\n") == "ERROR: the address has no @\n");
  CHECK(serve("nonsense\n") == "ERROR: the request is neither FORWARD nor REVERSE\n");

  CHECK(serve("get test@otherdomain.com\nget test@example.com\nget bob\nget %\n") ==
        "200 SRS0=vmyz=2W=otherdomain.com=test@example.com\n500 the sender is in one of our domains\n500 the address has no @\n"
        "400 the key has a % without two hexadecimal digits\n");
  CHECK(serve("get \"a%20b\"@otherdomain.com\n") == "200 \"SRS0=Po3q=2W=otherdomain.com=a%20b\"@example.com\n");
  CHECK(serve("get \"SRS0=Po3q=2W=otherdomain.com=a%20b\"@example.com\n", SrsMap::reverse) == "200 \"a%20b\"@otherdomain.com\n");
  CHECK(serve("get SRS0=0bVp=2W=otherdomain.com=\"a%20b\"@example.com\nget bob@example.com\n", SrsMap::reverse) ==
        "200 \"a%20b\"@otherdomain.com\n500 it is not an SRS address\n");

  CHECK(serve(netstring("forward test@otherdomain.com") + netstring("reverse SRS0=FAKE=2W=otherdomain.com=test@example.com") +
              netstring("aliases root")) == netstring("OK SRS0=vmyz=2W=otherdomain.com=test@example.com") +
                                                netstring("NOTFOUND the hash is wrong") +
                                                netstring("PERM there is no map \"aliases\""));
  // RFC 5321 §4.5.3.1: not rewritten, and reported.
  CHECK(serve(netstring("forward " + std::string(230, 'a') + "@otherdomain.com")) ==
        netstring("NOTFOUND the local part would be 259 octets long; the limit is 254"));
  CHECK(serve("get " + std::string(9000, 'a') + "\n") == "500 the request is longer than 8192 bytes\n");
}

}  // namespace
