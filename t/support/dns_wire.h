// Writes DNS messages byte by byte, right and wrong ones, without any code of common/dns/message.cc, so that tests can compare
// the two. It compresses only on request and checks nothing.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace support {

class WireWriter {
 public:
  // Flags of a response: QR, RD, RA.
  static constexpr unsigned kResponse = 0x8180;
  static constexpr unsigned kTruncated = 0x0200;

  WireWriter& u8(unsigned value);
  WireWriter& u16(unsigned value);
  WireWriter& u32(std::uint32_t value);
  WireWriter& bytes(std::string_view raw);
  // Writes "a.b" with or without a dot at its end; "" is the root. The name "?" is written as a label that is not text.
  WireWriter& name(std::string_view text);
  WireWriter& pointer(std::size_t offset);
  // Writes character-strings of at most 255 bytes; an empty text becomes one empty string.
  WireWriter& strings(std::string_view text);

  WireWriter& header(unsigned id, unsigned flags, unsigned questions, unsigned answers, unsigned authority = 0,
                     unsigned additional = 0);
  WireWriter& question(std::string_view owner, unsigned type);
  // Writes the part of a record before its data; end_record() writes the length of the data.
  WireWriter& begin_record(std::string_view owner, unsigned type, std::uint32_t ttl);
  // The owner is a pointer to the name at this offset of the message.
  WireWriter& begin_record(std::size_t owner, unsigned type, std::uint32_t ttl);
  WireWriter& end_record();
  // Writes an SOA record whose TTL and MINIMUM are `ttl` and `minimum`.
  WireWriter& soa(std::string_view owner, std::uint32_t ttl, std::uint32_t minimum);

  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] const std::vector<std::uint8_t>& out() const { return out_; }

 private:
  std::vector<std::uint8_t> out_;
  std::size_t data_begin_ = 0;  // data of the record that is being written
};

}  // namespace support
