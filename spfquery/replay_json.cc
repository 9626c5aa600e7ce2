#include <fmt/core.h>

#include <string_view>

#include "common/base/printable.h"
#include "spfquery/replay_report.h"

namespace spfquery {

namespace {

constexpr std::size_t kMostListed = 100;  // entries of each list

std::string quoted_text(std::string_view text) { return base::quoted_string(base::printable(text)); }

std::string fates(const FateCounts& counts) {
  return fmt::format("{{\"accepted\": {}, \"rejected\": {}, \"deferred\": {}}}", counts[0], counts[1], counts[2]);
}

std::string by_result(const ResultCounts& counts) {
  std::string out = "{";
  for (std::size_t i = 0; i < counts.size(); ++i)
    out += fmt::format("{}\"{}\": {}", i == 0 ? "" : ", ", spf::result_name(static_cast<spf::Result>(i)), counts[i]);
  return out + "}";
}

// Appends the members of a list, each made by `make`.
template <class List, class Make>
void add_list(std::string& out, std::string_view name, const List& list, Make make) {
  out += fmt::format(", \"{}\": [", name);
  bool is_first = true;
  for (const auto& one : list) {
    if (!is_first) out += ", ";
    is_first = false;
    out += make(one);
  }
  out += ']';
}

}  // namespace

std::string replay_json(const Options& options, const ReplayCounts& counts, const Tally& tally) {
  std::string out = fmt::format(
      "{{\"format\": \"{}\", \"dns\": \"today\", \"complete\": {}, \"lines\": {}, \"bad_lines\": {}, \"long_lines\": {}, "
      "\"messages\": {}, \"local\": {}, \"dropped\": {}, \"checks\": {}, \"unfinished\": {}, \"checked\": {}, \"spared\": {}, "
      "\"without_identity\": {}, \"without_helo\": {}, \"seconds\": {:.3f}, \"results\": {{",
      maillog::format_name(*options.replay), !counts.is_interrupted && counts.failed_files == 0, counts.lines, counts.bad,
      counts.too_long, counts.messages, counts.local, counts.dropped, counts.checks, counts.unfinished, tally.checked(),
      sum(tally.spared), sum(tally.without_identity), tally.without_helo, counts.seconds);
  for (std::size_t i = 0; i < spf::kResults; ++i)
    out +=
        fmt::format("{}\"{}\": {}", i == 0 ? "" : ", ", spf::result_name(static_cast<spf::Result>(i)), fates(tally.by_result[i]));
  out += fmt::format("}}, \"domain_count\": {}, \"other_domains\": {}", tally.by_domain.size(), tally.other_domains);
  add_list(out, "domains", top_domains(tally, kMostListed), [](const auto& domain) {
    return fmt::format("{{\"domain\": {}, \"messages\": {}, \"results\": {}}}", quoted_text(domain.first), sum(domain.second),
                       by_result(domain.second));
  });
  return out + "}\n";
}

}  // namespace spfquery
