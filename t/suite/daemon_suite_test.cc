// The official test suites through the built daemon: requests on its socket, and DNS in real packets.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "t/support/dns_server.h"
#include "t/support/spfd_process.h"
#include "t/support/suite_run.h"

namespace {

using support::Reaction;

// No cache, because each scenario has its own zone data for the same names.
support::SpfdProcess::Settings settings(const support::DnsServer& server, std::vector<std::string> more = {}) {
  support::SpfdProcess::Settings out;
  out.arguments = {"--nameserver", server.address(), "--default-explanation", "DEFAULT", "--cache-size", "0"};
  out.arguments.insert(out.arguments.end(), more.begin(), more.end());
  return out;
}

support::SuiteAnswer ask(const support::SpfdProcess& spfd, const support::SuiteTest& test) {
  auto answer = spfd.answer(fmt::format("ip={}\nhelo={}\nsender={}\n\n", test.host, test.helo, test.mailfrom));
  const std::string& explanation = answer["authority_explanation"];
  return {.result = answer["result"],
          .explanation = explanation.empty() ? answer["smtp_comment"] : explanation,
          .record = answer["spf_record"]};
}

support::SuiteCount run_daemon(std::string_view file) {
  support::DnsServer server(support::ZoneData{});
  const support::SpfdProcess spfd(settings(server));
  const support::Scenario* served = nullptr;
  return support::run_suite(file, [&](const support::Scenario& scenario, const support::SuiteTest& test) {
    if (served != &scenario) server.set_zone(scenario.zone);
    served = &scenario;
    return ask(spfd, test);
  });
}

}  // namespace

TEST_CASE("rfc7208-tests.yml through spfd and real packets: 203 of 203, with 22 of 22 explanations") {
  const support::SuiteCount count = run_daemon("rfc7208-tests.yml");
  CHECK(count.tests == 203);
  CHECK(count.passed == 203);
  CHECK(count.explanations == 22);
  CHECK(count.explained == 22);
}

TEST_CASE("rfc4408-tests.yml through spfd and real packets: 191 of 191") {
  const support::SuiteCount count = run_daemon("rfc4408-tests.yml");
  CHECK(count.tests == 191);
  CHECK(count.passed == 191);
  CHECK(count.explained == count.explanations);
}

TEST_CASE("a TIMEOUT of the suites is the silence of a name server") {
  const auto scenarios = support::read_suite(support::suite_path("rfc7208-tests.yml"));
  support::DnsServer server(support::ZoneData{});
  const support::SpfdProcess spfd(settings(server, {"--dns-timeout", "300ms", "--dns-tries", "1"}));
  int found = 0;
  for (const auto& scenario : scenarios) {
    for (const auto& test : scenario.tests) {
      if (test.id != "alltimeout" && test.id != "exists-dnserr") continue;
      ++found;
      server.set_handler([zone = scenario.zone](const dns::Question& question, bool /*over_tcp*/) {
        const dns::Answer answer = zone.answer(question);
        return answer.status == dns::Status::failure ? support::react(Reaction::Fault::silence) : support::react(answer);
      });
      CAPTURE(test.id);
      CHECK(ask(spfd, test).result == "temperror");
    }
  }
  CHECK(found == 2);
}
