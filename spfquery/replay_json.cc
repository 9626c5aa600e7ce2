#include <fmt/core.h>

#include <array>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "spfquery/replay_report.h"

namespace spfquery {

namespace {

constexpr std::size_t kMostListed = 100;  // entries of each list

std::string_view result_name(std::size_t index) { return spf::result_name(static_cast<spf::Result>(index)); }

std::string object_of(const FateCounts& counts) {
  base::JsonMembers members;
  members.number("accepted", counts[0]);
  members.number("rejected", counts[1]);
  members.number("deferred", counts[2]);
  return members.object();
}

std::string object_of(const ResultCounts& counts) {
  base::JsonMembers members;
  for (std::size_t i = 0; i < counts.size(); ++i) members.number(result_name(i), counts[i]);
  return members.object();
}

// Returns an object with counts for each result.
template <class Counts>
std::string by_result(const std::array<Counts, spf::kResults>& all) {
  base::JsonMembers members;
  for (std::size_t i = 0; i < all.size(); ++i) members.raw(result_name(i), object_of(all[i]));
  return members.object();
}

void add_example(base::JsonMembers& members, const Case& example) {
  members.text("ip", example.client);
  members.text("helo", example.helo);
  members.text("sender", example.sender);
}

std::string domains_of(const Tally& tally) {
  std::vector<std::string> domains;
  for (const auto& [name, counts] : top_domains(tally, kMostListed)) {
    base::JsonMembers members;
    members.text("domain", name);
    members.number("messages", sum(counts));
    members.raw("results", object_of(counts));
    domains.push_back(members.object());
  }
  return base::json_array(domains);
}

std::string policy_of(const Tally& tally) {
  std::vector<std::string> refusals;
  for (const auto* const one : top_cases(tally.new_refusals, kMostListed)) {
    const auto& [refusal, example] = *one;
    base::JsonMembers members;
    members.number("count", example.count);
    members.text("domain", refusal.domain);
    members.text("result", spf::result_name(refusal.result));
    members.text("action", receiver::action_name(refusal.action));
    members.text("why", refusal.why);
    add_example(members, example);
    refusals.push_back(members.object());
  }
  base::JsonMembers policy;
  for (const auto action : {receiver::Action::accept, receiver::Action::reject, receiver::Action::defer})
    policy.raw(receiver::action_name(action), object_of(tally.by_action[static_cast<std::size_t>(action)]));
  policy.number("left_out", tally.new_refusals.left_out);
  policy.array("new_refusals", refusals);
  return policy.object();
}

std::string baseline_of(const ReplayCounts& counts, const Tally& tally) {
  std::vector<std::string> disagreements;
  for (const auto* const one : top_cases(tally.disagreements, kMostListed)) {
    const auto& [difference, example] = *one;
    base::JsonMembers members;
    members.number("count", example.count);
    members.text("domain", difference.domain);
    members.text("before", spf::result_name(difference.before));
    members.text("today", spf::result_name(difference.today));
    members.text("why", difference.why);
    add_example(members, example);
    disagreements.push_back(members.object());
  }
  base::JsonMembers baseline;
  baseline.raw("matrix", by_result(tally.before));
  baseline.number("left_out", tally.disagreements.left_out + counts.baseline_left_out);
  baseline.array("disagreements", disagreements);
  return baseline.object();
}

}  // namespace

std::string replay_json(const Options& options, const ReplayCounts& counts, const Tally& tally) {
  base::JsonMembers members;
  members.text("format", maillog::format_name(*options.replay));
  members.text("dns", "today");
  members.flag("complete", counts.is_complete());
  members.number("lines", counts.lines);
  members.number("bad_lines", counts.bad);
  members.number("long_lines", counts.too_long);
  members.number("messages", counts.messages);
  members.number("local", counts.local);
  members.number("dropped", counts.dropped);
  members.number("checks", counts.checks);
  members.number("unfinished", counts.unfinished);
  members.number("checked", tally.checked());
  members.number("spared", sum(tally.spared));
  members.number("without_identity", sum(tally.without_identity));
  members.number("without_helo", tally.without_helo);
  members.raw("seconds", fmt::format("{:.3f}", counts.seconds));
  members.raw("results", by_result(tally.by_result));
  members.number("domain_count", tally.by_domain.size());
  members.number("other_domains", tally.other_domains);
  members.raw("domains", domains_of(tally));
  if (options.config) members.raw("policy", policy_of(tally));
  if (options.has_baseline()) members.raw("baseline", baseline_of(counts, tally));
  return members.object() + '\n';
}

}  // namespace spfquery
