// The cost of an examination in the core, with all DNS answers in the cache, and the round trips of one without cache:
// lint COUNT. Prints two lines for runs.jsonl:
//   lint/warm   the CPU time of one examination of a tree of 10 includes, in microseconds
//   lint/cold   the rounds of questions of an examination of a tree that is five records deep, and those of a check
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/core.h>

#include "common/io/check_answers.h"
#include "common/lint/lint.h"
#include "common/spf/evaluate.h"

namespace {

constexpr int kIncludes = 10;
constexpr int kDepth = 5;
constexpr std::string_view kWide = "wide.example";
constexpr std::string_view kDeep = "deep.example";

using Texts = std::unordered_map<std::string, std::string>;

// wide.example includes ten records of 20 networks each; deep.example is the first of a chain of kDepth records.
Texts texts() {
  Texts out;
  std::string wide = "v=spf1 ip4:21.0.0.0/24";
  for (int i = 0; i < kIncludes; ++i) {
    const std::string name = fmt::format("p{}.example", i);
    std::string record = "v=spf1";
    for (int network = 0; network < 20; ++network) record += fmt::format(" ip4:20.{}.{}.0/24", i, 2 * network);
    wide += " include:" + name;
    out[name] = record + " ip6:2001:db8::/32 -all";
  }
  out[std::string(kWide)] = wide + " -all";
  for (int i = 0; i < kDepth; ++i) {
    const std::string name = i == 0 ? std::string(kDeep) : fmt::format("c{}.example", i);
    out[name] = i + 1 < kDepth ? fmt::format("v=spf1 include:c{}.example -all", i + 1) : "v=spf1 ip4:198.18.0.0/24 -all";
  }
  return out;
}

dns::Answer answer(const Texts& all, const dns::Question& question) {
  dns::Answer out;
  out.ttl = 3600;
  const auto found = all.find(std::string(question.name.text()));
  if (question.type == dns::Type::txt && found != all.end()) out.texts.push_back(found->second);
  if (question.type == dns::Type::txt && found == all.end()) out.status = dns::Status::name_error;
  return out;
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Runs a step until it needs nothing more. Returns the rounds of questions.
template <class Step>
int run(io::Cache& cache, const Texts& all, const Step& step) {
  int rounds = 0;
  for (;; ++rounds) {
    io::CheckAnswers answers(cache, nullptr, {2000, std::size_t{4} << 20U}, {});
    answers.set_now(io::Cache::Clock::now());
    const spf::Needs needs = step(answers);
    if (needs.needed.empty()) return rounds;
    for (const auto* questions : {&needs.needed, &needs.wanted}) {
      for (const dns::Question& question : *questions) cache.complete(question, answer(all, question), io::Cache::Clock::now());
    }
  }
}

int examine(io::Cache& cache, const Texts& all, std::string_view domain, lint::Report& report) {
  return run(cache, all,
             [&](spf::AnswerSource& answers) { return lint::examine({.domain = *dns::Name::parse(domain)}, answers, report); });
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2000;
  const Texts all = texts();
  io::Cache cache(std::size_t{64} << 20U);
  lint::Report report;
  examine(cache, all, kWide, report);
  const double before = cpu_seconds();
  std::size_t terms = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (examine(cache, all, kWide, report) != 0) return 1;
    terms += report.tree.lines.size();
  }
  const double seconds = cpu_seconds() - before;
  if (report.tree.records.size() != kIncludes + 1 || terms != count * report.tree.lines.size()) return 1;
  fmt::print("{{\"label\": \"lint/warm\", \"cpu_us\": {:.1f}}}\n", seconds * 1e6 / static_cast<double>(count));

  io::Cache cold(std::size_t{64} << 20U);
  const int rounds = examine(cold, all, kDeep, report);
  io::Cache other(std::size_t{64} << 20U);
  spf::Query query;
  spf::set_mailfrom_query(query, *base::IpAddress::parse("192.0.2.1"), fmt::format("user@{}", kDeep), "mail.example");
  const int check_rounds = run(other, all, [&](spf::AnswerSource& answers) {
    spf::Verdict verdict;
    return spf::evaluate(query, {}, answers, verdict);
  });
  fmt::print("{{\"label\": \"lint/cold\", \"rounds\": {}, \"depth\": {}, \"check_rounds\": {}}}\n", rounds, kDepth, check_rounds);
  return 0;
}
