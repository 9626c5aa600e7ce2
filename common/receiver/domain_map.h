// Maps domains to values: an entry applies to one name ("example.com") or to all names below it ("*.example.com"; "*": all
// names).
//
// Unlike DNS wildcards, "*.example.com" also applies to names below an existing entry such as "a.example.com". U-labels are
// allowed. Pure.
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

// Returns the domain of a mailbox, or the text itself if it has no "@"; nothing if that is not a domain name.
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

  // Adds an entry. Returns false if the pattern already exists.
  bool add(const DomainPattern& pattern, T value) {
    return (pattern.is_wildcard ? below_ : exact_).try_emplace(pattern.name, Entry{pattern.text(), std::move(value)}).second;
  }
  [[nodiscard]] bool empty() const { return exact_.empty() && below_.empty(); }
  friend bool operator==(const DomainMap&, const DomainMap&) = default;

  // Calls `change` with the value of each entry.
  template <class Change>
  void change_all(Change&& change) {
    for (auto* const map : {&exact_, &below_}) {
      for (auto& [name, entry] : *map) change(entry.value);
    }
  }
  // Calls `take` with each entry for `name`, the most specific one first, until `take` returns false.
  template <class Take>
  void each(const dns::Name& name, Take&& take) const {
    if (const auto found = exact_.find(name); found != exact_.end() && !take(found->second)) return;
    if (below_.empty()) return;
    for (dns::Name above = name; !above.is_root();) {
      above = above.parent();
      if (const auto found = below_.find(above); found != below_.end() && !take(found->second)) return;
    }
  }
  // Returns the most specific entry for `name`, or null.
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
