// check-id: ids that spfd makes, in the answer, in the log and in the header.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

#include "t/support/milter_client.h"
#include "t/support/spfd_process.h"

namespace {

using support::Answer;
using support::Client;
using support::SpfdProcess;

constexpr std::string_view kZone = "pass.test TXT \"v=spf1 ip4:192.0.2.10 -all\"\n";
constexpr std::string_view kQuestion = "ip=192.0.2.10\nhelo=mail.pass.test\nsender=u@pass.test\n";

std::string ask_for(const SpfdProcess& spfd, std::string_view more) {
  return spfd.ask(std::string(more).append(kQuestion).append("\n"));
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("check-id client: no id unless the client gives one") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  CHECK_FALSE(has(ask_for(spfd, ""), "\nid="));
  CHECK(has(ask_for(spfd, "id=7\n"), "\nid=7\n"));
  CHECK_FALSE(has(ask_for(spfd, "id=7\n"), ", id 7"));
}

TEST_CASE("check-id always: each check has an id of its own, which is also in the log, and the client's comes first") {
  const SpfdProcess spfd({.arguments = {"--check-id", "always", "--workers", "2"}, .zone = std::string(kZone)});
  std::set<std::string> ids;
  for (int i = 0; i < 20; ++i) {
    const Answer answer = spfd.answer(std::string(kQuestion) + "\n");
    const std::string id = answer.at("id");
    CHECK(id.size() == 13);
    CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos);
    CHECK(ids.insert(id).second);
    spfd.wait_for_log(" id=" + id + "\n");
    CHECK_FALSE(has(answer.at("received_spf_header"), id));
  }
  CHECK(has(ask_for(spfd, "id=7\n"), "\nid=7\n"));
  CHECK(has(ask_for(spfd, "format=json\n"), "\"id\": \""));
  // A request that cannot be checked has one, too.
  CHECK(spfd.answer("helo=x\n\n").at("id").size() == 13);
  // The same connection, the same memory: never the id of another request.
  Client kept(spfd.address());
  for (int i = 0; i < 3; ++i) {
    kept.send("keep=1\n" + std::string(kQuestion) + (i == 1 ? "id=mine\n\n" : "\n"));
    const std::string id = support::parse_answer(kept.read_answer()).at("id");
    CHECK((i == 1 ? id == "mine" : ids.insert(id).second));
  }
}

TEST_CASE("check-id header: the comment of every header has the id, and nothing of it can end the comment") {
  const support::TempFolder folder;
  const std::string milter_address = "unix:" + (folder / "milter");
  const SpfdProcess spfd({.arguments = {"--check-id", "header", "--milter", milter_address, "--exempt-clients", "192.0.2.77"},
                          .zone = std::string(kZone)});
  const Answer answer = spfd.answer(std::string(kQuestion) + "\n");
  const std::string mark = ", id " + answer.at("id") + ")";
  CHECK(has(answer.at("received_spf_header"), mark));
  CHECK(has(answer.at("authentication_results"), mark));
  const Answer exempt = spfd.answer("ip=192.0.2.77\nhelo=x.test\nsender=u@pass.test\n\n");
  CHECK(has(exempt.at("received_spf_header"), ", id " + exempt.at("id") + ")"));
  const Answer bad = spfd.answer("helo=x\n\n");
  CHECK(has(bad.at("received_spf_header"), ", id " + bad.at("id") + ")"));
  const Answer hostile = spfd.answer("id=a)(b;c\\\"d\x01 " + std::string(900, 'x') + "\n" + std::string(kQuestion) + "\n");
  CHECK(has(hostile.at("received_spf_header"), ", id a??b?c??d??" + std::string(53, 'x') + ")"));

  Client postfix(spfd.address());
  postfix.send(
      "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.10\nhelo_name=mail.pass.test\n"
      "sender=u@pass.test\nrecipient=r@example.org\ninstance=ab.1\n\n");
  CHECK(has(postfix.read_answer(), ", id ab.1)"));
  support::MilterClient milter(milter_address);
  static_cast<void>(milter.negotiate());
  milter.connect("192.0.2.10", "mail.pass.test");
  CHECK(milter.mail("u@pass.test").command == 'c');
  CHECK(has(milter.end_of_message().front().data, ", id "));
}

}  // namespace
