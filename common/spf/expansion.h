// Macro values of one query, and the validated names of its SMTP client (RFC 7208 §5.5, §7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/name.h"
#include "common/spf/macro.h"
#include "common/spf/query.h"
#include "common/spf/walk.h"

namespace spf {

// The <target-name> of a term (RFC 7208 §4.8).
struct Target {
  enum class Kind : std::uint8_t {
    name,           // `name` holds it
    malformed,      // the expansion is not a domain name
    never_matches,  // %{s} or %{l} with a local part that is not ASCII (RFC 8616 §4)
    pending,        // answers for %{p} are missing, or it is personal and the walk is past its frontier
  };
  Kind kind = Kind::name;
  dns::Name name{};
  bool personal = false;  // depends on sender, HELO or client
};

// The client's PTR names whose addresses include the client (RFC 7208 §5.5).
struct ValidatedNames {
  bool pending = false;
  const KnownAnswer* ptr = nullptr;  // the PTR answer; null when it is not known yet
  std::vector<dns::Name> names;
};

class Expansion {
 public:
  Expansion(const Query& query, Walk& walk) : query_(query), walk_(walk) {}

  // Expands a domain-spec. `domain` is the current domain.
  Target target(const MacroString& domain_spec, const Target& domain);
  // Returns the values for a macro string in the record of `domain`, or null when answers for %{p} are missing. They are valid
  // until the next call.
  const MacroValues* values(const MacroString& macros, const dns::Name& domain);

  ValidatedNames validated_names();
  [[nodiscard]] dns::Question ptr_question() const;
  // Returns an A or AAAA question, by the client's address family (RFC 7208 §5).
  [[nodiscard]] dns::Question address_question(const dns::Name& host) const;
  [[nodiscard]] bool has_client(const dns::Answer& answer, int prefix_length) const;

 private:
  bool prepare_validated(const dns::Name& domain);

  const Query& query_;
  Walk& walk_;
  std::string dotted_client_;
  std::string client_;
  std::string time_;
  std::string validated_;
  MacroValues values_;
};

// Returns the name of an MX host or of a PTR record, or nothing when it has no address that could be asked for.
std::optional<dns::Name> host_name(std::string_view text);

}  // namespace spf
