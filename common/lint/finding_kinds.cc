#include "common/lint/finding_kinds.h"

#include <algorithm>
#include <vector>

#include "common/lint/finding_tables.h"

namespace lint {

namespace {

const std::vector<FindingKind>& all_kinds() {
  static const std::vector<FindingKind> kinds = [] {
    std::vector<FindingKind> all;
    for (const auto& part : {publication_kinds(), record_kinds(), meaning_kinds()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return kinds;
}

}  // namespace

std::span<const FindingKind> finding_kinds() { return all_kinds(); }

const FindingKind& finding_kind(std::string_view id) {
  const std::vector<FindingKind>& kinds = all_kinds();
  const auto found = std::ranges::find(kinds, id, &FindingKind::id);
  return kinds.at(static_cast<std::size_t>(found - kinds.begin()));
}

}  // namespace lint
