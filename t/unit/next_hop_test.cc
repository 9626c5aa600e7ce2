// Predicts the SPF result of mail that we forward at the next host (receiver::foresee).
#include "common/receiver/next_hop.h"

#include <string>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "common/spf/question_budget.h"
#include "t/support/known_answers.h"

namespace {

TEST_CASE("next hop: each of our addresses has its own check, with its own questions") {
  support::KnownAnswers known;
  dns::Answer host;
  host.ttl = 60;
  host.addresses.push_back(*base::IpAddress::parse("198.51.100.9"));
  std::string record = "v=spf1";
  for (int term = 0; term < 10; ++term) record += fmt::format(" a:a{}.%{{i}}.e.example", term);
  receiver::NextHop next_hop;
  constexpr int kAddresses = 20;
  static_assert(kAddresses * 10 > spf::QuestionBudget::kMost);
  for (int i = 1; i <= kAddresses; ++i) {
    next_hop.outgoing.push_back(*base::IpAddress::parse(fmt::format("192.0.2.{}", i)));
    for (int term = 0; term < 10; ++term)
      known.add({*dns::Name::parse(fmt::format("a{}.192.0.2.{}.e.example", term, i)), dns::Type::a}, host);
  }
  dns::Answer text;
  text.ttl = 60;
  text.texts.push_back(record + " +all");
  known.add({*dns::Name::parse("e.example"), dns::Type::txt}, text);
  receiver::Foresight foresight;
  CHECK(receiver::foresee("u@e.example", next_hop, 0, known, foresight).empty());
  CHECK(foresight.passes);
}

TEST_CASE("next hop: each evaluation begins a part with its own bounds") {
  class Counting : public spf::AnswerSource {
   public:
    const spf::KnownAnswer* find(const dns::Question& question) override {
      return question.type == dns::Type::txt ? &text_ : &host_;
    }
    void begin_part(std::size_t part) override {
      CHECK(part < kParts);
      ++parts;
    }
    int parts = 0;

   private:
    static dns::Answer text() {
      dns::Answer answer;
      answer.texts.emplace_back("v=spf1 a +all");
      return answer;
    }
    static dns::Answer host() {
      dns::Answer answer;
      answer.addresses.push_back(*base::IpAddress::parse("198.51.100.9"));
      return answer;
    }
    const spf::KnownAnswer text_{text()};
    const spf::KnownAnswer host_{host()};
  };
  Counting answers;
  receiver::NextHop next_hop;
  for (const char* address : {"192.0.2.1", "192.0.2.2"}) next_hop.outgoing.push_back(*base::IpAddress::parse(address));
  receiver::Foresight foresight;
  CHECK(receiver::foresee("u@e.example", next_hop, 0, answers, foresight).empty());
  CHECK(answers.parts == 2);
}

}  // namespace
