// The model's own parser of an SPF record (RFC 7208 §4.5, §4.6.1, §5, §6, §12): the ABNF, rule by rule.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "t/model/macro.h"

namespace model {

struct Directive {
  char qualifier = '+';
  std::string mechanism;            // in lower case
  std::string text;                 // as published
  std::optional<MacroText> target;  // domain-spec
  std::string network;              // ip4: 4 bytes, ip6: 16 bytes
  int prefix4 = 32;
  int prefix6 = 128;
};

struct Record {
  std::vector<Directive> directives;
  bool has_all = false;
  std::optional<MacroText> redirect;
  std::optional<MacroText> exp;
};

// Returns whether the version section is exactly "v=spf1" (§4.5).
bool is_spf_record(const std::string& text);
// Returns nothing if there is a syntax error anywhere (§4.6).
std::optional<Record> parse_record(const std::string& text);

}  // namespace model
