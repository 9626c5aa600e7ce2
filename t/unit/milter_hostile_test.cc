// The milter codec, driven by byte strings that no MTA should send: broken packets, and values of any length and content.
#include "common/protocol/milter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "t/support/requests.h"
#include "t/support/show.h"
#include "t/unit/milter_mta.h"

using namespace std::string_literals;

namespace {

using protocol::Request;
using support::check_of;
using support::is_check;
using support::is_ready;
using namespace milter_mta;  // NOLINT(google-build-using-namespace)

TEST_CASE("bytes that cannot be parsed are reported in the log and end the connection, without an answer") {
  const std::string begin = offer() + connect() + helo();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {number(0), "a packet has an invalid length"},
      {number(0xffffffff) + "O", "a packet has an invalid length"},
      {number(1U << 20U), "a packet has an invalid length"},
      {"GET / HTTP/1.0\r\n\r\n", "a packet has an invalid length"},
      {connect(), "the connection begins without negotiation"},
      {packet('?'), "the connection begins without negotiation"},
      {packet('O'), "the negotiation is too short"},
      {packet('O', number(6) + number(1)), "the negotiation is too short"},
      {offer(1), "protocol version 1 is too old"},
      {offer() + packet('?'), "unknown command '?'"},
      {offer() + packet('\x01'), "unknown command 0x01"},
      {offer() + packet('\0'), "unknown command 0x00"},
      {offer() + helo(), "'H' without a connection"},
      {offer() + mail(), "'M' without a connection"},
      {offer() + packet('E'), "'E' without a connection"},
      {offer() + packet('K') + mail(), "'M' without a connection"},
      {begin + offer(), "negotiation in the middle of a connection"},
      {begin + connect(), "a second SMTP client before the first one has quit"},
      {begin + packet('E'), "'E' without a message"},
      {begin + packet('B', "x"), "'B' without a message"},
      {begin + header("a", "b"), "'L' without a message"},
      {begin + mail() + packet('E') + packet('E'), "'E' without a message"},
      {begin + mail() + packet('A') + packet('R', "<a@b>\0"s), "'R' without a message"},
      {begin + packet('M'), "MAIL without a sender"},
      {offer() + packet('C'), "unknown address family 0x00"},
      {offer() + packet('C', "host\0X"s), "unknown address family 'X'"},
      {offer() + packet('C', "host\0004"s), "the connection has no address"},
      {offer() + packet('C', "host\0006\0\0\0"s), "the connection has no address"},
  };
  for (const auto& one : cases) {
    const std::string& bytes = one.first;
    const std::string& error = one.second;
    for (const std::size_t step : {std::size_t{1}, std::size_t{100000}}) {
      CAPTURE(error);
      Mta m;
      m.step = step;
      const std::string out = m.say(bytes);
      REQUIRE(!m.items.empty());
      CHECK(is_check(m.last()));
      CHECK(check_of(m.last()).error == error);
      CHECK(m.last().closes);
      CHECK(m.codec.is_broken());
      CHECK_FALSE(m.codec.has_partial());
      // No items follow.
      const std::size_t count = m.items.size();
      CHECK(m.say(begin + mail()) == "");
      CHECK(m.items.size() == count);
    }
  }
}

TEST_CASE("HELO names, senders and recipients of any length are checked, in pieces of any size") {
  for (const std::size_t size : {253UL, 255UL, 256UL, 1023UL, 1025UL, 8188UL, 8193UL, 65000UL, 100000UL}) {
    for (const std::size_t step : {std::size_t{1000}, std::size_t{1000000}}) {
      CAPTURE(size);
      Mta m;
      m.step = step;
      m.options.milter_at_recipient = true;
      m.say(offer() + connect() + helo(std::string(size, 'h')));
      CHECK(m.say(mail("<" + std::string(size, 's') + "@fail.test>")) == kOn);
      m.result = spf::Result::fail;
      CHECK(m.say(packet('R', "<" + std::string(size, 'r') + "@lab.test>\0"s)).find("550 5.7.23 ") != std::string::npos);
      const Request& item = m.last();
      CHECK(is_check(item));
      CHECK(check_of(item).error == "");
      CHECK(check_of(item).request.client->text() == "192.0.2.66");
      CHECK(check_of(item).request.helo.size() == std::min<std::size_t>(size, 256));
      CHECK(check_of(item).request.sender.ends_with("s@fail.test"));
      CHECK(check_of(item).request.recipient.ends_with("r@lab.test"));
      CHECK(check_of(item).request.sender.size() == std::min<std::size_t>(size + 10, 1024));
    }
  }
}

TEST_CASE("the end of the connection is an error in the middle of a packet, and is not one between packets") {
  Mta m;
  m.begin();
  CHECK(m.end_of_input() == "");
  CHECK(is_ready(m.last(), protocol::Ready::Kind::packet));
  CHECK_FALSE(m.codec.is_broken());

  Mta cut;
  cut.begin();
  cut.say(mail().substr(0, 9));
  CHECK(cut.codec.has_partial());
  cut.end_of_input();
  CHECK(check_of(cut.last()).error == "the connection ended in the middle of a packet");

  Mta slow;
  slow.say("\0"s);
  Request item;
  slow.codec.give_up("too slow", item);
  CHECK(check_of(item).error == "too slow");
  CHECK(item.closes);
  CHECK(item.door == protocol::Door::milter);
}

TEST_CASE("hostile values reach the receiver; an answer stays one line") {
  Mta m;
  m.say(offer() + connect() + helo("a\r\nb\xff") + packet('D', "Cj\0"s + std::string(100000, 'j') + '\0'));
  m.say(mail("<" + std::string(60000, 'x') + "\r\n\xff@fail.test>"));
  CHECK(check_of(m.last()).request.helo == "a\r\nb\xff");
  CHECK(check_of(m.last()).request.sender.size() == 1024);
  CHECK(check_of(m.last()).request.sender.ends_with("\r\n\xff@fail.test"));
  CHECK(check_of(m.last()).request.receiver.size() == 512);
  m.say(packet('D') + packet('D', "M") + packet('D', "Mi") + packet('D', "M\0\0\0{\0x\0{}\0y\0"s));

  receiver::Reply reply = reply_of(spf::Result::fail);
  for (int c = 0; c < 256; ++c) reply.smtp_comment += static_cast<char>(c);
  Request item = m.last();
  std::string out;
  m.codec.encode(check_of(item), reply, m.options, out);
  REQUIRE(out.size() > 6);
  CHECK(out.back() == '\0');
  for (const char c : out.substr(5, out.size() - 6)) CHECK(base::is_printable(c));
}

TEST_CASE("a message with more than 1000 forged headers is refused, and the connection continues") {
  Mta m;
  m.options.milter_remove_forged = true;
  m.begin();
  const std::string one = header("Received-SPF", "pass receiver=mx.example.org");
  std::string forged;
  for (int i = 0; i < 1000; ++i) forged += one;
  m.say(mail() + forged);
  CHECK(m.say(packet('E')).ends_with(removed(1, "Received-SPF") + inserted("Received-SPF", "pass client-ip=192.0.2.66") + kOn));
  m.say(mail() + forged + one);
  CHECK(m.say(packet('E')) == packet('y', "550 5.7.1 Too many header fields claim to be written by this host\0"s));
  CHECK_FALSE(m.codec.is_broken());
  m.say(mail() + one);
  CHECK(m.say(packet('E')) == removed(1, "Received-SPF") + inserted("Received-SPF", "pass client-ip=192.0.2.66") + kOn);
}

}  // namespace
