// The receiver's rules: what the configuration decides about results and clients, in general and for single domains.
//
// Every rule may be absent. It is then looked for in the next less specific place, and in the end it is what the comment says.
// The order of places: the sender's domain, then the recipient's domain, then the general rules; of several patterns for a
// domain, first the domain itself, then the longest "*.name" above it.
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

namespace receiver {

// When the HELO identity is checked where nobody asks for it by name.
enum class HeloCheck : std::uint8_t {
  null_sender,  // only in place of the null sender (RFC 7208 §2.4)
  first,        // and before each MAIL FROM (RFC 7208 §2.3); its result counts where it refuses the mail
};

struct Rules {
  using Actions = std::array<std::optional<Action>, spf::kResults>;

  // By result. fail: reject; temperror: defer; others: accept.
  Actions mailfrom, helo;
  std::optional<bool> dry_run;                  // false. Accept all, and say what would have been done
  std::optional<HeloCheck> check_helo;          // null_sender
  std::optional<std::vector<Network>> exempt;   // none. Their mail is not checked
  std::optional<bool> check_authenticated;      // false. Check the mail of such clients too
  std::optional<bool> check_loopback;           // false. Check clients at loopback addresses too, where the door spares them
  std::optional<Terms> local;                   // none. Put in before the last "all" of each record
  std::optional<Terms> forwarders;              // none. Clients whose fail or softfail becomes `forwarder_result`
  std::optional<spf::Result> forwarder_result;  // neutral
  std::optional<Terms> secondary_mx;            // none. Clients that are not refused
  std::optional<Terms> guess;                   // none. For domains without a record: a match makes none `guess_result`
  std::optional<spf::Result> guess_result;      // neutral
  std::optional<spf::MacroString> explanation;  // that of spf::Settings
  std::optional<spf::MacroString> why_url;      // that of spf::Settings

  [[nodiscard]] const Actions& of(spf::Identity identity) const { return identity == spf::Identity::helo ? helo : mailfrom; }

  friend bool operator==(const Rules&, const Rules&) = default;
};

Action default_action(spf::Result result);

struct Policy {
  spf::Settings spf;
  std::string hostname;  // of the receiving host: in texts, headers and %{r} where the request names no receiver
  spf::Result bad_request_result = spf::Result::temperror;
  Rules rules;
  DomainMap<Rules> senders;           // by the domain of the sender, of the HELO name for the null sender
  DomainMap<Rules> recipients;        // by the domain of the recipient
  DomainMap<spf::Record> fallback;    // records for domains that have none
  bool allow_request_policy = false;  // honour Request::local and Request::guess_terms
  OwnAddresses own_addresses;

  friend bool operator==(const Policy&, const Policy&) = default;
};

// The records by domain, as Policy::fallback has them.
DomainMap<spf::Record> by_domain(const std::vector<FallbackRecord>& records);

// The rules for one request. Allocates nothing where there are no rules for domains.
class RulesInForce {
 public:
  RulesInForce(const Policy& policy, const Request& request);
  // Of a request that could not be understood.
  explicit RulesInForce(const Policy& policy) : general_(policy.rules) {}

  // Null: absent everywhere.
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
