// An SPF record: its terms as published, parsed and checked (RFC 7208 §4.5, §4.6.1, §5, §6, §12).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"
#include "common/spf/macro.h"
#include "common/spf/result.h"

namespace spf {

enum class Mechanism : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

// include, a, mx, ptr, exists: counted in the limit of DNS terms (RFC 7208 §4.6.4).
bool asks_dns(Mechanism mechanism);

struct Directive {
  // What ip4 and ip6 need stands together in memory: they are most of all directives.
  Result qualifier = Result::pass;  // + pass, - fail, ~ softfail, ? neutral (RFC 7208 §4.6.2)
  Mechanism mechanism = Mechanism::all;
  std::uint8_t prefix4 = 32;   // bits; a, mx, ip4
  std::uint8_t prefix6 = 128;  // bits; a, mx, ip6
  base::IpAddress network;     // ip4, ip6
  std::string text;            // as published
  MacroString domain_spec;     // empty: the current domain
};

struct Record {
  std::string text;
  std::vector<Directive> directives;
  // The modifiers; redirect is absent when the record has an "all" (RFC 7208 §5.1).
  std::optional<MacroString> redirect;
  std::optional<MacroString> explanation;
};

struct SyntaxError {
  std::string term;     // as published
  std::string message;  // what is wrong with it
};

base::Result<Record, SyntaxError> parse_record(std::string_view text);

// The choice among the TXT records of a name (RFC 7208 §4.5).
struct NoRecord {};
struct SeveralRecords {
  std::size_t count = 0;
};
struct BrokenRecord {
  std::string text;
  SyntaxError error;
};
using PublishedPolicy = std::variant<NoRecord, SeveralRecords, BrokenRecord, Record>;

PublishedPolicy select_record(const std::vector<std::string>& texts);

}  // namespace spf
