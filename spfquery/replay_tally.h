// The counts of a replay: results by volume and by domain, and what today's policy would change. No I/O.
//
// Memory is bounded: the tables below have limited numbers of entries; what does not fit is counted without its domain or reason.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/maillog/message.h"
#include "common/receiver/request.h"
#include "common/spf/result.h"

namespace spfquery {

using ResultCounts = std::array<std::uint64_t, spf::kResults>;
using FateCounts = std::array<std::uint64_t, maillog::kFates>;

// The result of a check, without its texts for others.
struct ReplayedCheck {
  bool is_checked = false;  // false: the policy left out the check, since the client had logged in or is exempt
  spf::Result result = spf::Result::none;
  receiver::Action action = receiver::Action::accept;  // in a dry run too: the action that was due
  std::string domain;                                  // the domain that was checked, or should have been
  std::string why;                                     // the term that decided, or the problem
};
ReplayedCheck replayed_check(const receiver::Reply& reply, const maillog::Message& message);

// How often something happened, and the first message to which it did.
struct Case {
  std::uint64_t count = 0;
  std::string client, helo, sender;
};

// A table of cases, by a key.
template <class Key>
struct Cases {
  static constexpr std::size_t kMost = 20'000;
  std::vector<std::pair<Key, Case>> all;  // in order of appearance
  std::unordered_map<std::string, std::size_t> index;
  std::uint64_t left_out = 0;  // messages of cases that did not fit
};

// Messages that were accepted, and would be refused or deferred today.
struct NewRefusal {
  std::string domain;
  spf::Result result;
  receiver::Action action;
  std::string why;
};
// Messages for which an earlier checker had another result.
struct Disagreement {
  std::string domain;
  spf::Result before;
  spf::Result today;
  std::string why;
};

struct Tally {
  static constexpr std::size_t kMostDomains = 100'000;

  std::array<FateCounts, spf::kResults> by_result{};
  std::unordered_map<std::string, ResultCounts> by_domain;
  std::uint64_t other_domains = 0;                   // messages whose domains did not fit
  FateCounts spared{};                               // not checked by the policy
  FateCounts without_identity{};                     // null sender, and the log has no HELO name
  std::uint64_t without_helo = 0;                    // checked without HELO name
  std::array<FateCounts, 3> by_action{};             // indexed by receiver::Action
  std::array<ResultCounts, spf::kResults> before{};  // [before][today]
  Cases<NewRefusal> new_refusals;
  Cases<Disagreement> disagreements;

  void add(const maillog::Message& message, const ReplayedCheck& replayed, std::uint64_t times = 1);
  void add_without_identity(const maillog::Message& message) { ++without_identity[static_cast<std::size_t>(message.fate)]; }
  // Returns the number of messages and refusals that were checked.
  [[nodiscard]] std::uint64_t checked() const;
};

std::uint64_t sum(const FateCounts& counts);
std::uint64_t sum(const ResultCounts& counts);

// Returns at most `most` entries of a table with counts, those with the highest counts first; equal ones in alphabetical order.
std::vector<std::pair<std::string, ResultCounts>> top_domains(const Tally& tally, std::size_t most);
template <class Key>
std::vector<const std::pair<Key, Case>*> top_cases(const Cases<Key>& cases, std::size_t most);

}  // namespace spfquery
