// The packets of the milter protocol (sendmail's include/libmilter/mfdef.h, version 6): a length of 32 bits, network order,
// that counts what follows; a command of one byte; its data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/input_buffer.h"

namespace protocol::milter {

// What an MTA sends.
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

// What a milter answers.
inline constexpr char kContinue = 'c';
inline constexpr char kReply = 'y';
inline constexpr char kInsertHeader = 'i';
inline constexpr char kChangeHeader = 'm';

// Bits of the negotiation: what a milter may do,
inline constexpr std::uint32_t kMayAddHeaders = 0x01;
inline constexpr std::uint32_t kMayChangeHeaders = 0x10;
// steps that it does not want to hear of,
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

// Bytes of command and data. MTAs send at most 64 KB of a body, which is never asked for, but Postfix sends headers of up to
// 100 KB (header_size_limit) whole.
inline constexpr std::size_t kMaxPacket = 128UL << 10U;

struct Packet {
  char command = 0;
  std::string_view data;
};

// Cuts a stream of bytes into packets. The work is linear in the number of bytes, however they come.
class PacketReader {
 public:
  enum class Found : std::uint8_t { nothing, packet, bad_length };

  // Feed more only when next() gives nothing: what was fed is kept until then.
  void feed(std::string_view bytes) { buffer_.add(bytes); }
  // A packet is good until the next call of next() or feed(). After a bad length nothing further can be found.
  Found next(Packet& packet);
  // After next() gave nothing: bytes of a packet not complete yet are there.
  [[nodiscard]] bool has_partial() const { return !buffer_.empty(); }
  // Bytes that are kept, also of packets that were given out.
  [[nodiscard]] std::size_t held() const { return buffer_.size(); }

 private:
  base::InputBuffer buffer_;
};

// Appends packets.
void append_packet(char command, std::string_view data, std::string& out);
void append_negotiation(std::uint32_t version, std::uint32_t actions, std::uint32_t steps, std::string& out);
// 'i' and 'm': a header with its number. An empty value of 'm' removes it.
void append_header(char command, std::uint32_t index, std::string_view name, std::string_view value, std::string& out);

// Takes from the front of data, which loses it. What is not there is empty, or 0.
std::string_view take_string(std::string_view& data);  // up to its NUL
std::uint32_t take_number(std::string_view& data);     // 32 bits
char take_byte(std::string_view& data);

}  // namespace protocol::milter
