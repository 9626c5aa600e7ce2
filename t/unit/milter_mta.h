// An MTA of the milter protocol in front of the codec: its packets, and one connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "common/protocol/milter.h"
#include "t/support/requests.h"
#include "t/unit/reply_of.h"

namespace milter_mta {

using protocol::DoorOptions;
using protocol::Request;
using support::check_of;
using support::is_check;
using support::is_ready;
using support::ready_of;
using std::string_literals::operator""s;

inline std::string number(std::uint32_t value) {
  std::string out;
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((value >> shift) & 0xff);
  return out;
}

inline std::string packet(char command, const std::string& data = "") {
  return number(static_cast<std::uint32_t>(data.size() + 1)) + command + data;
}

inline std::string offer(std::uint32_t version = 6, std::uint32_t actions = 0x1ff, std::uint32_t steps = 0x1fffff) {
  return packet('O', number(version) + number(actions) + number(steps));
}

inline std::string connect(const std::string& address = "192.0.2.66", char family = '4') {
  return packet('C', "host.evil.test\0"s + family + "\x9c\x40"s + address + '\0');
}

inline std::string helo(const std::string& name = "evil.test") { return packet('H', name + '\0'); }
inline std::string mail(const std::string& sender = "<u@fail.test>") { return packet('M', sender + '\0' + "SIZE=100\0"s); }
inline std::string header(const std::string& name, const std::string& value) { return packet('L', name + '\0' + value + '\0'); }
inline std::string inserted(const std::string& name, const std::string& value) {
  return packet('i', number(0) + name + '\0' + value + '\0');
}
inline std::string removed(std::uint32_t index, const std::string& name) { return packet('m', number(index) + name + "\0\0"s); }

inline const std::string kOn = packet('c');

inline receiver::Reply reply_of(spf::Result result) { return unit::reply_of(result, "100% \"no\""); }

// One connection of an MTA, and what a session does with it.
struct Mta {
  Mta() { options.hostname = "mx.example.org"; }

  protocol::MilterCodec codec;
  DoorOptions options;
  spf::Result result = spf::Result::pass;
  std::size_t step = 100000;  // bytes per piece
  std::vector<Request> items = {};

  std::string say(std::string_view bytes) {
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      codec.feed(bytes.substr(at, step));
      drain(out);
    }
    return out;
  }
  std::string end_of_input() {
    std::string out;
    codec.finish();
    drain(out);
    return out;
  }
  std::string begin(const std::string& client = connect()) { return say(offer() + client + helo()); }
  [[nodiscard]] const Request& last() const { return items.back(); }

 private:
  void drain(std::string& out) {
    Request item;
    while (codec.next({options, 1234}, item)) {
      CHECK(item.door == protocol::Door::milter);
      items.push_back(item);
      if (is_check(item)) {
        codec.encode(check_of(item), reply_of(result), options, out);
      } else {
        CHECK(is_ready(item, protocol::Ready::Kind::packet));
        out += ready_of(item).answer;
      }
    }
  }
};

// RCPT, BODY, HDRS, EOH, UNKNOWN and DATA off; no replies to CONNECT and HELO.
inline constexpr std::uint32_t kSteps = 0x08 | 0x10 | 0x20 | 0x40 | 0x100 | 0x200 | 0x1000 | 0x2000;

}  // namespace milter_mta
