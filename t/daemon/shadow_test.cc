// shadow-config: a second policy judges the same checks at every door, has no effect, and is reported in log and metrics.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "t/daemon/control_world.h"
#include "t/support/milter_client.h"

namespace {

using control_world::has;
using control_world::World;
using support::Client;
using support::TempFolder;

constexpr std::string_view kZone =
    "soft.test TXT \"v=spf1 ip4:192.0.2.10 ~all\"\n"
    "hard.test TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"
    "mild.test TXT \"v=spf1 ?all\"\n";

std::string question(std::string_view domain, std::string_view ip = "192.0.2.99") {
  return fmt::format("ip={}\nhelo=mail.{}\nsender=u@{}\n\n", ip, domain, domain);
}

// A daemon with a shadow, whose file has these lines.
struct Shadowed {
  explicit Shadowed(std::string_view lines, std::string_view main_lines = "", std::vector<std::string> more = {}) {
    const std::string shadow = folder.write("next.conf", lines);
    config = folder.write("spfd.conf", fmt::format("{}shadow-config = \"{}\"\n", main_lines, shadow));
    more.insert(more.end(), {"--config", config});
    world = std::make_unique<World>(support::SpfdProcess::Settings{.arguments = std::move(more), .zone = std::string(kZone)});
  }
  [[nodiscard]] std::string metrics() const { return world->output({"--openmetrics", "stats"}); }
  [[nodiscard]] std::string line_of(std::string_view part) const {
    world->spfd().wait_for_log(part);
    const std::string log = world->spfd().log();
    const std::size_t at = log.find(part);
    const std::size_t begin = log.rfind('\n', at) + 1;
    return log.substr(begin, log.find('\n', at) - begin);
  }

  TempFolder folder;
  std::string config;
  std::unique_ptr<World> world;
};

TEST_CASE("shadow: the answer is that of the policy in force, and log and metrics have the difference") {
  const Shadowed shadowed("on-softfail = \"reject\"\n");
  const auto& spfd = shadowed.world->spfd();
  const std::string answer = spfd.ask(question("soft.test"));
  CHECK(has(answer, "action=accept\n"));
  CHECK_FALSE(has(answer, "shadow"));
  CHECK(has(shadowed.line_of("result=softfail"), " shadow=reject shadow_result=softfail "));
  CHECK(has(spfd.ask(question("hard.test")), "action=reject\n"));
  CHECK_FALSE(has(shadowed.line_of("result=fail"), "shadow"));
  CHECK(has(spfd.ask(question("hard.test", "192.0.2.10")), "action=accept\n"));
  // A request that cannot be checked is not judged.
  CHECK(has(spfd.ask("helo=x\n\n"), "error="));
  CHECK_FALSE(has(shadowed.line_of("error="), "shadow"));
  const std::string metrics = shadowed.metrics();
  CHECK(has(metrics, "spfd_shadow_total{action=\"accept\",shadow=\"reject\"} 1\n"));
  CHECK(has(metrics, "spfd_shadow_total{action=\"accept\",shadow=\"accept\"} 1\n"));
  CHECK(has(metrics, "spfd_shadow_total{action=\"reject\",shadow=\"reject\"} 1\n"));
  CHECK(has(metrics, "spfd_shadow_total{action=\"accept\",shadow=\"unknown\"} 0\n"));
  CHECK(has(metrics, "spfd_shadow_differences_total 1\n"));
  CHECK(has(shadowed.world->output({"stats"}), "shadow judged=3 different=1 unknown=0\n"));
}

// Returns the sum of the samples of a metric whose labels have this text.
std::uint64_t sum_of(const std::string& metrics, std::string_view name, std::string_view text = "") {
  std::uint64_t sum = 0;
  for (const std::string_view line : base::split(metrics, '\n')) {
    const std::size_t blank = line.rfind(' ');
    if (!line.starts_with(name) || blank == std::string_view::npos) continue;
    const char after = line[name.size()];
    if ((after == '{' || after == ' ') && has(std::string(line.substr(0, blank)), text))
      sum += *base::parse_number(line.substr(blank + 1), 1000);
  }
  return sum;
}

TEST_CASE("shadow: the counters of stats are the sums of the metrics") {
  support::DnsServer dns(control_world::records);
  const Shadowed shadowed("on-neutral = \"reject\"\ntrusted-forwarders = \"include:more.known.test\"\n", "",
                          {"--nameserver", dns.address()});
  const auto& spfd = shadowed.world->spfd();
  // The shadow agrees twice, differs once, and twice needs an answer that is not there.
  for (int i = 0; i < 2; ++i) static_cast<void>(spfd.ask(question("hard.test", "192.0.2.10")));
  static_cast<void>(spfd.ask(question("mild.test")));
  for (int i = 0; i < 2; ++i) static_cast<void>(spfd.ask(question("known.test")));
  static_cast<void>(spfd.ask("request=ping\n\n"));
  const std::string metrics = shadowed.metrics();
  CAPTURE(metrics);
  const std::string stats = shadowed.world->output({"stats"});
  CAPTURE(stats);
  const std::uint64_t unknown = sum_of(metrics, "spfd_shadow_total", "shadow=\"unknown\"");
  const std::uint64_t all = sum_of(metrics, "spfd_shadow_total");
  CHECK(unknown == 2);
  CHECK(all == 5);
  CHECK(all == sum_of(metrics, "spfd_checks_total"));
  const std::uint64_t different = sum_of(metrics, "spfd_shadow_differences_total");
  CHECK(different == 1);
  CHECK(has(stats, fmt::format("shadow judged={} different={} unknown={}\n", all - unknown, different, unknown)));
}

TEST_CASE("shadow: status shows the file of the policy in force") {
  const Shadowed shadowed("on-softfail = \"reject\"\n");
  const auto& world = *shadowed.world;
  const std::string path = shadowed.folder / "next.conf";
  CHECK(has(world.output({"status"}), "shadow_config=" + path + "\n"));
  // The old policy stays in force.
  static_cast<void>(shadowed.folder.write("next.conf", "on-softfail = \"loudly\"\n"));
  CHECK(world.ctl({"reload"}).exit_code == 1);
  const std::string failed = world.output({"status"});
  CHECK(has(failed, "shadow_config=" + path + "\n"));
  CHECK(has(failed, "last_reload=failed\n"));
  static_cast<void>(shadowed.folder.write("spfd.conf", ""));
  static_cast<void>(world.output({"reload"}));
  CHECK(has(world.output({"status"}), "shadow_config=none\n"));
}

TEST_CASE("shadow: it is judged at each door") {
  const TempFolder folder;
  const std::string milter_address = "unix:" + (folder / "milter");
  const Shadowed shadowed("on-fail = \"tag\"\n", "", {"--milter", milter_address});
  const auto& spfd = shadowed.world->spfd();
  CHECK(has(spfd.ask(question("hard.test")), "action=reject\n"));
  CHECK(has(spfd.ask("format=json\n" + question("hard.test")), "\"action\": \"reject\""));
  Client postfix(spfd.address());
  postfix.send(
      "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.99\nhelo_name=mail.hard.test\n"
      "sender=u@hard.test\nrecipient=r@example.org\ninstance=1\n\n");
  CHECK(postfix.read_answer().starts_with("action=550"));
  support::MilterClient milter(milter_address);
  static_cast<void>(milter.negotiate());
  milter.connect("192.0.2.99", "mail.hard.test");
  CHECK(milter.mail("u@hard.test").command == 'y');
  for (const char* door : {"door=query", "door=policy", "door=milter"})
    CHECK(has(shadowed.line_of(door), " shadow=accept shadow_result=fail "));
  CHECK(has(shadowed.metrics(), "spfd_shadow_total{action=\"reject\",shadow=\"accept\"} 4\n"));
  // Commands do not count.
  static_cast<void>(shadowed.world->output({"explain", "ip=192.0.2.99", "helo=x.test", "sender=u@hard.test"}));
  CHECK(has(shadowed.metrics(), "spfd_shadow_differences_total 4\n"));
}

TEST_CASE("shadow: it asks DNS nothing; without an answer that it needs, its judgement is unknown") {
  support::DnsServer dns(control_world::records);
  const Shadowed shadowed("trusted-forwarders = \"include:more.known.test\"\n", "exempt-clients = \"192.0.2.77\"\n",
                          {"--nameserver", dns.address()});
  const auto& spfd = shadowed.world->spfd();
  // The policy in force does not check this client, so no answer is there.
  CHECK(has(spfd.ask(question("known.test", "192.0.2.77")), "result=none\n"));
  CHECK(has(shadowed.line_of("ip=192.0.2.77"), " shadow=unknown "));
  CHECK(dns.count({*dns::Name::parse("known.test"), dns::Type::txt}) == 0);
  // Only the shadow has terms that need this name.
  CHECK(has(spfd.ask(question("known.test")), "action=reject\n"));
  CHECK(has(shadowed.line_of("result=fail"), " shadow=unknown "));
  CHECK(dns.count({*dns::Name::parse("more.known.test"), dns::Type::txt}) == 0);
  // Answers in the cache are used.
  CHECK(has(spfd.ask(question("more.known.test")), "action=reject\n"));
  CHECK(has(spfd.ask(question("known.test", "192.0.2.77")), "result=none\n"));
  support::wait_until("the log", [&] { return has(spfd.log(), " shadow=reject shadow_result=fail "); });
  CHECK(has(shadowed.metrics(), "spfd_shadow_total{action=\"accept\",shadow=\"reject\"} 1\n"));
}

TEST_CASE("shadow: a dry run of either policy compares the actions that would be taken") {
  const Shadowed shadowed("dry-run = true\non-softfail = \"defer\"\n", "dry-run = true\n");
  const auto& spfd = shadowed.world->spfd();
  CHECK(has(spfd.ask(question("hard.test")), "would=reject\n"));
  CHECK_FALSE(has(shadowed.line_of("result=fail"), "shadow"));
  CHECK(has(spfd.ask(question("soft.test")), "action=accept\n"));
  CHECK(has(shadowed.line_of("result=softfail"), " shadow=defer shadow_result=softfail "));
}

TEST_CASE("shadow: a reload reads it again; one with an error is refused like an error of the configuration") {
  const Shadowed shadowed("on-softfail = \"reject\"\n");
  const auto& world = *shadowed.world;
  static_cast<void>(shadowed.folder.write("next.conf", "on-softfail = \"defer\"\n[sender.\"hard.test\"]\non-fail = \"tag\"\n"));
  CHECK(has(world.output({"reload"}), "reloaded\n"));
  static_cast<void>(world.spfd().ask(question("soft.test")));
  CHECK(has(shadowed.line_of("result=softfail"), " shadow=defer "));
  static_cast<void>(world.spfd().ask(question("hard.test")));
  CHECK(has(shadowed.line_of("result=fail"), " shadow=accept "));

  const std::string path = shadowed.folder / "next.conf";
  static_cast<void>(shadowed.folder.write("next.conf", "on-softfail = \"loudly\"\n"));
  const auto refused = world.ctl({"reload"});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.errors, "the old configuration stays in force: shadow-config: " + path + ":1: on-softfail"));
  CHECK(has(world.output({"status"}), "last_reload=failed\n"));
  const auto check = support::run(support::program("spfd"), {"--config", shadowed.config, "--check-config"});
  CHECK(check.exit_code == 78);
  CHECK(has(check.errors, "shadow-config: " + path + ":1: on-softfail"));
  const auto missing =
      support::run(support::program("spfd"), {"--config", "/dev/null", "--shadow-config", path + "x", "--check-config"});
  CHECK(missing.exit_code == 78);
  CHECK(has(missing.errors, "shadow-config: " + path + "x"));
  // Without the option, nothing is judged.
  static_cast<void>(shadowed.folder.write("spfd.conf", ""));
  CHECK(has(world.output({"reload"}), "reloaded\n"));
  static_cast<void>(world.spfd().ask(question("hard.test")));
  CHECK(has(world.output({"stats"}), "shadow judged=2 different=2 unknown=0\n"));
}

}  // namespace
