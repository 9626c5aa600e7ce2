// The MTA's side of the milter protocol, for tests. It writes and reads packets by its own code, not by common/protocol.
//
// All waits are bounded and throw when the time is over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t/support/spfd_process.h"

namespace support {

struct MilterPacket {
  char command = 0;
  std::string data;

  friend bool operator==(const MilterPacket&, const MilterPacket&) = default;
};

class MilterClient {
 public:
  // The address is "unix:/path" or "inet:127.0.0.1:8890".
  explicit MilterClient(const std::string& address) : connection_(address) {}

  static std::string packet(char command, std::string_view data = {});
  static std::string number(std::uint32_t value);

  // Return false if the milter has closed.
  bool send(char command, std::string_view data = {}) { return connection_.send(packet(command, data)); }
  bool send_bytes(std::string_view bytes) { return connection_.send(bytes); }
  // Returns the milter's next packet, or nothing if it has closed.
  std::optional<MilterPacket> read();

  // The steps of a message, as Postfix 3.7 and sendmail 8.17 send them.
  MilterPacket negotiate(std::uint32_t actions = 0x1ff, std::uint32_t steps = 0x1fffff);
  void macros(char step, const std::vector<std::pair<std::string, std::string>>& values);
  void connect(const std::string& address, const std::string& helo);
  MilterPacket mail(const std::string& sender);
  void header(const std::string& name, const std::string& value);
  // Returns all packets at the end of the message, the verdict last.
  std::vector<MilterPacket> end_of_message();

  [[nodiscard]] Client& connection() { return connection_; }

 private:
  Client connection_;
  std::string buffer_;
};

}  // namespace support
