#include "t/support/milter_client.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace support {

std::string MilterClient::number(std::uint32_t value) {
  std::string out;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>((value >> shift) & 0xffU);
  return out;
}

std::string MilterClient::packet(char command, std::string_view data) {
  return number(static_cast<std::uint32_t>(data.size() + 1)) + command + std::string(data);
}

std::optional<MilterPacket> MilterClient::read() {
  for (;;) {
    if (buffer_.size() >= 4) {
      std::size_t length = 0;
      for (std::size_t i = 0; i < 4; ++i) length = length << 8U | static_cast<unsigned char>(buffer_[i]);
      if (length == 0) throw std::runtime_error("the milter sent an empty packet");
      if (buffer_.size() >= 4 + length) {
        MilterPacket packet{buffer_[4], buffer_.substr(5, length - 1)};
        buffer_.erase(0, 4 + length);
        return packet;
      }
    }
    if (!connection_.is_readable(kPatience)) throw std::runtime_error("the milter sends no answer");
    std::array<char, 65536> bytes{};
    const ssize_t size = ::read(connection_.fd(), bytes.data(), bytes.size());
    if (size <= 0) {
      if (!buffer_.empty()) throw std::runtime_error("the milter closed in the middle of a packet");
      return {};
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

MilterPacket MilterClient::negotiate(std::uint32_t actions, std::uint32_t steps) {
  send('O', number(6) + number(actions) + number(steps));
  const auto answer = read();
  if (!answer) throw std::runtime_error("the milter closed at the negotiation");
  return *answer;
}

void MilterClient::macros(char step, const std::vector<std::pair<std::string, std::string>>& values) {
  std::string data(1, step);
  for (const auto& [name, value] : values) data.append(name).append(1, '\0').append(value).append(1, '\0');
  send('D', data);
}

void MilterClient::connect(const std::string& address, const std::string& helo) {
  std::string data = "host.example";
  data.append(1, '\0').append(1, address.find(':') == std::string::npos ? '4' : '6').append("\x9c\x40");
  data.append(address).append(1, '\0');
  send('C', data);
  send('H', helo + '\0');
}

MilterPacket MilterClient::mail(const std::string& sender) {
  send('M', "<" + sender + ">" + '\0' + "SIZE=100" + '\0');
  const auto answer = read();
  if (!answer) throw std::runtime_error("the milter closed at MAIL");
  return *answer;
}

void MilterClient::header(const std::string& name, const std::string& value) { send('L', name + '\0' + value + '\0'); }

std::vector<MilterPacket> MilterClient::end_of_message() {
  send('E');
  std::vector<MilterPacket> answers;
  for (;;) {
    auto answer = read();
    if (!answer) throw std::runtime_error("the milter closed at the end of the message");
    answers.push_back(*answer);
    if (answer->command != 'i' && answer->command != 'm' && answer->command != 'h') return answers;
  }
}

}  // namespace support
