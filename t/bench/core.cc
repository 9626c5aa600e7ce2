// The cost of one warm check in the core: text in, text out, all DNS answers in the cache; no socket, no log. Usage: core COUNT,
// the number of checks. The difference of two counts under callgrind gives the instructions per check.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "common/io/check_answers.h"
#include "common/protocol/query_lines.h"
#include "common/receiver/default_explanation.h"
#include "common/receiver/receiver.h"
#include "t/bench/world.h"

namespace {

constexpr std::uint64_t kDomains = 1000;

void fill(io::Cache& cache, std::string_view name, dns::Type type) {
  const dns::Question question{*dns::Name::parse(name), type};
  cache.complete(question, bench::answer(question), io::Cache::Clock::now());
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100000;
  io::Cache cache(64 << 20);
  std::vector<std::string> questions;
  std::vector<std::string_view> results;
  for (std::uint64_t i = 0; i < kDomains; ++i) {
    const bench::Check check = bench::check(i);
    for (const dns::Type type : {dns::Type::txt, dns::Type::a, dns::Type::mx}) fill(cache, check.domain, type);
    questions.push_back(fmt::format("ip={}\nhelo={}\nsender=user@{}\n", check.client, bench::kHelo, check.domain));
    results.push_back(check.result);
  }
  fill(cache, "shared.bench.example", dns::Type::txt);
  fill(cache, "m0.bench.example", dns::Type::a);

  receiver::Policy policy;
  policy.hostname = "mx.example.org";
  policy.spf.default_explanation = *spf::MacroString::parse(receiver::kDefaultExplanation, spf::MacroContext::explanation);
  io::CheckAnswers::Slots slots;
  receiver::Workspace workspace;
  std::string text;
  std::size_t bytes = 0;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    const protocol::QueryLines asked = protocol::parse_query_lines(questions[i % kDomains]);
    io::CheckAnswers answers(cache, nullptr, {160, std::size_t{1} << 20}, std::move(slots));
    answers.set_now(start);
    const spf::Needs needs = receiver::decide(asked.request, policy, answers, workspace);
    if (!needs.empty() || spf::result_name(workspace.reply.result) != results[i % kDomains]) {
      fmt::print(stderr, "{}: wrong\n", questions[i % kDomains]);
      return 1;
    }
    text.clear();
    protocol::append_reply(workspace.reply, asked.format, asked.id, {}, text);
    bytes += text.size();
    slots = std::move(answers.slots());
    slots.clear();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print("{} questions, {} bytes, {:.3f} us each\n", count, bytes, seconds * 1e6 / static_cast<double>(count));
  return 0;
}
