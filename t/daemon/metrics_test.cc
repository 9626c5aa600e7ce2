// The metrics of the real daemon: their sums against the lines of the log, and the form of OpenMetrics by a reader of our own.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "spfd/metrics.h"
#include "t/daemon/control_world.h"
#include "t/daemon/srs_world.h"
#include "t/support/milter_client.h"
#include "t/support/sandbox.h"

namespace {

using control_world::has;
using control_world::World;
using support::Client;

// Samples by name and labels, as they are written.
using Samples = std::map<std::string, double>;

// Reads text in the form of OpenMetrics 1.0, and checks it.
Samples read_openmetrics(const std::string& text) {
  Samples samples;
  std::set<std::string> families;
  std::string family;
  std::string type;
  std::string last_bucket;
  double below = 0;
  const auto lines = base::split(text, '\n');
  REQUIRE(lines.size() > 3);
  CHECK(lines[lines.size() - 2] == "# EOF");
  CHECK(lines.back().empty());
  for (std::size_t i = 0; i + 2 < lines.size(); ++i) {
    const std::string line(lines[i]);
    CAPTURE(line);
    if (line.starts_with("# TYPE ")) {
      const auto words = base::split(line, ' ');
      REQUIRE(words.size() == 4);
      family = words[2];
      type = words[3];
      CHECK((type == "counter" || type == "gauge" || type == "histogram" || type == "info"));
      CHECK(families.insert(family).second);
      continue;
    }
    if (line.starts_with("# UNIT ")) {
      const auto words = base::split(line, ' ');
      REQUIRE(words.size() == 4);
      CHECK(words[2] == family);
      CHECK(family.ends_with("_" + std::string(words[3])));
      continue;
    }
    if (line.starts_with("# HELP ")) {
      CHECK(line.starts_with("# HELP " + family + " "));
      continue;
    }
    REQUIRE(!line.starts_with('#'));
    const std::size_t end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
    REQUIRE(end != std::string::npos);
    const std::string name = line.substr(0, end);
    REQUIRE(name.starts_with(family));
    const std::string suffix = name.substr(family.size());
    if (type == "counter") CHECK(suffix == "_total");
    if (type == "gauge") CHECK(suffix.empty());
    if (type == "info") CHECK(suffix == "_info");
    if (type == "histogram") CHECK((suffix == "_bucket" || suffix == "_count" || suffix == "_sum"));
    std::size_t at = end;
    if (line[at] == '{') {
      do {
        const std::size_t equals = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", ++at);
        REQUIRE(equals > at);
        REQUIRE(line.substr(equals, 2) == "=\"");
        for (at = equals + 2; at < line.size() && line[at] != '"'; ++at) at += line[at] == '\\' ? 1U : 0U;
        ++at;
      } while (at < line.size() && line[at] == ',');
      REQUIRE(at < line.size());
      REQUIRE(line[at] == '}');
      ++at;
    }
    REQUIRE(line[at] == ' ');
    char* rest = nullptr;
    const double value = std::strtod(line.c_str() + at + 1, &rest);
    CHECK(*rest == '\0');
    CHECK(value >= 0);
    CHECK(samples.emplace(line.substr(0, at), value).second);
    // Buckets of one histogram are cumulative, and the last one is the count.
    if (suffix == "_bucket") {
      const std::string others = line.substr(0, line.find("le=\""));
      if (others != last_bucket) below = 0;
      last_bucket = others;
      CHECK(value >= below);
      below = value;
    }
    if (suffix == "_count") CHECK(value == below);
  }
  return samples;
}

double sum_of(const Samples& samples, std::string_view name, std::string_view label = "") {
  double sum = 0;
  for (const auto& [key, value] : samples) {
    if (key.starts_with(name) && (key.size() == name.size() || key[name.size()] == '{') && has(key, label)) sum += value;
  }
  return sum;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

constexpr std::string_view kZone =
    "pass.test TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"
    "wide.test TXT \"v=spf1 +all\"\n"
    "bad.test TXT \"v=spf1 ipv4:192.0.2.1 -all\"\n"
    "mx.test TXT \"v=spf1 mx -all\"\nmx.test MX 10 a.mx.test\na.mx.test A 192.0.2.10\n";

// A daemon with all doors.
struct Doors {
  support::TempFolder folder;
  support::DnsServer dns{control_world::records};
  std::string milter = "unix:" + (folder / "milter.sock");
  std::string srs = "unix:" + (folder / "srs.sock");
  World world{{.arguments = {"--nameserver", dns.address(), "--milter", milter, "--srs", srs, "--srs-domain", "fwd.example",
                             "--srs-secret-file", srs_world::write_secret(folder, "tops3cr3t\n")},
               .zone = std::string(kZone)}};

  [[nodiscard]] Samples metrics() const { return read_openmetrics(world.output({"--openmetrics", "stats"})); }
};

void make_load(const Doors& doors) {
  const auto& spfd = doors.world.spfd();
  for (const char* ip : {"192.0.2.10", "192.0.2.99", "2001:db8::1"}) {
    for (const char* domain : {"pass.test", "wide.test", "bad.test", "mx.test", "known.test", "servfail.test", "none.test"}) {
      const std::string values = fmt::format("ip={}\nhelo=mail.{}\nsender=u@{}\n", ip, domain, domain);
      static_cast<void>(spfd.ask(values + "\n"));
      static_cast<void>(spfd.ask("format=json\n" + values + "\n"));
      static_cast<void>(spfd.ask(fmt::format("ip={}\nhelo={}\nsender=\n\n", ip, domain)));
      Client postfix(spfd.address());
      postfix.send(
          fmt::format("request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address={}\nhelo_name=mail.{}\n"
                      "sender=u@{}\nrecipient=r@example.org\ninstance={}\n\n",
                      ip, domain, domain, domain));
      CHECK(postfix.read_answer().starts_with("action="));
    }
    support::MilterClient milter(doors.milter);
    static_cast<void>(milter.negotiate());
    milter.connect(ip, "mail.pass.test");
    static_cast<void>(milter.mail("u@pass.test"));
  }
  static_cast<void>(spfd.ask("helo=nobody\nsender=u@pass.test\n\n"));
  Client forward(doors.srs);
  forward.send("get a@example.com\nget b@fwd.example\nget\n");
  forward.end_of_input();
  CHECK(!forward.read_to_end().empty());
}

TEST_CASE("metrics: after a mixed load the sums are those of the log") {
  const Doors doors;
  make_load(doors);
  const Samples samples = doors.metrics();
  // The log is written after the answers.
  const auto answers = static_cast<std::size_t>(sum_of(samples, "spfd_checks_total"));
  CHECK(answers > 80);
  support::wait_until("the log", [&] { return count(doors.world.spfd().log(), ": result=") >= answers; });
  const std::string log = doors.world.spfd().log();
  CHECK(count(log, ": result=") == answers);
  for (const char* result : {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"}) {
    CAPTURE(result);
    CHECK(sum_of(samples, "spfd_checks_total", fmt::format("result=\"{}\"", result)) ==
          count(log, fmt::format(": result={} ", result)));
  }
  for (const char* door : {"query", "policy", "milter"}) {
    CAPTURE(door);
    CHECK(sum_of(samples, "spfd_checks_total", fmt::format("door=\"{}\"", door)) == count(log, fmt::format(" door={}", door)));
    CHECK(sum_of(samples, "spfd_actions_total", fmt::format("door=\"{}\"", door)) == count(log, fmt::format(" door={}", door)));
  }
  for (const char* identity : {"mailfrom", "helo"}) {
    CAPTURE(identity);
    CHECK(sum_of(samples, "spfd_checks_total", fmt::format("identity=\"{}\"", identity)) ==
          count(log, fmt::format(" identity={} ", identity)));
  }
  CHECK(sum_of(samples, "spfd_actions_total", "action=\"reject\"") == count(log, " action=reject"));
  CHECK(sum_of(samples, "spfd_actions_total", "action=\"defer\"") == count(log, " action=defer"));
  // Each error has one cause.
  CHECK(sum_of(samples, "spfd_problems_total") == count(log, ": result=temperror ") + count(log, ": result=permerror "));
  CHECK(samples.at("spfd_problems_total{cause=\"syntax\"}") == count(log, ": result=permerror "));
  CHECK(samples.at("spfd_problems_total{cause=\"request\"}") == count(log, " error="));
  CHECK(samples.at("spfd_problems_total{cause=\"dns-error\"}") == count(log, " problem=\"TXT servfail.test: "));
  CHECK(sum_of(samples, "spfd_weak_passes_total") == count(log, " weak_pass=1"));
  CHECK(sum_of(samples, "spfd_bad_requests_total") == count(log, " error=") + count(log, " reply=permanent "));
  const double checked = static_cast<double>(answers - count(log, " error="));
  CHECK(sum_of(samples, "spfd_check_duration_seconds_count") == checked);
  CHECK(sum_of(samples, "spfd_check_lookups_count") == checked);
  CHECK(sum_of(samples, "spfd_check_questions_count") == checked);
  CHECK(samples.at("spfd_check_duration_seconds_count{cache=\"cold\"}") > 0);
  CHECK(sum_of(samples, "spfd_srs_total") == count(log, ": srs="));
  CHECK(sum_of(samples, "spfd_srs_total", "outcome=\"ok\"") == count(log, " reply=ok "));
  const std::string server = "{server=\"" + doors.dns.address() + "\"";
  CHECK(samples.at("spfd_dns_queries_total" + server + ",transport=\"udp\"}") > 0);
  CHECK(samples.at("spfd_dns_failures_total" + server + ",reason=\"refused\"}") > 0);
  CHECK(samples.at("spfd_dns_duration_seconds_count" + server + "}") > 0);
}

TEST_CASE("metrics: the form, the number of series, and counters that only grow") {
  const Doors doors;
  const Samples before = doors.metrics();
  make_load(doors);
  static_cast<void>(doors.world.output({"reload"}));
  const Samples after = doors.metrics();
  CHECK(after.size() == before.size());
  // More name servers have series of their own, up to a limit.
  CHECK(after.size() + 22 * spfd::kMostServers <= spfd::kMostSeries);
  for (const auto& sample : before) {
    const std::string& name = sample.first;
    CAPTURE(name);
    REQUIRE(after.contains(name));
    if (has(name, "_total") || has(name, "_bucket") || has(name, "_count")) CHECK(after.at(name) >= sample.second);
  }
  CHECK(after.at("spfd_reload_success") == 1);
  CHECK(after.at("spfd_reload_timestamp_seconds") > before.at("spfd_reload_timestamp_seconds"));
  CHECK(after.at("spfd_connections_limit") == 10000);
  CHECK(after.at("process_open_fds") > 5);
  CHECK(after.at("spfd_sandbox_refused_calls_total") == 0);
  CHECK(after.at("spfd_sandbox{part=\"system-calls\"}") == (support::why_no_sandbox().empty() ? 1 : 0));
}

TEST_CASE("metrics: of many name servers, the further ones are added up") {
  std::vector<std::string> arguments;
  for (int i = 1; i <= 12; ++i) arguments.insert(arguments.end(), {"--nameserver", fmt::format("127.0.0.1:{}", i)});
  const World world({.arguments = arguments});
  const Samples samples = read_openmetrics(world.output({"--openmetrics", "stats"}));
  CHECK(samples.size() <= spfd::kMostSeries);
  CHECK(samples.contains("spfd_dns_queries_total{server=\"other\",transport=\"udp\"}"));
}

TEST_CASE("metrics: the rules for Prometheus and the dashboard for Grafana use names that exist") {
  const World world;
  const std::string text = world.output({"--prometheus", "stats"});
  CHECK_FALSE(has(text, "# EOF"));
  CHECK(has(text, "# TYPE spfd_checks_total counter\n"));
  for (const char* path : {"etc/prometheus/spfd.rules.yml", "etc/grafana/spfd.json"}) {
    const std::string file = support::slurp(path);
    int names = 0;
    for (std::size_t at = file.find("spfd_"); at != std::string::npos; at = file.find("spfd_", at + 1)) {
      const std::size_t end = file.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at);
      const std::string name = file.substr(at, end - at);
      CAPTURE(path);
      CAPTURE(name);
      CHECK((has(text, "\n" + name + " ") || has(text, "\n" + name + "{")));
      ++names;
    }
    CHECK(names > 5);
  }
}

// Returns the metrics as the manual page has them, name and labels, with their words of help.
std::map<std::string, std::string> families(const std::string& text) {
  std::map<std::string, std::string> found;
  std::string family;
  std::string type;
  std::string name;
  for (const auto line : base::split(text, '\n')) {
    const auto words = base::split(line, ' ');
    if (line.starts_with("# TYPE ")) {
      family = words[2];
      type = words[3];
      name.clear();
    }
    if (line.empty() || line.starts_with('#') || !name.empty()) continue;
    const std::string_view sample = words.front();
    name = type == "histogram" ? family : std::string(sample.substr(0, sample.find('{')));
    std::string labels;
    for (std::size_t end = sample.find("=\""); end != std::string_view::npos; end = sample.find("=\"", end + 1)) {
      const std::size_t begin = sample.find_last_of("{,", end) + 1;
      const std::string_view label = sample.substr(begin, end - begin);
      if (label != "le") base::append(labels, labels.empty() ? "" : ",", label);
    }
    if (!labels.empty()) name += "{" + labels + "}";
    const std::size_t help = text.find("# HELP " + family + " ") + 8 + family.size();
    found[name] = text.substr(help, text.find('\n', help) - help);
  }
  return found;
}

TEST_CASE("metrics: spfd-operations(7) lists all of them, with their labels, in the words of the metrics") {
  const World world;
  std::map<std::string, std::string> listed;
  const std::string page = support::slurp("man/spfd-operations.7");
  const auto lines = base::split(std::string_view(page).substr(page.find(".Sh METRICS\n")), '\n');
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    if (lines[i].starts_with(".It Li ")) listed[std::string(lines[i].substr(7))] = lines[i + 1];
  }
  CHECK(listed.size() > 40);
  CHECK(listed == families(world.output({"--openmetrics", "stats"})));
}

TEST_CASE("metrics: in the older format no name is one that the node exporter has for itself") {
  const World world;
  const std::string text = world.output({"--prometheus", "stats"});
  CHECK_FALSE(has(text, "\nprocess_"));
  CHECK_FALSE(has(text, " process_"));
  CHECK(has(text, "# TYPE spfd_process_open_fds gauge\n"));
  CHECK(has(text, "\nspfd_process_cpu_seconds_total "));
}

}  // namespace
