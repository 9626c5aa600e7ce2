// The HELO identity before MAIL FROM (RFC 7208 §2.3): the bounds of each part, and which of the two results decides.
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "common/io/driver.h"
#include "common/receiver/rules.h"
#include "common/spf/question_budget.h"
#include "t/support/decide.h"
#include "t/support/known_answers.h"
#include "t/support/single.h"
#include "t/unit/rules_world.h"

namespace {

using receiver::HeloCheck;
using receiver::Scope;
using support::Decided;
using support::plain_policy;
using support::terms;
using namespace rules_world;  // NOLINT(google-build-using-namespace)

TEST_CASE("RFC 7208 §2.3: HELO is checked first, then MAIL FROM; both results are reported, MAIL FROM's is the result") {
  Policy by = plain_policy();
  by.rules.check_helo = HeloCheck::first;
  Reply reply = reply_to("u@soft.example", by);
  CHECK(reply.result == Result::softfail);
  CHECK(reply.identity == Identity::mailfrom);
  REQUIRE(reply.helo);
  CHECK(reply.helo->result == Result::pass);
  CHECK(holds(reply.helo->received_spf_header, "identity=helo"));
  CHECK(holds(reply.received_spf_header, "identity=mailfrom"));
  // RFC 8601 §2.2: each result with its own property.
  CHECK(reply.authentication_results.ends_with(" smtp.mailfrom=soft.example; spf=pass smtp.helo=mail.example.com"));
  CHECK(holds(reply.authentication_results, "; spf=softfail ("));
  // A HELO name that cannot have a record does not prevent the check of MAIL FROM.
  for (const char* helo : {"[192.0.2.1]", "localhost", "a b"}) {
    reply = reply_to(request(kClient, "u@example.com", helo), by);
    CHECK(reply.result == Result::pass);
    CHECK(reply.helo->result == Result::none);
  }
  reply = reply_to(request(kClient, "u@example.com", ""), by);
  CHECK(reply.result == Result::pass);
  CHECK_FALSE(reply.helo);
}

TEST_CASE("HELO first: a HELO result that refuses the mail is the reply, and MAIL FROM is not looked up further") {
  Policy by = plain_policy();
  by.rules.check_helo = HeloCheck::first;
  const Decided decided = decide(request(kClient, "u@example.com", "helo.example"), by, world());
  CHECK(decided.rounds == 1);
  CHECK(decided.asked.size() == 2);  // side by side
  CHECK(decided.reply.result == Result::fail);
  CHECK(decided.reply.identity == Identity::helo);
  CHECK(decided.reply.action == Action::reject);
  CHECK(decided.reply.authentication_results.ends_with(" smtp.helo=helo.example"));
  CHECK_FALSE(decided.reply.helo);
  on(by.rules, Result::fail, Identity::helo) = Action::accept;
  Reply reply = reply_to(request(kClient, "u@example.com", "helo.example"), by);
  CHECK(reply.result == Result::pass);
  CHECK(reply.action == Action::accept);
  CHECK(reply.helo->result == Result::fail);
  on(by.rules, Result::temperror, Identity::helo) = Action::defer;
  CHECK(reply_to(request(kClient, "u@example.com", "temp.example"), by).action == Action::defer);
}

TEST_CASE("HELO first: a HELO zone that does not answer takes nothing from MAIL FROM, and does not prevent a refusal") {
  Policy by = plain_policy();
  by.rules.check_helo = HeloCheck::first;
  // Both records are needed in the first round.
  const auto asked_at_once = [&](const Request& asked) {
    support::KnownAnswers nothing;
    std::string out;
    for (const auto& question : support::decide(asked, by, nothing).needs.needed) out.append(question.name.text()).append(" ");
    return out;
  };
  CHECK(asked_at_once(request(kClient, "u@fail.example", "temp.example")) == "fail.example temp.example ");
  CHECK(asked_at_once(request(kClient, "u@fail.example", "fail.example")) == "fail.example ");
  Reply reply = reply_to(request(kClient, "u@fail.example", "temp.example"), by);
  CHECK(reply.result == Result::fail);
  CHECK(reply.action == Action::reject);
  REQUIRE(reply.helo);
  CHECK(reply.helo->result == Result::temperror);
  // Otherwise the mail is deferred.
  reply = reply_to(request(kClient, "u@example.com", "temp.example"), by);
  CHECK(reply.action == Action::defer);
  CHECK(reply.identity == Identity::helo);
  by.rules.dry_run = true;
  CHECK(reply_to(request(kClient, "u@fail.example", "temp.example"), by).would == Action::reject);
  CHECK(reply_to(request(kClient, "u@example.com", "temp.example"), by).would == Action::defer);
}

TEST_CASE("HELO first: a refusal of MAIL FROM does not wait for HELO, and nothing does after half of the time") {
  // Answers from the world, except for a HELO name that hangs.
  class Hanging : public spf::AnswerSource {
   public:
    explicit Hanging(const World& world) : world_(world) {}
    const spf::KnownAnswer* find(const dns::Question& question) override {
      if (question.name.text() == "hang.example") return nullptr;
      return &known_.try_emplace(std::string(question.name.text()), world_.answer(question)).first->second;
    }
    [[nodiscard]] bool is_late() const override { return is_late_now; }
    bool is_late_now = false;

   private:
    const World& world_;
    std::map<std::string, spf::KnownAnswer> known_;
  };
  const World names = world();
  Policy by = plain_policy();
  by.rules.check_helo = HeloCheck::first;
  Hanging answers(names);
  const auto refused = support::decide(request(kClient, "u@fail.example", "hang.example"), by, answers).reply;
  REQUIRE(refused);
  CHECK(refused->result == Result::fail);
  CHECK(refused->action == Action::reject);
  CHECK_FALSE(refused->helo);

  const Request passing = request(kClient, "u@example.com", "hang.example");
  const auto needed = support::decide(passing, by, answers).needs.needed;
  REQUIRE(needed.size() == 1);
  CHECK(needed[0].name.text() == "hang.example");
  answers.is_late_now = true;
  const auto late = support::decide(passing, by, answers).reply;
  REQUIRE(late);
  CHECK(late->action == Action::defer);
  CHECK(late->identity == Identity::helo);
  CHECK(late->result == Result::temperror);
  on(by.rules, Result::temperror, Identity::helo) = Action::accept;
  const auto tagged = support::decide(passing, by, answers).reply;
  REQUIRE(tagged);
  CHECK(tagged->result == Result::pass);
  REQUIRE(tagged->helo);
  CHECK(tagged->helo->result == Result::temperror);
  // A check of MAIL FROM alone has all of the time.
  by.rules.check_helo = HeloCheck::null_sender;
  CHECK_FALSE(support::decide(request(kClient, "u@hang.example", "mail.example.com"), by, answers).reply);
}

TEST_CASE("each identity and each rule has its own count of questions") {
  // Records the part for which each question is asked.
  class Parts : public spf::AnswerSource {
   public:
    explicit Parts(const World& world) : world_(world) {}
    const spf::KnownAnswer* find(const dns::Question& question) override {
      asked[part_] += std::string(question.name.text()) + " ";
      return &known_.try_emplace(std::string(question.name.text()), world_.answer(question)).first->second;
    }
    void begin_part(std::size_t part) override { part_ = part; }
    std::map<std::size_t, std::string> asked;

   private:
    const World& world_;
    std::map<std::string, spf::KnownAnswer> known_;
    std::size_t part_ = 99;
  };
  World names = world();
  for (const char* host : {"own.example", "local.example", "forward.example", "second.example"}) names.a(host, "198.51.100.77");
  Policy by = plain_policy();
  by.rules.check_helo = HeloCheck::first;
  on(by.rules, Result::fail, Identity::helo) = Action::accept;
  by.allow_request_policy = true;
  by.rules.local = terms("a:local.example");
  by.rules.forwarders = terms("a:forward.example");
  by.rules.secondary_mx = terms("a:second.example");
  Request asked = request(kClient, "u@fail.example", "helo.example");
  asked.local = "a:own.example";
  Parts parts(names);
  REQUIRE(support::decide(asked, by, parts).reply);
  std::string texts;
  for (const auto& [part, text] : parts.asked) {
    CHECK(part < spf::AnswerSource::kParts);
    texts += text + "/ ";
  }
  CHECK(texts ==
        "helo.example / own.example / local.example / forward.example / second.example / "
        "fail.example / own.example / local.example / forward.example / second.example / ");
}

TEST_CASE("HELO first in a dry run: MAIL FROM is still checked, and the reply reports the first refusal") {
  Policy by = plain_policy();
  by.rules.check_helo = HeloCheck::first;
  by.rules.dry_run = true;
  const Reply reply = reply_to(request(kClient, "u@temp.example", "helo.example"), by);
  CHECK(reply.result == Result::temperror);
  CHECK(reply.identity == Identity::mailfrom);
  CHECK(reply.action == Action::accept);
  CHECK(reply.would == Action::reject);
  CHECK(reply.helo->result == Result::fail);
}

TEST_CASE("HELO first: not if the request names the identity, nor for the null sender") {
  Policy by = plain_policy();
  by.rules.check_helo = HeloCheck::first;
  Request asked = request(kClient, "u@example.com", "helo.example");
  asked.scope = Scope::mailfrom;
  CHECK(reply_to(asked, by).result == Result::pass);
  CHECK_FALSE(reply_to(asked, by).helo);
  const Reply reply = reply_to(request(kClient, "<>", "mail.example.com"), by);
  CHECK(reply.identity == Identity::helo);
  CHECK_FALSE(reply.helo);
}

TEST_CASE("questions beyond the budget of a part fail, and take nothing from the next part") {
  support::KnownAnswers known;
  const auto question = [](int i) { return dns::Question{*dns::Name::parse(fmt::format("n{}.example", i)), dns::Type::a}; };
  const int most = static_cast<int>(spf::QuestionBudget::kMost);
  for (int i = 0; i < 3 * most; ++i) known.add(question(i), dns::Answer());
  spf::QuestionBudget budget(known);
  const auto is_refused = [&](int i) {
    const auto* const found = budget.find(question(i));
    return found != nullptr && found->answer.problem == "too many questions";
  };
  for (int part = 0; part < 2; ++part) {
    budget.begin_part(static_cast<std::size_t>(part));
    CHECK(budget.find(question(3 * most)) == nullptr);
    for (int i = 0; i < most; ++i) {
      REQUIRE_FALSE(is_refused(part * most / 2 + i));
      REQUIRE_FALSE(is_refused(part * most / 2));  // repeated: not counted
    }
    CHECK(is_refused(2 * most));
    CHECK(is_refused(3 * most));  // not known and not to be asked
    CHECK_FALSE(is_refused(part * most / 2 + 1));
  }
  CHECK(io::DriverOptions{}.max_questions >= 3 * most);
}

TEST_CASE("HELO first: a HELO record with as many questions as allowed leaves MAIL FROM its full budget") {
  World names = world();
  const auto add_heavy = [&](const std::string& domain, const std::string& end) {
    std::string record = "v=spf1";
    for (int i = 0; i < 10; ++i) {
      record += fmt::format(" mx:m{}.{}", i, domain);
      for (int j = 0; j < 10; ++j) {
        names.mx(fmt::format("m{}.{}", i, domain), fmt::format("h{}.m{}.{}", j, i, domain));
        names.a(fmt::format("h{}.m{}.{}", j, i, domain), "198.51.100.9");
      }
    }
    names.txt(domain, record + end);
  };
  add_heavy("heavy.example", " ?all");
  add_heavy("victim.example", " -all");
  Policy by = plain_policy();
  by.rules.check_helo = HeloCheck::first;
  Decided decided = decide(request(kClient, "u@victim.example", "heavy.example"), by, names);
  CHECK(decided.asked.size() == 222);
  CHECK(decided.reply.result == Result::fail);
  CHECK(decided.reply.helo->result == Result::neutral);
  // Rules have budgets of their own. A rule that exceeds its budget counts as one that cannot be looked up.
  by.rules.secondary_mx = terms("ip4:203.0.113.1");
  by.rules.forwarders = terms("include:heavy.example");
  decided = decide(request(kClient, "u@victim.example", "mail.example.com"), by, names);
  CHECK(decided.reply.result == Result::fail);
  add_heavy("third.example", " ?all");
  by.rules.forwarders = terms("include:heavy.example include:third.example");
  decided = decide(request(kClient, "u@victim.example", "mail.example.com"), by, names);
  CHECK(decided.reply.result == Result::temperror);
  CHECK(holds(decided.reply.local_policy, "trusted-forwarders: "));
  CHECK(holds(decided.reply.local_policy, "too many questions"));
  by.rules.secondary_mx = terms("ip4:192.0.2.1");
  CHECK(decide(request(kClient, "u@victim.example", "mail.example.com"), by, names).reply.result == Result::none);
}

}  // namespace
