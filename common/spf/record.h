// SPF records: selection among TXT records, and parsing (RFC 7208 §4.5, §4.6.1, §5, §6, §12).
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

// Returns whether the mechanism counts towards the limit of DNS terms (RFC 7208 §4.6.4): include, a, mx, ptr, exists.
bool asks_dns(Mechanism mechanism);

struct Directive {
  // Kept small, because directives take most of the cache's memory. Texts are stored in the record.
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
  // The reachable directives: those up to the first "all", and up to the DNS term that exceeds kMaxDnsTerms. This limits the
  // memory of a record to a small multiple of its text.
  std::vector<Directive> directives;
  std::vector<MacroString> domain_specs;
  // The modifiers, as numbers for domain_spec(); 0 when absent. redirect is 0 also when the record has an "all" (RFC 7208 §5.1).
  std::uint32_t redirect = 0;
  std::uint32_t explanation = 0;

  // Returns the directive as published.
  [[nodiscard]] std::string_view text_of(const Directive& directive) const {
    return {text.data() + directive.from, directive.size};
  }
  // Returns the domain-spec with the number of a directive or modifier, or null for 0.
  [[nodiscard]] const MacroString* domain_spec(std::uint32_t number) const {
    return number == 0 ? nullptr : &domain_specs[number - 1];
  }

  friend bool operator==(const Record&, const Record&) = default;
};

// Describes, for the trace, the terms of a record that have no effect: unknown modifiers, redirect in a record with "all", terms
// after "all".
std::vector<std::string> describe_unused(const Record& record);

struct SyntaxError {
  std::string term;     // as published
  std::string message;  // what is wrong with the term
};

base::Result<Record, SyntaxError> parse_record(std::string_view text);

// The SPF record among the TXT records of a name (RFC 7208 §4.5).
struct NoRecord {
  // Why a text that was probably meant to be a record is not one; empty if there is no such text (see near_miss.h).
  std::string near_miss;
};
struct SeveralRecords {
  std::size_t count = 0;
};
struct BrokenRecord {
  std::string text;
  SyntaxError error;
};
using PublishedRecord = std::variant<NoRecord, SeveralRecords, BrokenRecord, Record>;

PublishedRecord select_record(const std::vector<std::string>& texts);

}  // namespace spf
