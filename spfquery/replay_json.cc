#include <fmt/core.h>

#include <string_view>

#include "common/base/json.h"
#include "spfquery/replay_report.h"

namespace spfquery {

namespace {

constexpr std::size_t kMostListed = 100;  // entries of each list

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

std::string example_text(const Case& example) {
  return fmt::format("\"ip\": \"{}\", \"helo\": {}, \"sender\": {}", example.client, base::json_string(example.helo),
                     base::json_string(example.sender));
}

void add_policy(std::string& out, const Tally& tally) {
  out += ", \"policy\": {";
  for (const auto action : {receiver::Action::accept, receiver::Action::reject, receiver::Action::defer}) {
    out += fmt::format("\"{}\": {}, ", receiver::action_name(action), fates(tally.by_action[static_cast<std::size_t>(action)]));
  }
  out += fmt::format("\"left_out\": {}", tally.new_refusals.left_out);
  add_list(out, "new_refusals", top_cases(tally.new_refusals, kMostListed), [](const auto* one) {
    const auto& [refusal, example] = *one;
    return fmt::format("{{\"count\": {}, \"domain\": {}, \"result\": \"{}\", \"action\": \"{}\", \"why\": {}, {}}}",
                       example.count, base::json_string(refusal.domain), spf::result_name(refusal.result),
                       receiver::action_name(refusal.action), base::json_string(refusal.why), example_text(example));
  });
  out += '}';
}

void add_baseline(std::string& out, const ReplayCounts& counts, const Tally& tally) {
  out += ", \"baseline\": {\"matrix\": {";
  for (std::size_t i = 0; i < spf::kResults; ++i) {
    out += fmt::format("{}\"{}\": {}", i == 0 ? "" : ", ", spf::result_name(static_cast<spf::Result>(i)),
                       by_result(tally.before[i]));
  }
  out += fmt::format("}}, \"left_out\": {}", tally.disagreements.left_out + counts.baseline_left_out);
  add_list(out, "disagreements", top_cases(tally.disagreements, kMostListed), [](const auto* one) {
    const auto& [difference, example] = *one;
    return fmt::format("{{\"count\": {}, \"domain\": {}, \"before\": \"{}\", \"today\": \"{}\", \"why\": {}, {}}}", example.count,
                       base::json_string(difference.domain), spf::result_name(difference.before),
                       spf::result_name(difference.today), base::json_string(difference.why), example_text(example));
  });
  out += '}';
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
    return fmt::format("{{\"domain\": {}, \"messages\": {}, \"results\": {}}}", base::json_string(domain.first),
                       sum(domain.second), by_result(domain.second));
  });
  if (options.config) add_policy(out, tally);
  if (options.has_baseline()) add_baseline(out, counts, tally);
  return out + "}\n";
}

}  // namespace spfquery
