// A set of domains and of suffixes that cover all subdomains of a domain.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace srs {

class DomainSet {
 public:
  // Adds a domain, or with ".example.org" all subdomains of example.org. Returns false, and adds nothing, if it is not a domain.
  [[nodiscard]] bool add(std::string_view domain);
  [[nodiscard]] bool has(std::string_view domain) const;

  friend bool operator==(const DomainSet&, const DomainSet&) = default;

 private:
  // Both in the form of comparable_domain().
  std::set<std::string, std::less<>> names_;
  std::set<std::string, std::less<>> suffixes_;  // without the leading dot
};

}  // namespace srs
