// The packets of the milter protocol (sendmail's include/libmilter/mfdef.h, version 6): the length of the rest as 32 bits in
// network order, a command of one byte, and its data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/input_buffer.h"

namespace protocol::milter {

// Commands of an MTA.
inline constexpr char kNegotiate = 'O';
inline constexpr char kMacros = 'D';
inline constexpr char kConnect = 'C';
inline constexpr char kHelo = 'H';
inline constexpr char kMail = 'M';
inline constexpr char kRecipient = 'R';
inline constexpr char kData = 'T';
inline constexpr char kHeader = 'L';
inline constexpr char kEndOfHeader = 'N';
inline constexpr char kBody = 'B';
inline constexpr char kEndOfMessage = 'E';
inline constexpr char kAbort = 'A';
inline constexpr char kUnknownCommand = 'U';
inline constexpr char kQuit = 'Q';
inline constexpr char kQuitNewConnection = 'K';

// Answers of a milter.
inline constexpr char kContinue = 'c';
inline constexpr char kReply = 'y';
inline constexpr char kInsertHeader = 'i';
inline constexpr char kChangeHeader = 'm';

// Bits of the negotiation: actions that a milter may take,
inline constexpr std::uint32_t kMayAddHeaders = 0x01;
inline constexpr std::uint32_t kMayChangeHeaders = 0x10;
// steps that the MTA leaves out for it,
inline constexpr std::uint32_t kNoRecipient = 0x08;
inline constexpr std::uint32_t kNoBody = 0x10;
inline constexpr std::uint32_t kNoHeaders = 0x20;
inline constexpr std::uint32_t kNoEndOfHeader = 0x40;
inline constexpr std::uint32_t kNoUnknown = 0x100;
inline constexpr std::uint32_t kNoData = 0x200;
// and steps that it does not answer.
inline constexpr std::uint32_t kHeadersUnanswered = 0x80;
inline constexpr std::uint32_t kConnectUnanswered = 0x1000;
inline constexpr std::uint32_t kHeloUnanswered = 0x2000;

inline constexpr std::uint32_t kOldestVersion = 2;
inline constexpr std::uint32_t kVersion = 6;

// Maximum size of command and data, in bytes. Postfix sends headers of up to 100 KB (header_size_limit) in one packet. Body
// chunks have at most 64 KB, and we do not request them.
inline constexpr std::size_t kMaxPacket = 128UL << 10U;

struct Packet {
  char command = 0;
  std::string_view data;
};

// Splits a stream of bytes into packets. The work is linear in the number of bytes, whatever the sizes of the pieces.
class PacketReader {
 public:
  enum class Found : std::uint8_t { nothing, packet, bad_length };

  // Adds bytes. Call it only after next() found nothing: until then earlier bytes are still buffered.
  void feed(std::string_view bytes) { buffer_.add(bytes); }
  // Sets `packet` to the next packet, which is valid until the next call of next() or feed(). Cannot continue after a bad length.
  Found next(Packet& packet);
  // Returns, after next() found nothing, whether there are bytes of an incomplete packet.
  [[nodiscard]] bool has_partial() const { return !buffer_.empty(); }
  // Returns the bytes in memory, including those of packets already returned.
  [[nodiscard]] std::size_t held() const { return buffer_.size(); }

 private:
  base::InputBuffer buffer_;
};

// Append packets.
void append_packet(char command, std::string_view data, std::string& out);
void append_negotiation(std::uint32_t version, std::uint32_t actions, std::uint32_t steps, std::string& out);
// `command`: kInsertHeader, or kChangeHeader, which removes the header if the value is empty. `index`: number of the header.
void append_header(char command, std::uint32_t index, std::string_view name, std::string_view value, std::string& out);

// Remove a value from the front of `data` and return it. A missing value is empty, or 0.
std::string_view take_string(std::string_view& data);  // up to a NUL, which is removed too
std::uint32_t take_number(std::string_view& data);     // 32 bits
char take_byte(std::string_view& data);

}  // namespace protocol::milter
