// An SPF record: its terms as published, parsed and checked (RFC 7208 §4.5, §4.6.1, §5, §6, §12).
#pragma once

#include <cstdint>
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
  // Small, since most of what a cache holds is directives. What they share with others stands in the record.
  Result qualifier = Result::pass;  // + pass, - fail, ~ softfail, ? neutral (RFC 7208 §4.6.2)
  Mechanism mechanism = Mechanism::all;
  std::uint8_t prefix4 = 32;      // bits; a, mx, ip4
  std::uint8_t prefix6 = 128;     // bits; a, mx, ip6
  base::IpAddress network;        // ip4, ip6
  std::uint32_t domain_spec = 0;  // see Record::domain_spec()
  std::uint32_t from = 0;         // see Record::text_of()
  std::uint32_t size = 0;

  friend bool operator==(const Directive&, const Directive&) = default;
};

struct Record {
  std::string text;
  // Those that can be reached: none after the first "all", and none after more terms that ask DNS than any check may evaluate.
  // So what a record takes is a small multiple of its text.
  std::vector<Directive> directives;
  std::vector<MacroString> domain_specs;
  // The modifiers, as numbers for domain_spec(). redirect is 0 when the record has an "all" (RFC 7208 §5.1).
  std::uint32_t redirect = 0;
  std::uint32_t explanation = 0;

  // As published.
  [[nodiscard]] std::string_view text_of(const Directive& directive) const {
    return {text.data() + directive.from, directive.size};
  }
  // number: that of a directive or modifier; 0 for one that has no domain-spec, which gives null.
  [[nodiscard]] const MacroString* domain_spec(std::uint32_t number) const {
    return number == 0 ? nullptr : &domain_specs[number - 1];
  }

  friend bool operator==(const Record&, const Record&) = default;
};

// The terms of an evaluated record that have no effect, in sentences for a trace: unknown modifiers, a redirect of a record with
// "all", terms after "all".
std::vector<std::string> describe_unused(const Record& record);

struct SyntaxError {
  std::string term;     // as published
  std::string message;  // what is wrong with it
};

base::Result<Record, SyntaxError> parse_record(std::string_view text);

// The choice among the TXT records of a name (RFC 7208 §4.5).
struct NoRecord {
  // A text that was probably meant to be one, and what keeps it from being one: "it begins with a blank". Empty: there is none.
  std::string near_miss;
};
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
