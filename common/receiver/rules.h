// The receiver's rules: the site's decisions about results and SMTP clients, in general and for single domains.
//
// Every rule may be absent; then the next less specific place decides, and finally the default given in the comment. The places,
// in order: rules for the sender's domain, rules for the recipient's domain, general rules. For one domain, the pattern of the
// domain itself comes first, then the longest "*.name" above it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/receiver/domain_map.h"
#include "common/receiver/own_addresses.h"
#include "common/receiver/request.h"
#include "common/receiver/terms.h"
#include "common/spf/macro.h"
#include "common/spf/query.h"
#include "common/spf/result.h"
#include "common/token/token.h"

namespace receiver {

// When the HELO identity is checked in requests that do not ask for it explicitly.
enum class HeloCheck : std::uint8_t {
  null_sender,  // only instead of the null sender (RFC 7208 §2.4)
  first,        // also before MAIL FROM (RFC 7208 §2.3); its result counts if it refuses the mail
};

struct Rules {
  using Actions = std::array<std::optional<Action>, spf::kResults>;

  // Indexed by result. Defaults: fail: reject; temperror: defer; others: accept.
  Actions mailfrom, helo;
  std::optional<bool> dry_run;                  // Default: false. Accepts all mail, and reports the action that was due
  std::optional<HeloCheck> check_helo;          // Default: null_sender
  std::optional<std::vector<Network>> exempt;   // Default: none. SMTP clients that are not checked
  std::optional<bool> check_authenticated;      // Default: false. Checks authenticated and relay clients too
  std::optional<bool> check_loopback;           // Default: false. Checks loopback addresses even if Request::spares_loopback
  std::optional<Terms> local;                   // Default: none. Inserted before the last "all" of each record
  std::optional<Terms> forwarders;              // Default: none. SMTP clients that turn fail, softfail to forwarder_result
  std::optional<spf::Result> forwarder_result;  // Default: neutral
  std::optional<Terms> secondary_mx;            // Default: none. SMTP clients that are never refused
  std::optional<Terms> guess;                   // Default: none. A match turns none into guess_result
  std::optional<spf::Result> guess_result;      // Default: neutral
  std::optional<spf::MacroString> explanation;  // Default: that of spf::Settings
  std::optional<spf::MacroString> why_url;      // Default: that of spf::Settings

  [[nodiscard]] const Actions& of(spf::Identity identity) const { return identity == spf::Identity::helo ? helo : mailfrom; }

  friend bool operator==(const Rules&, const Rules&) = default;
};

Action default_action(spf::Result result);

struct Policy {
  spf::Settings spf;
  std::string hostname;  // name of the receiving host, for texts, headers and %{r} if the request names no receiver
  spf::Result bad_request_result = spf::Result::temperror;
  Rules rules;
  DomainMap<Rules> senders;           // by the sender's domain, or by the HELO name for the null sender
  DomainMap<Rules> recipients;        // by the recipient's domain
  DomainMap<spf::Record> fallback;    // records for domains that publish none
  bool allow_request_policy = false;  // honour Request::local and Request::guess_terms
  bool allow_explain = false;         // honour Request::explain
  OwnAddresses own_addresses;
  std::optional<token::Keys> why_keys;  // sign the token of why-url; none: why-url has no {token}

  friend bool operator==(const Policy&, const Policy&) = default;
};

// Returns the records in the form of Policy::fallback.
DomainMap<spf::Record> by_domain(const std::vector<FallbackRecord>& records);

// The rules that apply to one request. Allocates nothing if there are no rules for domains.
class RulesInForce {
 public:
  RulesInForce(const Policy& policy, const Request& request);
  // For an invalid request: only the general rules apply.
  explicit RulesInForce(const Policy& policy) : general_(policy.rules) {}

  // Returns the value of a rule, or null when it is absent everywhere.
  template <class T>
  const T* find(std::optional<T> Rules::*rule) const {
    return search([rule](const Rules& rules) -> const std::optional<T>& { return rules.*rule; });
  }
  template <class T>
  T get(std::optional<T> Rules::*rule, T otherwise) const {
    const T* found = find(rule);
    return found == nullptr ? otherwise : *found;
  }
  [[nodiscard]] Action action(spf::Identity identity, spf::Result result) const;

 private:
  template <class Choose>
  auto search(Choose&& choose) const -> decltype(&*choose(std::declval<const Rules&>())) {
    for (const Rules* rules : for_domains_) {
      if (const auto& rule = choose(*rules)) return &*rule;
    }
    const auto& rule = choose(general_);
    return rule ? &*rule : nullptr;
  }

  const Rules& general_;
  std::vector<const Rules*> for_domains_;  // the most specific one first
};

}  // namespace receiver
