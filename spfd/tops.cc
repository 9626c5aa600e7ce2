#include "spfd/tops.h"

#include <algorithm>

namespace spfd {

void merge(TopEntries& sums, const TopEntries& more) {
  for (const base::TopNames::Entry& one : more) {
    const auto same = std::find_if(sums.begin(), sums.end(), [&](const auto& sum) { return sum.name == one.name; });
    if (same == sums.end()) {
      sums.push_back(one);
    } else {
      same->count += one.count;
      same->excess += one.excess;
    }
  }
}

}  // namespace spfd
