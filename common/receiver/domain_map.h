// Values by domain: for a name alone ("example.com"), or for all names below one ("*.example.com"; "*": all names).
//
// Not the wildcards of DNS: a name that stands there itself does not hide its own names below from a wildcard above.
// U-labels are allowed. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/base/text.h"
#include "common/dns/idna.h"
#include "common/dns/name.h"

namespace receiver {

// The domain of a mailbox, or the text itself where there is no "@"; nothing when it is no domain name.
inline std::optional<dns::Name> mailbox_domain(std::string_view mailbox) {
  const auto at = mailbox.rfind('@');
  const std::string_view text = at == std::string_view::npos ? mailbox : mailbox.substr(at + 1);
  if (text.starts_with('[')) return std::nullopt;  // an address literal
  if (base::is_ascii(text)) return dns::Name::parse(text);
  const auto ascii = dns::to_a_labels(text);
  return ascii ? dns::Name::parse(*ascii) : std::nullopt;
}

struct DomainPattern {
  bool is_wildcard = false;
  dns::Name name;  // without the "*."

  static std::optional<DomainPattern> parse(std::string_view text) {
    DomainPattern out;
    if (text == "*") return DomainPattern{true, {}};
    if (text.starts_with("*.")) {
      out.is_wildcard = true;
      text.remove_prefix(2);
    }
    const auto name = text.find('@') == std::string_view::npos ? mailbox_domain(text) : std::nullopt;
    if (!name || name->is_root() || name->text().find('*') != std::string_view::npos) return std::nullopt;
    out.name = *name;
    return out;
  }
  [[nodiscard]] std::string text() const {
    if (!is_wildcard) return std::string(name.text());
    return name.is_root() ? "*" : "*." + std::string(name.text());
  }

  friend bool operator==(const DomainPattern&, const DomainPattern&) = default;
};

template <class T>
struct DomainEntry {
  std::string pattern;
  T value;

  friend bool operator==(const DomainEntry&, const DomainEntry&) = default;
};

template <class T>
class DomainMap {
 public:
  using Entry = DomainEntry<T>;

  // False when that pattern is there already.
  bool add(const DomainPattern& pattern, T value) {
    return (pattern.is_wildcard ? below_ : exact_).try_emplace(pattern.name, Entry{pattern.text(), std::move(value)}).second;
  }
  [[nodiscard]] bool empty() const { return exact_.empty() && below_.empty(); }
  friend bool operator==(const DomainMap&, const DomainMap&) = default;

  // Calls `take` with each entry for `name`, the most specific one first, as long as it gives true.
  template <class Take>
  void each(const dns::Name& name, Take&& take) const {
    if (const auto found = exact_.find(name); found != exact_.end() && !take(found->second)) return;
    if (below_.empty()) return;
    for (dns::Name above = name; !above.is_root();) {
      above = above.parent();
      if (const auto found = below_.find(above); found != below_.end() && !take(found->second)) return;
    }
  }
  // The most specific one; null: there is none.
  [[nodiscard]] const Entry* find(const dns::Name& name) const {
    const Entry* out = nullptr;
    each(name, [&](const Entry& entry) {
      out = &entry;
      return false;
    });
    return out;
  }

 private:
  std::unordered_map<dns::Name, Entry> exact_;
  std::unordered_map<dns::Name, Entry> below_;
};

}  // namespace receiver
