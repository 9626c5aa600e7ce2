// The terms of a record, each read by itself: what parse_record() does not keep, since no check evaluates it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/spf/macro.h"
#include "common/spf/record.h"

namespace spf {

// One term of a record, read by itself.
struct Term {
  enum class Kind : std::uint8_t { directive, redirect, explanation, modifier };  // modifier: an unknown one

  Kind kind = Kind::directive;
  std::string text;                        // as published
  std::optional<Directive> directive;      // of a directive without a problem; its domain_spec is not a number of a record
  std::optional<MacroString> domain_spec;  // of a directive, redirect or exp that has one
  std::string problem;                     // what is wrong with it; empty: nothing
};

// Reads every term of a record, also after a fault, and those that parse_record() leaves out because no check reaches them. A
// fault of several terms together (a modifier that occurs twice, RFC 7208 §6) is not a problem of one. Reads at most `most`
// terms. For examinations.
std::vector<Term> read_terms(std::string_view text, std::size_t most = std::numeric_limits<std::size_t>::max());

// Returns the mechanism of that name, in any case.
std::optional<Mechanism> find_mechanism(std::string_view name);
// In lower case.
std::string_view mechanism_name(Mechanism mechanism);

}  // namespace spf
