// Explanations of verdicts over a table of answers, with the questions that they take.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "common/lint/why.h"
#include "common/spf/question_budget.h"
#include "t/support/evaluate.h"
#include "t/support/known_answers.h"
#include "t/support/single.h"

namespace why_test {

using lint::Why;
using support::World;
using Ask = std::function<dns::Answer(const dns::Question&)>;

struct Explained {
  Why why;
  std::size_t questions = 0;
  std::size_t rounds = 0;

  [[nodiscard]] std::string text() const {
    std::string out;
    for (const std::string& sentence : why.sentences) out += sentence + '\n';
    return out;
  }
  [[nodiscard]] bool says(std::string_view words) const { return text().find(words) != std::string::npos; }
  // The term that was added, by the sentence about it.
  [[nodiscard]] std::string added() const {
    if (!why.change) return "";
    const std::string all = text();
    const std::size_t from = all.rfind(", add '") + 7;
    return all.substr(from, all.find('\'', from) - from);
  }
};

inline Explained explain(const Ask& ask, std::string_view client, std::string_view sender = "u@example.com",
                         std::string_view helo = "") {
  const base::IpAddress address = *base::IpAddress::parse(client);
  const spf::Query query = sender.empty() ? support::helo_query(address, helo) : support::mailfrom_query(address, sender, helo);
  support::KnownAnswers known;
  Explained out;
  for (;; ++out.rounds) {
    REQUIRE(out.rounds < 60);
    spf::QuestionBudget budget(known);
    const spf::Needs needs = lint::explain(query, {}, lint::kWhyLimits, budget, out.why);
    if (needs.empty()) return out;
    for (const dns::Question& question : needs.needed) {
      REQUIRE_FALSE(known.has(question));
      known.add(question, ask(question));
      ++out.questions;
    }
  }
}
inline Explained explain(const World& world, std::string_view client, std::string_view sender = "u@example.com",
                         std::string_view helo = "") {
  return explain([&](const dns::Question& question) { return world.answer(question); }, client, sender, helo);
}
// The domain exists, and has no record.
inline World bare() { return World().txt("example.com", "other"); }
inline World with(std::string record) { return World().txt("example.com", std::move(record)); }

}  // namespace why_test
