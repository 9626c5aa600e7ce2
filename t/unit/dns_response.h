// Responses to a DNS question, written for the decoder byte by byte, and what it reads in them.
#pragma once

#include <cstdint>
#include <string_view>

#include <doctest/doctest.h>

#include "common/dns/message.h"
#include "t/support/dns_wire.h"

namespace dns_response {

using dns::ReadError;
using dns::Type;
using support::WireWriter;
using Kind = dns::Response::Kind;

inline constexpr std::uint16_t kId = 0x1234;
inline constexpr unsigned kA = 1, kNs = 2, kCname = 5, kPtr = 12, kMx = 15, kTxt = 16, kAaaa = 28, kOpt = 41;

inline dns::Question question(std::string_view name, Type type) { return {*dns::Name::parse(name), type}; }
inline const dns::Question kTxtQuestion = question("example.com", Type::txt);
inline const dns::Question kAQuestion = question("example.com", Type::a);

inline WireWriter response(const dns::Question& to, unsigned answers, unsigned authority = 0, unsigned additional = 0,
                           unsigned flags = WireWriter::kResponse) {
  WireWriter writer;
  writer.header(kId, flags, 1, answers, authority, additional);
  writer.question(to.name.text(), static_cast<unsigned>(to.type));
  return writer;
}

inline dns::Response read(const WireWriter& message, const dns::Question& to) {
  const auto result = dns::decode_response(message.out(), to, kId);
  REQUIRE(result.ok());
  return *result;
}

inline dns::Answer answer(const WireWriter& message, const dns::Question& to) {
  const auto result = read(message, to);
  REQUIRE(result.kind == Kind::answer);
  return result.answer;
}

inline ReadError error(const WireWriter& message, const dns::Question& to) {
  const auto result = dns::decode_response(message.out(), to, kId);
  REQUIRE_FALSE(result.ok());
  return result.error();
}

inline void txt(WireWriter& writer, std::string_view owner, std::string_view text, std::uint32_t ttl = 300) {
  writer.begin_record(owner, kTxt, ttl).strings(text).end_record();
}

inline void address(WireWriter& writer, std::string_view owner, unsigned last, std::uint32_t ttl = 300) {
  writer.begin_record(owner, kA, ttl).u8(192).u8(0).u8(2).u8(last).end_record();
}

inline void cname(WireWriter& writer, std::string_view owner, std::string_view target, std::uint32_t ttl = 300) {
  writer.begin_record(owner, kCname, ttl).name(target).end_record();
}

}  // namespace dns_response
