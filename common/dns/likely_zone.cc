#include "common/dns/likely_zone.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace dns {

namespace {

// Labels directly below a country's domain under which many owners register. This is a list and not a rule by length, which
// would treat each name below abc.io as a zone of another owner.
constexpr auto kSharedLabels =
    std::to_array<std::string_view>({"ac", "ad", "co",  "com", "ed",  "edu", "go", "gob", "gov", "gr",
                                     "id", "lg", "mil", "ne",  "net", "nom", "or", "org", "sch", "web"});

// Returns the last `labels` labels of `text`, or all of it when it has fewer.
std::string_view last_labels(std::string_view text, int labels) {
  std::size_t end = text.size();
  for (; labels > 0; --labels) {
    const std::size_t dot = end == 0 ? std::string_view::npos : text.rfind('.', end - 1);
    if (dot == std::string_view::npos) return text;
    end = dot;
  }
  return text.substr(end + 1);
}

}  // namespace

std::string_view likely_zone(const Name& name) {
  const std::string_view text = name.text();
  if (text.ends_with(".in-addr.arpa")) return last_labels(text, 4);
  if (text.ends_with(".ip6.arpa")) return last_labels(text, 10);
  const std::string_view two = last_labels(text, 2);
  const std::size_t dot = two.find('.');
  const bool is_below_country = dot != std::string_view::npos && two.size() - dot - 1 == 2 &&
                                std::ranges::find(kSharedLabels, two.substr(0, dot)) != kSharedLabels.end();
  return is_below_country ? last_labels(text, 3) : two;
}

}  // namespace dns
