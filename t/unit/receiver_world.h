// Replies about a small world: a domain for each result. And the form that every reply has.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <doctest/doctest.h>

#include "common/base/text.h"
#include "common/receiver/receiver.h"
#include "t/support/decide.h"
#include "t/support/evaluate.h"
#include "t/support/single.h"

namespace receiver_world {

using receiver::Policy;
using receiver::Reply;
using receiver::Request;
using support::World;

class WorldAnswers : public spf::AnswerSource {
 public:
  explicit WorldAnswers(const World& world) : world_(world) {}
  const spf::KnownAnswer* find(const dns::Question& question) override {
    auto& known = known_[question];
    if (!known) known = std::make_unique<spf::KnownAnswer>(world_.answer(question));
    return known.get();
  }

 private:
  const World& world_;
  std::unordered_map<dns::Question, std::unique_ptr<spf::KnownAnswer>> known_;
};

inline Reply reply_to(const Request& asked, const World& world, const Policy& by = support::plain_policy()) {
  WorldAnswers answers(world);
  const support::Outcome outcome = support::decide(asked, by, answers);
  CHECK(outcome.needs.needed.empty());
  REQUIRE(outcome.reply);
  return *outcome.reply;
}

inline World world() {
  World out;
  out.txt("example.com", "v=spf1 ip4:192.0.2.0/24 -all");
  out.txt("mail.example.com", "v=spf1 ip4:192.0.2.1 -all");
  out.txt("soft.example", "v=spf1 ~all");
  out.txt("neutral.example", "v=spf1 mx");
  out.txt("plain.example", "no policy");
  out.txt("broken.example", "v=spf1 foo:bar \"quoted\" -all");
  out.txt("exp.example", "v=spf1 -all exp=why.exp.example").txt("why.exp.example", "%{s} may \"not\" use %{c} (100%%)");
  out.txt("redirect.example", "v=spf1 redirect=example.com");
  out.txt("include.example", "v=spf1 include:example.com ?all");
  out.failure("temp.example", dns::Type::txt);
  return out;
}

// Checks every promise of request.h about the texts of a reply.
inline void check_form(const Reply& reply) {
  const auto is_line = [](std::string_view text) { return std::all_of(text.begin(), text.end(), base::is_printable); };
  CHECK(reply.smtp_comment.size() <= receiver::kMaxSmtpComment);
  CHECK_FALSE(reply.smtp_comment.empty());
  CHECK(reply.header_comment.size() <= receiver::kMaxHeader);
  CHECK_FALSE(reply.header_comment.empty());
  CHECK(reply.received_spf_header.size() <= receiver::kMaxHeader);
  CHECK(reply.received_spf_header.starts_with("Received-SPF: " + std::string(spf::result_name(reply.result))));
  CHECK(reply.authentication_results.size() <= receiver::kMaxHeader);
  CHECK(reply.authentication_results.starts_with("Authentication-Results: "));
  CHECK(reply.smtp_comment.find_first_of("\"\\") == std::string::npos);
  CHECK(reply.header_comment.find_first_of("\"\\()") == std::string::npos);
  for (const std::string* text : {&reply.local_explanation, &reply.mechanism, &reply.problem}) {
    CHECK(text->size() <= receiver::kMaxDetail);
  }
  CHECK_FALSE(reply.local_explanation.empty());
  for (const std::string* text : {&reply.smtp_comment, &reply.header_comment, &reply.local_explanation,
                                  &reply.authority_explanation, &reply.received_spf_header, &reply.authentication_results,
                                  &reply.spf_record, &reply.spf_domain, &reply.mechanism, &reply.problem, &reply.error}) {
    CHECK(is_line(*text));
  }
}

}  // namespace receiver_world
