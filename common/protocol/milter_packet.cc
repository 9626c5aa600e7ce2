#include "common/protocol/milter_packet.h"

#include <algorithm>

namespace protocol::milter {

namespace {

constexpr std::size_t kLengthBytes = 4;

void append_number(std::uint32_t number, std::string& out) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>((number >> shift) & 0xffU);
}

void append_length(std::size_t size, std::string& out) { append_number(static_cast<std::uint32_t>(size), out); }

}  // namespace

PacketReader::Found PacketReader::next(Packet& packet) {
  if (buffer_.empty()) buffer_.clear();
  std::string_view rest = buffer_.rest();
  if (rest.size() < kLengthBytes) return Found::nothing;
  const std::uint32_t length = take_number(rest);
  if (length == 0 || length > kMaxPacket) return Found::bad_length;
  if (rest.size() < length) return Found::nothing;
  packet.command = rest.front();
  packet.data = rest.substr(1, length - 1);
  buffer_.take(kLengthBytes + length);
  return Found::packet;
}

void append_packet(char command, std::string_view data, std::string& out) {
  append_length(1 + data.size(), out);
  out += command;
  out += data;
}

void append_negotiation(std::uint32_t version, std::uint32_t actions, std::uint32_t steps, std::string& out) {
  append_length(13, out);
  out += kNegotiate;
  for (const std::uint32_t number : {version, actions, steps}) append_number(number, out);
}

void append_header(char command, std::uint32_t index, std::string_view name, std::string_view value, std::string& out) {
  append_length(1 + 4 + name.size() + 1 + value.size() + 1, out);
  out += command;
  append_number(index, out);
  out += name;
  out += '\0';
  out += value;
  out += '\0';
}

std::string_view take_string(std::string_view& data) {
  const std::size_t end = std::min(data.find('\0'), data.size());
  const std::string_view text = data.substr(0, end);
  data.remove_prefix(std::min(end + 1, data.size()));
  return text;
}

std::uint32_t take_number(std::string_view& data) {
  if (data.size() < kLengthBytes) {
    data = {};
    return 0;
  }
  std::uint32_t number = 0;
  for (const char c : data.substr(0, kLengthBytes)) number = (number << 8U) | static_cast<unsigned char>(c);
  data.remove_prefix(kLengthBytes);
  return number;
}

char take_byte(std::string_view& data) {
  if (data.empty()) return 0;
  const char byte = data.front();
  data.remove_prefix(1);
  return byte;
}

}  // namespace protocol::milter
