// Domains, and subdomains of domains.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace srs {

class DomainSet {
 public:
  // ".example.org": all subdomains of example.org. False: it is no domain, and nothing is added.
  [[nodiscard]] bool add(std::string_view domain);
  [[nodiscard]] bool has(std::string_view domain) const;

  friend bool operator==(const DomainSet&, const DomainSet&) = default;

 private:
  std::set<std::string, std::less<>> names_;     // as comparable_domain() gives them, like all here
  std::set<std::string, std::less<>> suffixes_;  // without the dot at their begin
};

}  // namespace srs
