#include "spfquery/replay_tally.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace spfquery {

namespace {

constexpr std::size_t kMostDomain = 255;  // bytes
constexpr std::size_t kMostWhy = 200;
constexpr std::size_t kMostValue = 120;

// Returns the domain of an identity for which check_host() had none: an address without domain, or a name that is not valid.
std::string written_domain(const maillog::Message& message) {
  const std::string& identity = message.sender.empty() ? message.helo.value_or("") : message.sender;
  const std::size_t at = identity.rfind('@');
  return base::clip(base::lower(at == std::string::npos ? identity : identity.substr(at + 1)), kMostDomain);
}

std::string reason(const receiver::Reply& reply) {
  if (!reply.local_policy.empty()) return base::clip(reply.local_policy, kMostWhy);
  if (!reply.problem.empty()) return base::clip(reply.problem, kMostWhy);
  if (!reply.mechanism.empty()) return base::clip(reply.mechanism, kMostWhy);
  return reply.result == spf::Result::none ? "no SPF record" : "no term matches";
}

template <class Key>
void count(Cases<Key>& cases, const std::string& index, const Key& key, const maillog::Message& message, std::uint64_t times) {
  const auto found = cases.index.find(index);
  if (found != cases.index.end()) {
    cases.all[found->second].second.count += times;
  } else if (cases.all.size() >= Cases<Key>::kMost) {
    cases.left_out += times;
  } else {
    cases.index.emplace(index, cases.all.size());
    cases.all.push_back({key,
                         {times, message.client.text(), base::clip_middle(message.helo.value_or(""), kMostValue),
                          base::clip_middle(message.sender, kMostValue)}});
  }
}

}  // namespace

ReplayedCheck replayed_check(const receiver::Reply& reply, const maillog::Message& message) {
  ReplayedCheck replayed;
  replayed.is_checked = reply.identity.has_value();
  replayed.result = reply.result;
  replayed.action = reply.would.value_or(reply.action);
  replayed.domain = reply.spf_domain.empty() ? written_domain(message) : reply.spf_domain;
  replayed.why = reason(reply);
  return replayed;
}

void Tally::add(const maillog::Message& message, const ReplayedCheck& replayed, std::uint64_t times) {
  const auto fate = static_cast<std::size_t>(message.fate);
  const auto result = static_cast<std::size_t>(replayed.result);
  by_action[static_cast<std::size_t>(replayed.action)][fate] += times;
  if (!replayed.is_checked) {
    spared[fate] += times;
    return;
  }
  by_result[result][fate] += times;
  if (!message.helo) without_helo += times;
  if (by_domain.size() < kMostDomains || by_domain.contains(replayed.domain)) {
    by_domain[replayed.domain][result] += times;
  } else {
    other_domains += times;
  }
  if (message.fate == maillog::Fate::accepted && replayed.action != receiver::Action::accept) {
    count(new_refusals, fmt::format("{} {} {} {}", replayed.domain, result, static_cast<int>(replayed.action), replayed.why),
          NewRefusal{replayed.domain, replayed.result, replayed.action, replayed.why}, message, times);
  }
  if (!message.baseline) return;
  before[static_cast<std::size_t>(*message.baseline)][result] += times;
  if (*message.baseline != replayed.result) {
    count(disagreements, fmt::format("{} {} {} {}", replayed.domain, static_cast<int>(*message.baseline), result, replayed.why),
          Disagreement{replayed.domain, *message.baseline, replayed.result, replayed.why}, message, times);
  }
}

std::uint64_t Tally::checked() const {
  std::uint64_t total = 0;
  for (const FateCounts& counts : by_result) total += sum(counts);
  return total;
}

std::uint64_t sum(const FateCounts& counts) { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }
std::uint64_t sum(const ResultCounts& counts) { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }

std::vector<std::pair<std::string, ResultCounts>> top_domains(const Tally& tally, std::size_t most) {
  std::vector<std::pair<std::string, ResultCounts>> top(tally.by_domain.begin(), tally.by_domain.end());
  const std::size_t size = std::min(most, top.size());
  std::partial_sort(top.begin(), top.begin() + static_cast<std::ptrdiff_t>(size), top.end(), [](const auto& a, const auto& b) {
    const std::uint64_t in_a = sum(a.second);
    const std::uint64_t in_b = sum(b.second);
    return in_a != in_b ? in_a > in_b : a.first < b.first;
  });
  top.resize(size);
  return top;
}

template <class Key>
std::vector<const std::pair<Key, Case>*> top_cases(const Cases<Key>& cases, std::size_t most) {
  std::vector<const std::pair<Key, Case>*> top;
  top.reserve(cases.all.size());
  for (const auto& one : cases.all) top.push_back(&one);
  const std::size_t size = std::min(most, top.size());
  std::partial_sort(top.begin(), top.begin() + static_cast<std::ptrdiff_t>(size), top.end(), [](const auto* a, const auto* b) {
    return a->second.count != b->second.count ? a->second.count > b->second.count : a < b;
  });
  top.resize(size);
  return top;
}
template std::vector<const std::pair<NewRefusal, Case>*> top_cases(const Cases<NewRefusal>& cases, std::size_t most);
template std::vector<const std::pair<Disagreement, Case>*> top_cases(const Cases<Disagreement>& cases, std::size_t most);

}  // namespace spfquery
