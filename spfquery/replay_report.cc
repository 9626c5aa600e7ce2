#include "spfquery/replay_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/base/printable.h"

namespace spfquery {

namespace {

using maillog::Fate;
using spf::Result;

constexpr std::size_t kMostShown = 20;  // rows of each list
constexpr std::size_t kNameWidth = 40;

// The order of the report: from good to bad.
constexpr std::array<Result, spf::kResults> kOrder = {Result::pass, Result::fail,      Result::softfail, Result::neutral,
                                                      Result::none, Result::permerror, Result::temperror};

std::size_t index_of(Result result) { return static_cast<std::size_t>(result); }

class Writer {
 public:
  Writer(const Options& options, const ReplayCounts& counts, const Tally& tally)
      : options_(options), counts_(counts), tally_(tally) {}

  std::string write() {
    add_summary();
    add_results();
    add_domains();
    if (options_.config) add_policy();
    if (options_.has_baseline()) add_baseline();
    return std::move(out_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    out_ += fmt::format(format, std::forward<Args>(args)...);
    out_ += '\n';
  }
  void line_if(std::uint64_t count, std::string_view what) {
    if (count > 0) line("  {}: {}", what, count);
  }

  void add_summary() {
    line("Replay of {} log: {} lines, {} messages and refusals, {} checks.", maillog::format_name(*options_.replay),
         counts_.lines, counts_.messages, counts_.checks);
    line("The results are those of today's DNS: a record may have changed since the mail came.");
    if (counts_.is_interrupted) line("Interrupted: the report covers only the part of the log that was checked.");
    line_if(counts_.unfinished, "checks that were under way, not counted");
    line_if(counts_.bad, "lines that could not be read");
    line_if(counts_.too_long, "lines that were too long, skipped");
    line_if(counts_.local, "messages from the host itself, not checked");
    line_if(counts_.dropped, "messages dropped, since their lines are too far apart");
    line_if(sum(tally_.spared), "messages left out by the policy (clients that had logged in, or are exempt)");
    line_if(sum(tally_.without_identity), "messages with null sender and without HELO name in the log, not checked");
    line_if(tally_.without_helo, "messages checked without HELO name, which the log does not have");
    if (counts_.lines > 0 && counts_.messages == 0 && counts_.local == 0)
      line("No message was found. Is this a log of {}?", maillog::format_name(*options_.replay));
    if (counts_.seconds > 0) {
      line("  {:.1f} seconds, {:.0f} lines and {:.0f} checks per second", counts_.seconds,
           static_cast<double>(counts_.lines) / counts_.seconds, static_cast<double>(counts_.checks) / counts_.seconds);
    }
  }

  void add_results() {
    const std::uint64_t total = tally_.checked();
    line("\n{:<10} {:>10} {:>6}   {:>10} {:>10} {:>10}", "result", "messages", "%", "accepted", "rejected", "deferred");
    for (const Result result : kOrder) {
      const FateCounts& counts = tally_.by_result[index_of(result)];
      const double share = total == 0 ? 0 : 100 * static_cast<double>(sum(counts)) / static_cast<double>(total);
      line("{:<10} {:>10} {:>6.1f}   {:>10} {:>10} {:>10}", spf::result_name(result), sum(counts), share, counts[0], counts[1],
           counts[2]);
    }
  }

  void add_domains() {
    const auto top = top_domains(tally_, kMostShown);
    if (top.empty()) return;
    line("\n{:<{}} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
         fmt::format("domain ({} of {})", top.size(), tally_.by_domain.size()), kNameWidth, "messages", "pass", "fail",
         "softfail", "neutral", "none", "permerr", "temperr");
    for (const auto& [domain, counts] : top) {
      out_ += fmt::format("{:<{}} {:>9}", base::clip_middle(domain, kNameWidth), kNameWidth, sum(counts));
      for (const Result result : kOrder) out_ += fmt::format(" {:>8}", counts[index_of(result)]);
      out_ += '\n';
    }
    if (tally_.other_domains > 0) line("messages of domains that are not counted separately: {}", tally_.other_domains);
  }

  // Lists what the policy would do today, by what was done then.
  void add_policy() {
    line("\nThe policy of {} would do today ({}):", base::printable(*options_.config),
         options_.policy.rules.dry_run.value_or(false) ? "if dry-run were off" : "columns: what the mail server did");
    line("{:<10} {:>10}   {:>10} {:>10} {:>10}", "action", "messages", "accepted", "rejected", "deferred");
    for (const auto action : {receiver::Action::accept, receiver::Action::reject, receiver::Action::defer}) {
      const FateCounts& counts = tally_.by_action[static_cast<std::size_t>(action)];
      line("{:<10} {:>10}   {:>10} {:>10} {:>10}", receiver::action_name(action), sum(counts), counts[0], counts[1], counts[2]);
    }
    const auto top = top_cases(tally_.new_refusals, kMostShown);
    if (top.empty()) return line("No message that was accepted would be refused.");
    line("Accepted then, refused today ({} of {} cases):", top.size(), tally_.new_refusals.all.size());
    for (const auto* const one : top) {
      const auto& [refusal, example] = *one;
      line("{:>10}  {}: {} for {}: {}; such as {}", example.count, refusal.domain, receiver::action_name(refusal.action),
           spf::result_name(refusal.result), refusal.why, message_text(example));
    }
    line_if(tally_.new_refusals.left_out, "messages of further cases");
  }

  void add_baseline() {
    std::uint64_t compared = 0;
    for (const ResultCounts& counts : tally_.before) compared += sum(counts);
    line("\nThe earlier checker ({} messages; rows: its result, columns: today's result):", compared);
    line("{:<10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}", "", "pass", "fail", "softfail", "neutral", "none", "permerror",
         "temperror");
    for (const Result before : kOrder) {
      out_ += fmt::format("{:<10}", spf::result_name(before));
      for (const Result today : kOrder) out_ += fmt::format(" {:>9}", tally_.before[index_of(before)][index_of(today)]);
      out_ += '\n';
    }
    line_if(counts_.baseline_left_out, "results of the mailbox that did not fit in memory");
    const auto top = top_cases(tally_.disagreements, kMostShown);
    if (top.empty()) return line("No result differs.");
    line("Disagreements ({} of {} cases), with the term that decides today:", top.size(), tally_.disagreements.all.size());
    for (const auto* const one : top) {
      const auto& [difference, example] = *one;
      line("{:>10}  {}: {} then, {} today: {}; such as {}", example.count, difference.domain, spf::result_name(difference.before),
           spf::result_name(difference.today), difference.why, message_text(example));
    }
    line_if(tally_.disagreements.left_out, "messages of further cases");
  }

  static std::string message_text(const Case& example) {
    return fmt::format("{} <{}>{}", example.client, example.sender, example.helo.empty() ? "" : " HELO " + example.helo);
  }

  const Options& options_;
  const ReplayCounts& counts_;
  const Tally& tally_;
  std::string out_;
};

}  // namespace

std::string replay_text(const Options& options, const ReplayCounts& counts, const Tally& tally) {
  return Writer(options, counts, tally).write();
}

}  // namespace spfquery
