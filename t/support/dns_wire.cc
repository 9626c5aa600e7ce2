#include "t/support/dns_wire.h"

namespace support {

WireWriter& WireWriter::u8(unsigned value) {
  out_.push_back(static_cast<std::uint8_t>(value));
  return *this;
}

WireWriter& WireWriter::u16(unsigned value) { return u8(value >> 8).u8(value & 0xff); }

WireWriter& WireWriter::u32(std::uint32_t value) { return u16(value >> 16).u16(value & 0xffff); }

WireWriter& WireWriter::bytes(std::string_view raw) {
  out_.insert(out_.end(), raw.begin(), raw.end());
  return *this;
}

WireWriter& WireWriter::name(std::string_view text) {
  if (text == "?") return bytes(std::string_view("\1\7\0", 3));
  while (!text.empty() && text != ".") {
    const auto label = text.substr(0, text.find('.'));
    u8(static_cast<unsigned>(label.size())).bytes(label);
    text.remove_prefix(label.size() < text.size() ? label.size() + 1 : label.size());
  }
  return u8(0);
}

WireWriter& WireWriter::pointer(std::size_t offset) { return u16(0xc000U | static_cast<unsigned>(offset)); }

WireWriter& WireWriter::strings(std::string_view text) {
  do {
    const auto part = text.substr(0, 255);
    u8(static_cast<unsigned>(part.size())).bytes(part);
    text.remove_prefix(part.size());
  } while (!text.empty());
  return *this;
}

WireWriter& WireWriter::header(unsigned id, unsigned flags, unsigned questions, unsigned answers, unsigned authority,
                               unsigned additional) {
  return u16(id).u16(flags).u16(questions).u16(answers).u16(authority).u16(additional);
}

WireWriter& WireWriter::question(std::string_view owner, unsigned type) { return name(owner).u16(type).u16(1); }

WireWriter& WireWriter::begin_record(std::string_view owner, unsigned type, std::uint32_t ttl) {
  name(owner).u16(type).u16(1).u32(ttl).u16(0);
  data_begin_ = size();
  return *this;
}

WireWriter& WireWriter::begin_record(std::size_t owner, unsigned type, std::uint32_t ttl) {
  pointer(owner).u16(type).u16(1).u32(ttl).u16(0);
  data_begin_ = size();
  return *this;
}

WireWriter& WireWriter::end_record() {
  const std::size_t length = size() - data_begin_;
  out_[data_begin_ - 2] = static_cast<std::uint8_t>(length >> 8);
  out_[data_begin_ - 1] = static_cast<std::uint8_t>(length);
  return *this;
}

WireWriter& WireWriter::soa(std::string_view owner, std::uint32_t ttl, std::uint32_t minimum) {
  begin_record(owner, 6, ttl).name("ns.invalid").name("hostmaster.invalid");
  return u32(1).u32(3600).u32(600).u32(86400).u32(minimum).end_record();
}

}  // namespace support
