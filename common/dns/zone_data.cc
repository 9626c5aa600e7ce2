#include "common/dns/zone_data.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "common/base/hex.h"
#include "common/base/printable.h"
#include "common/base/text.h"

namespace dns {

namespace {

using Type = ZoneRecord::Type;

constexpr std::size_t kMaxString = 255;  // RFC 1035 §3.3
constexpr std::size_t kMaxData = 65535;  // RFC 1035 §3.2.1

// ---- the type's own form ---------------------------------------------------------------------------------------------------

class TextData {
 public:
  TextData(ZoneTokens& tokens, const ZoneName& origin, ZoneRecord& record) : tokens_(tokens), origin_(origin), record_(record) {}

  bool read() {
    switch (record_.type) {
      case Type::a: return address("an IPv4 address", false);
      case Type::aaaa: return address("an IPv6 address", true);
      case Type::mx: {
        const auto preference = tokens_.take_number("the preference of the MX record", 65535);
        if (!preference) return false;
        record_.preference = static_cast<std::uint16_t>(*preference);
        return target("the host of the MX record");
      }
      case Type::ptr: return target("the name of the PTR record");
      case Type::cname: return target("the name of the CNAME record");
      case Type::dname: return target("the name of the DNAME record");
      case Type::ns: return target("the name of the NS record");
      case Type::txt:
      case Type::spf: return strings();
      case Type::soa: return soa();
      case Type::other: break;
    }
    return true;
  }

 private:
  bool address(std::string_view what, bool v6) {
    const ZoneToken* token = tokens_.take(what);
    if (token == nullptr) return false;
    const auto address = base::IpAddress::parse(token->text);
    // Not is_v6(): "::ffff:192.0.2.1" counts as IPv6 here, because it is written so.
    if (!address || (token->text.find(':') != std::string_view::npos) != v6) {
      return tokens_.fail(token->line, fmt::format("{} is not {}", base::in_quotes(token->text), what));
    }
    record_.address = *address;
    return true;
  }

  bool target(std::string_view what) {
    auto name = tokens_.take_name(what, origin_);
    if (!name) return false;
    record_.target = name->name;
    return true;
  }

  bool strings() {
    const ZoneToken* first = tokens_.take("the text of the TXT record");
    if (first == nullptr) return false;
    // The words of a text without quotes would become strings that are joined without blanks, which is never intended.
    const bool is_used = record_.type == Type::txt;
    const bool has_word = !tokens_.at_end() && !tokens_.peek()->quoted;
    if (is_used && !first->quoted && has_word && base::equals_ignoring_case(first->text, "v=spf1")) {
      return tokens_.fail(first->line, "a text with blanks must be in quotes");
    }
    std::size_t size = 0;
    for (const ZoneToken* token = first; token != nullptr; token = tokens_.at_end() ? nullptr : tokens_.take("a string")) {
      const auto text = unescaped(token->text);
      if (!text) return tokens_.fail(token->line, "an escape that is neither \\X nor \\DDD up to \\255");
      if (text->size() > kMaxString) {
        return tokens_.fail(
            token->line, fmt::format("a string of {} bytes: {} are allowed; write several strings, they are joined", text->size(),
                                     kMaxString));
      }
      size += 1 + text->size();
      if (size > kMaxData) return tokens_.fail(token->line, fmt::format("a TXT record of more than {} bytes", kMaxData));
      record_.text.add(*text);
    }
    return true;
  }

  // Keeps only MINIMUM.
  bool soa() {
    if (!tokens_.take_name("the server of the SOA record", origin_)) return false;
    if (!tokens_.take_name("the mailbox of the SOA record", origin_)) return false;
    if (!tokens_.take_number("the serial of the SOA record", 0xffffffffUL)) return false;
    for (const std::string_view what : {"refresh", "retry", "expire", "minimum"}) {
      const auto number = tokens_.take_ttl(fmt::format("the {} of the SOA record", what));
      if (!number) return false;
      record_.minimum = *number;
    }
    return true;
  }

  ZoneTokens& tokens_;
  const ZoneName& origin_;
  ZoneRecord& record_;
};

// ---- RFC 3597 --------------------------------------------------------------------------------------------------------------

std::optional<std::uint32_t> take_integer(std::string_view& data, std::size_t size) {
  if (data.size() < size) return std::nullopt;
  std::uint32_t out = 0;
  for (const char c : data.substr(0, size)) out = out << 8 | static_cast<unsigned char>(c);
  data.remove_prefix(size);
  return out;
}

template <std::size_t kSize>
std::optional<std::array<std::uint8_t, kSize>> exactly(std::string_view data) {
  if (data.size() != kSize) return std::nullopt;
  std::array<std::uint8_t, kSize> out{};
  std::copy(data.begin(), data.end(), out.begin());
  return out;
}

bool read_wire_target(std::string_view data, ZoneRecord& record) {
  const auto name = take_wire_name(data);
  if (!name || !data.empty()) return false;
  record.target = name->name;
  return true;
}

bool read_wire_soa(std::string_view data, ZoneRecord& record) {
  if (!take_wire_name(data) || !take_wire_name(data) || data.size() != std::size_t{5} * 4) return false;
  data.remove_prefix(std::size_t{4} * 4);
  const std::uint32_t minimum = *take_integer(data, 4);
  record.minimum = minimum > 0x7fffffffU ? 0 : minimum;  // RFC 2181 §8
  return true;
}

// Returns whether the bytes are valid data for the record's type.
bool read_wire_data(std::string_view data, ZoneRecord& record) {
  switch (record.type) {
    case Type::a: {
      const auto bytes = exactly<4>(data);
      if (bytes) record.address = base::IpAddress::v4(*bytes);
      return bytes.has_value();
    }
    case Type::aaaa: {
      const auto bytes = exactly<16>(data);
      if (bytes) record.address = base::IpAddress::v6(*bytes);
      return bytes.has_value();
    }
    case Type::mx: {
      const auto preference = take_integer(data, 2);
      record.preference = static_cast<std::uint16_t>(preference.value_or(0));
      return preference && read_wire_target(data, record);
    }
    case Type::ptr:
    case Type::cname:
    case Type::dname:
    case Type::ns: return read_wire_target(data, record);
    case Type::txt:
    case Type::spf:
      do {  // at least one string
        const auto size = take_integer(data, 1);
        if (!size || *size > data.size()) return false;
        record.text.add(data.substr(0, *size));
        data.remove_prefix(*size);
      } while (!data.empty());
      return true;
    case Type::soa: return read_wire_soa(data, record);
    case Type::other: break;
  }
  return true;
}

bool read_generic(ZoneTokens& tokens, std::string_view type_name, ZoneRecord& record) {
  const std::size_t line = tokens.line();
  tokens.take("\\#");
  const auto size = tokens.take_number("the length after \\#", kMaxData);
  if (!size) return false;
  std::string hex;
  while (!tokens.at_end()) hex += tokens.take("data")->text;
  const auto data = base::bytes_of_hex(hex);
  if (!data || data->size() != *size) {
    return tokens.fail(line, fmt::format("\\# {} must be followed by {} hexadecimal digits", *size, 2 * *size));
  }
  return read_wire_data(*data, record) || tokens.fail(line, fmt::format("the bytes after \\# are not {} data", type_name));
}

}  // namespace

bool read_zone_data(ZoneTokens& tokens, std::string_view type_name, const ZoneName& origin, ZoneRecord& record) {
  const ZoneToken* first = tokens.peek();
  if (first != nullptr && !first->quoted && first->text == "\\#") return read_generic(tokens, type_name, record);
  return TextData(tokens, origin, record).read() && tokens.end(fmt::format("the {} record", type_name));
}

}  // namespace dns
