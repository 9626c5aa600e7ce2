#include "common/lint/report.h"

#include <algorithm>

#include <fmt/core.h>

namespace lint {

std::string Finding::section() const {
  constexpr std::string_view kSign = "\u00a7";
  std::string out(kind->section);
  for (std::size_t at = 0; (at = out.find(kSign, at)) != std::string::npos;) out.erase(at, kSign.size());
  return out;
}

std::string counted(std::uint64_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : thing.ends_with('s') ? "es" : "s");
}

std::size_t Report::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(findings, severity, &Finding::severity));
}

}  // namespace lint
