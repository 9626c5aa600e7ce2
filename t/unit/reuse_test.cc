// No data of one client reaches the next one: an object that is set again equals a new object.
#include "common/base/reuse.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/doors.h"
#include "common/receiver/judge.h"
#include "common/receiver/receiver.h"
#include "common/receiver/srs_answer.h"
#include "common/spf/evaluate.h"
#include "t/support/decide.h"
#include "t/support/fill.h"
#include "t/support/known_answers.h"
#include "t/support/requests.h"
#include "t/support/single.h"

namespace {

using namespace std::string_view_literals;
using support::filled;

// Sets a used object, which has data of somebody else in each member, and a new one. `set` sets its argument.
template <class T, class Set>
void check_set(Set&& set) {
  T used = filled<T>();
  T fresh{};
  set(used);
  set(fresh);
  CHECK(used == fresh);
}

support::World world() {
  support::World out;
  out.txt("pass.example", "v=spf1 ip4:192.0.2.0/24 -all");
  out.txt("fail.example", "v=spf1 -all exp=why.example");
  out.txt("why.example", "%{s} is refused");
  out.txt("plain.example", "v=spf1 ip4:198.51.100.0/24 -all");
  out.txt("redirect.example", "v=spf1 redirect=pass.example");
  out.txt("soft.example", "v=spf1 a ~all");
  out.txt("wide.example", "v=spf1 +all");
  out.txt("broken.example", "v=spf1 what:ever");
  out.failure("silent.example", dns::Type::txt);
  return out;
}

constexpr std::string_view kDomains[] = {"pass.example",
                                         "fail.example",
                                         "plain.example",
                                         "redirect.example",
                                         "soft.example",
                                         "wide.example",
                                         "broken.example",
                                         "silent.example",
                                         "nobody.example",
                                         "no domain.example",
                                         ""};

// Runs a pure function with the same object until it needs nothing more.
template <class Run>
void run_to_end(const support::World& world, Run&& run) {
  support::KnownAnswers known;
  for (int round = 0; round < 100; ++round) {
    const spf::Needs needs = run(known);
    if (needs.empty()) return;
    for (const dns::Question& question : needs.needed) known.add(question, world.answer(question));
  }
  FAIL("no end");
}

receiver::Policy full_policy() {
  receiver::Policy policy = support::plain_policy();
  policy.spf.trace = true;
  policy.rules.exempt = {*receiver::parse_network("203.0.113.0/24")};
  policy.rules.forwarders = support::terms("ip4:192.0.2.10");
  policy.rules.secondary_mx = support::terms("ip4:192.0.2.11");
  policy.rules.guess = support::terms("ip4:192.0.2.12");
  policy.rules.local = support::terms("ip4:192.0.2.13");
  policy.allow_request_policy = true;
  return policy;
}

// Returns what a client says at a door: all kinds of requests that it has.
std::string_view talk_of(protocol::Door door) {
  switch (door) {
    case protocol::Door::query:
      return "ip=192.0.2.1\nsender=a@example.com\nkeep=1\n\nrequest=ping\nkeep=1\n\n"
             "request=health\nkeep=1\n\nip=what\n\n"sv;
    case protocol::Door::policy:
      return "request=smtpd_access_policy\nclient_address=192.0.2.1\nsender=\n\n"
             "request=smtpd_access_policy\nprotocol_state=EHLO\n\n"sv;
    case protocol::Door::milter:
      return "\0\0\0\x0dO\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff"
             "\0\0\0\x16"
             "Chost\0"
             "4\0\0"
             "192.0.2.1\0\0\0"
             "\0\0\0\x09Mabcdefg\0\0\0\0\x01Q"sv;
    case protocol::Door::srs_forward: return "get a@example.com\nput x\n"sv;
    case protocol::Door::srs_reverse: return "9:reverse a,3:abc,x"sv;
    case protocol::Door::control: return "explain ip=192.0.2.1 helo=h.example sender=a@example.com\n"sv;
  }
  return {};
}

constexpr std::string_view kClients[] = {"192.0.2.10",    "192.0.2.11",   "192.0.2.12", "192.0.2.13",
                                         "198.51.100.66", "203.0.113.66", "2001:db8::1"};

}  // namespace

TEST_CASE_TEMPLATE("reuse: a renewed object equals a new one", T, spf::Verdict, spf::Query, receiver::Request,
                   receiver::Judgement, receiver::Reply, receiver::Workspace, receiver::Foresight, receiver::SrsRequest,
                   receiver::SrsReply, protocol::CheckRequest, protocol::RewritingRequest, protocol::HealthRequest,
                   protocol::Ready, protocol::ControlRequest, protocol::ControlAnswer) {
  T object = filled<T>();
  // Each member must differ before, else the test proves nothing.
  CHECK(base::with_members(object, [](const auto&... used) {
    return base::with_members(base::kNew<T>, [&](const auto&... fresh) { return (!(used == fresh) && ...); });
  }));
  base::renew(object);
  CHECK(object == T{});
}

TEST_CASE("reuse: a renewed object keeps the memory of its strings") {
  auto verdict = filled<spf::Verdict>();
  const char* const memory = verdict.problem.data();
  base::renew(verdict);
  verdict.problem = "something else, longer than what a string keeps in itself";
  CHECK(verdict.problem.data() == memory);
}

TEST_CASE("reuse: a query") {
  const auto client = *base::IpAddress::parse("192.0.2.1");
  for (const std::string_view sender : {"a@example.com"sv, "@example.com"sv, "a@localhost"sv, "a@b\xc3\xbc.example"sv, ""sv}) {
    CAPTURE(sender);
    check_set<spf::Query>([&](spf::Query& query) { spf::set_mailfrom_query(query, client, sender, "h.example"); });
    check_set<spf::Query>([&](spf::Query& query) { spf::set_helo_query(query, client, sender); });
  }
}

TEST_CASE("reuse: a verdict") {
  const support::World answers = world();
  spf::Settings settings = support::plain_policy().spf;
  for (const bool traces : {false, true}) {
    settings.trace = traces;
    for (const std::string_view domain : kDomains) {
      CAPTURE(domain);
      const auto query = support::mailfrom_query(*base::IpAddress::parse("192.0.2.1"), "a@" + std::string(domain), "h.example");
      check_set<spf::Verdict>([&](spf::Verdict& verdict) {
        run_to_end(answers, [&](auto& known) { return spf::evaluate(query, settings, known, verdict); });
      });
      if (!query.domain) continue;
      const auto record = *spf::parse_record("v=spf1 a -all");
      check_set<spf::Verdict>([&](spf::Verdict& verdict) {
        run_to_end(answers, [&](auto& known) { return spf::evaluate_record(query, record, "ours", settings, known, verdict); });
      });
    }
  }
}

TEST_CASE("reuse: a decision, for all rules") {
  const support::World answers = world();
  receiver::Policy policy = full_policy();
  for (const auto check_helo : {receiver::HeloCheck::null_sender, receiver::HeloCheck::first}) {
    policy.rules.check_helo = check_helo;
    for (const bool is_dry_run : {false, true}) {
      policy.rules.dry_run = is_dry_run;
      for (const std::string_view client : kClients) {
        for (const std::string_view domain : kDomains) {
          CAPTURE(client);
          CAPTURE(domain);
          receiver::Request request = support::request(client, "a@" + std::string(domain), "wide.example");
          request.guess = domain == "nobody.example";
          request.local = domain == "soft.example" ? "no:term" : "";
          const auto decide = [&](receiver::Workspace workspace) {
            run_to_end(answers, [&](auto& known) { return receiver::decide(request, policy, known, workspace); });
            return workspace.reply;
          };
          CHECK(decide(filled<receiver::Workspace>()) == decide({}));
        }
      }
    }
  }
}

TEST_CASE("reuse: a request of each door") {
  const protocol::DoorOptions options;
  for (std::size_t number = 0; number < protocol::kDoors; ++number) {
    const auto door = static_cast<protocol::Door>(number);
    CAPTURE(protocol::door_name(door));
    const auto read = [&](const protocol::Request& before) {
      const auto any = protocol::make_codec(door);
      protocol::Codec& codec = protocol::codec_of(any);
      codec.feed(talk_of(door));
      codec.finish();
      std::vector<protocol::Request> requests;
      protocol::Request request = before;
      for (int i = 0; i < 100 && codec.next({options, 77}, request); ++i) {
        requests.push_back(request);
        if (support::is_check(request)) {
          std::string out;
          std::get<std::unique_ptr<protocol::CheckCodec>>(any)->encode(support::check_of(request), {}, options, out);
        }
        request = before;
      }
      request = before;
      codec.give_up("too late", request);
      requests.push_back(request);
      return requests;
    };
    const auto requests = read({});
    CHECK(requests.size() > (door == protocol::Door::control ? 1 : 2));  // a control connection has one command
    auto used = filled<protocol::Request>();
    CHECK(read(used) == requests);
    used.what = filled<protocol::CheckRequest>();
    CHECK(read(used) == requests);
    used.what = filled<protocol::RewritingRequest>();
    CHECK(read(used) == requests);
    used.what = filled<protocol::HealthRequest>();
    CHECK(read(used) == requests);
    used.what = filled<protocol::ControlRequest>();
    CHECK(read(used) == requests);
  }
}

TEST_CASE("reuse: the foreseen result at the next host, and a reply about it") {
  const support::World answers = world();
  receiver::NextHop next_hop;
  next_hop.outgoing = {*base::IpAddress::parse("192.0.2.1")};
  for (const std::string_view domain : kDomains) {
    CAPTURE(domain);
    const std::string sender = "a@" + std::string(domain);
    check_set<receiver::Foresight>([&](receiver::Foresight& out) {
      run_to_end(answers, [&](auto& known) { return receiver::foresee(sender, next_hop, 77, known, out); });
    });
  }
}
