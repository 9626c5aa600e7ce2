// Macro values of one check, and the names that the client is validated to have (RFC 7208 §5.5, §7).
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

// <target-name> of a term (RFC 7208 §4.8).
struct Target {
  enum class Kind : std::uint8_t {
    name,           // `name` holds it
    malformed,      // the expansion is not a domain name
    never_matches,  // %{s} or %{l} with a local part that is not ASCII (RFC 8616 §4)
    pending,        // %{p} needs answers; or it is personal, and the walk only collects
  };
  Kind kind = Kind::name;
  dns::Name name{};
  bool personal = false;  // depends on sender, HELO or client
};

// The names whose addresses include the client (RFC 7208 §5.5).
struct ValidatedNames {
  bool pending = false;
  const KnownAnswer* ptr = nullptr;  // the PTR answer, when it is known
  std::vector<dns::Name> names;
};

class Expansion {
 public:
  Expansion(const Query& query, Walk& walk) : query_(query), walk_(walk) {}

  // `domain` is the current domain.
  Target target(const MacroString& domain_spec, const Target& domain);
  // The values for a macro string in the record of `domain`; null when %{p} still needs answers.
  const MacroValues* values(const MacroString& macros, const dns::Name& domain);

  ValidatedNames validated_names();
  [[nodiscard]] dns::Question ptr_question() const;
  // A or AAAA, as the client is (RFC 7208 §5).
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

// A host as MX and PTR records name it; nothing when no address can be asked for it.
std::optional<dns::Name> host_name(std::string_view text);

}  // namespace spf
