#include "common/srs/domain_set.h"

#include "common/srs/address.h"

namespace srs {

bool DomainSet::add(std::string_view domain) {
  const bool is_suffix = domain.starts_with('.');
  if (is_suffix) domain.remove_prefix(1);
  if (!is_domain(domain)) return false;
  (is_suffix ? suffixes_ : names_).insert(comparable_domain(domain));
  return true;
}

bool DomainSet::has(std::string_view domain) const {
  if (names_.empty() && suffixes_.empty()) return false;
  const std::string comparable = comparable_domain(domain);
  if (names_.contains(comparable)) return true;
  if (suffixes_.empty()) return false;
  std::string_view rest = comparable;
  for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
    rest.remove_prefix(dot + 1);
    if (suffixes_.contains(rest)) return true;
  }
  return false;
}

}  // namespace srs
