// spfquery --lint: the report, its JSON object, exit codes.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "t/query/child.h"
#include "t/query/zone.h"

namespace {

using query_test::Child;
using query_test::ChildOptions;
using query_test::Outcome;
using query_test::run_query;
using query_test::ZoneFile;
using Words = std::vector<std::string>;

// A name server that never answers, on a loopback port of its own.
class SilentServer {
 public:
  SilentServer() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(fd_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Waits until a question came.
  void wait_for_question() const {
    char byte = 0;
    REQUIRE(::recv(fd_, &byte, 1, 0) == 1);
  }

 private:
  int fd_;
  int port_ = 0;
};

std::set<std::string> keys(const YAML::Node& object) {
  std::set<std::string> out;
  for (const auto& entry : object) out.insert(entry.first.as<std::string>());
  return out;
}

// Returns what was printed on standard error, without the note of an old source tree.
std::string complaints(const Outcome& got) {
  constexpr std::string_view kNote = "/share/spfd/lint-networks\" is older than 180 days, and is ignored\n";
  return got.err.ends_with(kNote) && got.err.find('\n') == got.err.size() - 1 ? std::string() : got.err;
}

TEST_CASE("--lint: the tree with findings at their lines, a summary, each finding with its repair; exit 1 for an error") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with({"--lint", "permerror.example"}));
  CHECK(got.exit_code == 1);
  CHECK(complaints(got).empty());
  const Words lines = got.lines();
  REQUIRE(lines.size() > 10);
  CHECK(got.out.find("a check without a cache takes 1 round trip; 1.5 seconds if an answer gets lost in each") !=
        std::string::npos);
  CHECK(lines[0] == "  1 permerror.example");
  CHECK(lines[1] == "  2 |- ipv4:192.0.2.1  [S01]");
  CHECK(lines[2] == "  3 `- -all");
  CHECK(lines[4] == "DNS terms: 0 for IPv4 clients, 0 for IPv6 clients, of 10");
  CHECK(got.out.find("\nS01 error, line 2, ipv4:192.0.2.1 in the record of permerror.example (RFC 7208 12)\n") !=
        std::string::npos);
  CHECK(got.out.find("\n   Write ip4:192.0.2.1.\n") != std::string::npos);
}

TEST_CASE("--lint: exit 0 without an error; --record examines a record before it is published") {
  const ZoneFile zone;
  CHECK(run_query(zone.with({"--lint", "softfail.example"})).exit_code == 0);
  const Words bad = {"--record", "softfail.example=v=spf1 +all", "--lint", "softfail.example"};
  CHECK(run_query(zone.with(bad)).exit_code == 1);
  CHECK(run_query(zone.with({"--lint", "SoftFail.Example."})).exit_code == 0);
}

TEST_CASE("--lint: a domain that does not exist, or has nothing to examine, is not one without faults") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with({"--lint", "typo.example"}));
  CHECK(got.lines().at(0) == "  1 typo.example: no such domain  [P01]");
  CHECK(got.out.find("No faults") == std::string::npos);
  const ZoneFile null_mx("quiet.example. 300 MX 0 .\nquiet.example. 300 SOA ns.test. h.test. 1 2 3 4 5\n");
  CHECK(run_query(null_mx.with({"--lint", "quiet.example"})).out.ends_with("\nThere is no SPF record to examine.\n"));
}

TEST_CASE("--lint --json: one object with the keys of the manual") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with({"--json", "--lint", "permerror.example"}));
  CHECK(got.exit_code == 1);
  REQUIRE(got.lines().size() == 1);
  const YAML::Node object = YAML::Load(got.out);  // YAML holds JSON
  CHECK(keys(object) == std::set<std::string>{"domain", "record", "findings", "summary", "tree"});
  CHECK(object["domain"].as<std::string>() == "permerror.example");
  CHECK(object["record"].as<std::string>() == "v=spf1 ipv4:192.0.2.1 -all");
  const YAML::Node finding = object["findings"][0];
  CHECK(keys(finding) == std::set<std::string>{"id", "severity", "term", "record_of", "line", "section", "message", "fix"});
  CHECK(finding["id"].as<std::string>() == "S01");
  CHECK(finding["severity"].as<std::string>() == "error");
  CHECK(finding["term"].as<std::string>() == "ipv4:192.0.2.1");
  CHECK(finding["record_of"].as<std::string>() == "permerror.example");
  CHECK(finding["line"].as<int>() == 2);
  CHECK(object["summary"]["errors"].as<int>() == 1);
  CHECK(object["summary"]["complete"].as<bool>());
  CHECK(object["tree"].size() == 3);
  CHECK(object["tree"][1]["term"].as<std::string>() == "ipv4:192.0.2.1");

  const YAML::Node none = YAML::Load(run_query(zone.with({"--json", "--lint", "none.example"})).out);
  CHECK(none["record"].IsNull());
}

TEST_CASE("--lint: exit 75 when DNS is incomplete, and the report names what is not known") {
  const SilentServer server;
  const Outcome got = run_query({"--lint", "a.test", "--nameserver", server.address(), "--timeout", "300ms"});
  CHECK(got.exit_code == 75);
  CHECK(got.out.find("\nnot known: TXT a.test: timed out\n") != std::string::npos);
  CHECK(got.out.find("P01") == std::string::npos);
}

TEST_CASE("--lint: SIGINT ends the wait, and the known part of the report is printed") {
  const SilentServer server;
  Child child({"--lint", "a.test", "--record", "a.test=v=spf1 ipv4:192.0.2.1 include:b.test -all", "--nameserver",
               server.address(), "--timeout", "60s"});
  server.wait_for_question();
  child.signal(SIGINT);
  const Outcome got = child.finish();
  CHECK(got.exit_code == 75);
  CHECK(got.out.find("S01") != std::string::npos);
  CHECK(got.out.find("not known: TXT b.test: timed out") != std::string::npos);
}

TEST_CASE("--lint: several domains have a report each; one error makes the exit code 1") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with({"--lint", "permerror.example", "--lint", "softfail.example"}));
  CHECK(got.exit_code == 1);
  CHECK(got.out.find("  1 permerror.example\n") == 0);
  CHECK(got.out.find("\n\n  1 softfail.example\n") != std::string::npos);
  CHECK(run_query(zone.with({"--json", "--lint", "permerror.example", "--lint", "softfail.example"})).lines().size() == 2);
}

TEST_CASE("--lint-file: a line for each domain in the order of the file, or an object; the exit code is the worst of all") {
  const ZoneFile zone;
  const std::string text = "# domains\npermerror.example\n\n  softfail.example\r\nnone.example\n";
  const std::string path = zone.folder().write("domains", text);
  for (const Words& words : std::vector<Words>{{"--lint-file", path}, {"--lint-file=-", "--jobs", "1"}}) {
    const Outcome got = run_query(zone.with(words), text);
    CHECK(got.exit_code == 1);
    CHECK(complaints(got).empty());
    REQUIRE(got.lines().size() == 3);
    CHECK(got.lines()[0] == "permerror.example: error S01; lookups 0");
    CHECK(got.lines()[1].starts_with("softfail.example: "));
    CHECK(got.lines()[2] == "none.example: warning P01; lookups 0");
  }
  const Words objects = run_query(zone.with({"--lint-file", path, "--json"})).lines();
  REQUIRE(objects.size() == 3);
  CHECK(YAML::Load(objects[1])["domain"].as<std::string>() == "softfail.example");
}

TEST_CASE("--lint-file: a bad line is reported and the others are examined; a missing file is bad usage") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with({"--lint-file", "-"}),
                                "word\nsoftfail.example\nfail.example extra\n" + std::string(20'000, 'x') + "\n");
  CHECK(got.exit_code == 64);
  CHECK(got.lines().size() == 1);
  CHECK(got.err.find("standard input:1: \"word\" is not a domain name with a dot") != std::string::npos);
  CHECK(got.err.find("standard input:3: \"fail.example extra\" is not a domain name") != std::string::npos);
  CHECK(got.err.find("standard input:4: the line is longer") != std::string::npos);
  CHECK(run_query(zone.with({"--lint-file", "/does/not/exist"})).exit_code == 64);
}

TEST_CASE("--lint-file: SIGINT ends the waits, and the domains under way are printed") {
  const SilentServer server;
  const ZoneFile zone;
  const std::string path = zone.folder().write("domains", "a.test\n");
  Child child({"--lint-file", path, "--record", "a.test=v=spf1 ipv4:192.0.2.1 include:b.test -all", "--nameserver",
               server.address(), "--timeout", "60s"});
  server.wait_for_question();
  child.signal(SIGINT);
  const Outcome got = child.finish();
  CHECK(got.exit_code == 75);
  REQUIRE(got.lines().size() == 1);
  CHECK(got.lines()[0].find("error S01;") != std::string::npos);
  CHECK(got.lines()[0].find("; not known: ") != std::string::npos);
  CHECK(got.err.find("interrupted") != std::string::npos);
}

TEST_CASE("--file: SIGINT ends the waits; what is answered is printed, and the number of lines without answer") {
  const SilentServer server;
  const ZoneFile zone;
  const std::string path =
      zone.folder().write("checks", "192.0.2.1 x@a.test\n192.0.2.2 x@b.test\n192.0.2.1 x@a.test\n192.0.2.3 x@b.test\n");
  Child child({"--json", "--file", path, "--record", "a.test=v=spf1 ip4:192.0.2.1 -all", "--nameserver", server.address(),
               "--timeout", "60s"});
  server.wait_for_question();
  child.signal(SIGINT);
  const Outcome got = child.finish();
  CHECK(got.exit_code == 75);
  REQUIRE(got.lines().size() == 2);
  for (const std::string& line : got.lines()) CHECK(line.starts_with("{\"result\": \"pass\""));
  CHECK(got.err.find("interrupted: 2 lines") != std::string::npos);
}

TEST_CASE("--sarif: one log with a run per domain: rules, and findings with the record and the term") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with({"--sarif", "--lint", "permerror.example", "--lint", "softfail.example"}));
  CHECK(got.exit_code == 1);
  const YAML::Node log = YAML::Load(got.out);
  CHECK(log["version"].as<std::string>() == "2.1.0");
  REQUIRE(log["runs"].size() == 2);
  const YAML::Node run = log["runs"][0];
  CHECK(run["tool"]["driver"]["rules"].size() > 50);
  const YAML::Node result = run["results"][0];
  CHECK(result["ruleId"].as<std::string>() == "S01");
  CHECK(result["level"].as<std::string>() == "error");
  const YAML::Node place = result["locations"][0]["physicalLocation"];
  CHECK(place["artifactLocation"]["uri"].as<std::string>() == "dns:permerror.example?type=TXT");
  CHECK(place["region"]["snippet"]["text"].as<std::string>() == "ipv4:192.0.2.1");
  CHECK(run["invocations"][0]["executionSuccessful"].as<bool>());
}

TEST_CASE("--diff: networks that lose or gain a pass, with an example each, and the counts before and after") {
  const ZoneFile zone;
  const Words words = {"--lint", "pass.example", "--diff", "v=spf1 ip4:192.0.2.0/25 include:softfail.example -all"};
  const Outcome got = run_query(zone.with(words));
  CHECK(got.out.find("DNS terms: 0 -> 2 for IPv4 clients") != std::string::npos);
  CHECK(got.out.find("\npass -> fail: 192.0.2.128/25 (128 addresses)\n   for example 192.0.2.128\n") != std::string::npos);
  CHECK(got.out.find("\nfail -> pass: 198.51.100.25 (1 address)\n") != std::string::npos);
  const YAML::Node object = YAML::Load(run_query(zone.with({"--json", "--lint", "pass.example", "--diff", "v=spf1 -all"})).out);
  CHECK(keys(object) == std::set<std::string>{"domain", "exact", "changes", "before", "after"});
  CHECK(object["changes"][0]["witness"].as<std::string>() == "192.0.2.0");
  CHECK(object["changes"][0]["networks"][0].as<std::string>() == "192.0.2.0/24");
  CHECK(run_query({"--diff", "v=spf1 ip4:192.0.2.0/24 -all", "v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 -all"})
            .out.ends_with("\nNo client gets another result.\n"));
  // A record that could not be looked up.
  const Words unknown = {"--nameserver", "127.0.0.1:1",  "--timeout", "1",
                         "--lint",       "pass.example", "--diff",    "v=spf1 ip4:192.0.2.0/24 include:a.test -all"};
  const Outcome incomplete = run_query(zone.with(unknown));
  CHECK(incomplete.exit_code == 75);
  CHECK(incomplete.out.find("No client gets another result") == std::string::npos);
  CHECK(incomplete.out.find("The comparison is incomplete") != std::string::npos);
  CHECK(incomplete.out.find("not known: TXT a.test") != std::string::npos);
  // The exit code is that of the new record.
  CHECK(run_query(zone.with({"--lint", "permerror.example", "--diff", "v=spf1 -all"})).exit_code == 0);
  CHECK(run_query(zone.with({"--lint", "pass.example", "--diff", "v=spf1 ipv4:192.0.2.1 -all"})).exit_code == 1);
}

TEST_CASE("--from, --helo, --subdomains: addresses of the domain that do not pass, and subdomains without a record") {
  const ZoneFile zone;
  const std::string names = zone.folder().write("names", "# names\nmx.softfail.example\n");
  CHECK(run_query(zone.with({"--lint", "pass.example", "--from", "192.0.2.1", "--from", "2001:db8::1"})).out.find("C01") ==
        std::string::npos);
  const Outcome got = run_query(zone.with({"--lint", "pass.example", "--from", "192.0.2.1", "--from", "198.51.100.1"}));
  CHECK(got.exit_code == 1);
  CHECK(got.out.find("198.51.100.1 is fail, by '-all' of pass.example") != std::string::npos);
  CHECK(run_query(zone.with({"--lint", "pass.example", "--helo", "none.example"})).out.find("C02 warning") != std::string::npos);
  CHECK(run_query(zone.with({"--lint", "softfail.example", "--subdomains", names})).out.find("C05 warning") != std::string::npos);
}

TEST_CASE("--lint: a full disk or a closed pipe is an error, not a success") {
  const ZoneFile zone;
  ChildOptions to_full_disk;
  to_full_disk.out_path = "/dev/full";
  for (const Words& words : std::vector<Words>{{"--lint", "softfail.example"}, {"--lint-file", "-"}}) {
    const Outcome got = run_query(zone.with(words), "softfail.example\n", to_full_disk);
    CHECK(got.exit_code == 75);
    CHECK(got.err.find("cannot be written") != std::string::npos);
  }
}

TEST_CASE("--lint: lines of boxes where the terminal has UTF-8, US-ASCII elsewhere; colours on a terminal only") {
  const ZoneFile zone;
  ChildOptions utf8;
  utf8.environment = {"LC_ALL=C.UTF-8", "TERM=xterm"};
  utf8.out_is_terminal = true;
  CHECK(run_query(zone.with({"--lint", "permerror.example"}), {}, utf8).out.find("\u251c\u2500 ipv4") != std::string::npos);
  CHECK(run_query(zone.with({"--lint", "permerror.example"}), {}, utf8).out.find("\x1b[1;31m[S01]") != std::string::npos);
  for (const char c : run_query(zone.with({"--lint", "permerror.example"})).out) {
    if (c != '\n' && (c < ' ' || c > '~')) FAIL("a byte that is not printable US-ASCII");
  }
}

TEST_CASE("--lint: lines of a terminal are as long as it is wide, and words are whole") {
  const ZoneFile zone;
  ChildOptions narrow;
  narrow.environment = {"TERM=dumb", "COLUMNS=40"};
  narrow.out_is_terminal = true;
  const Words words = {"--record",
                       "permerror.example=v=spf1 ipv4:192.0.2.1 include:_spf.a-long-name-that-has-no-blank.example -all",
                       "--lint", "permerror.example"};
  const Outcome got = run_query(zone.with(words), {}, narrow);
  CHECK(got.exit_code == 1);
  int longer = 0;
  for (std::string line : got.lines()) {
    if (line.ends_with('\r')) line.pop_back();
    CAPTURE(line);
    if (line.size() > 40) ++longer;
    if (line.size() > 40) CHECK(line.find("_spf.a-long-name-that-has-no-blank.example") != std::string::npos);
  }
  CHECK(longer > 0);
  CHECK(got.out.find("   The term is not a mechanism, so every\r\n   check is a permerror:") != std::string::npos);
  // Not in a file or a pipe.
  ChildOptions piped;
  piped.environment = {"COLUMNS=40"};
  CHECK(run_query(zone.with(words), {}, piped).out.find("so every check is a permerror:") != std::string::npos);
}

TEST_CASE("--diff OLD NEW compares two records, neither of which need be published") {
  const ZoneFile zone;
  const Outcome got =
      run_query(zone.with({"--lint", "a.example", "--diff", "v=spf1 ip4:198.18.2.0/24 -all", "v=spf1 ip4:198.18.2.0/25 -all"}));
  CHECK(got.exit_code == 0);
  CHECK(got.out.find("  now: v=spf1 ip4:198.18.2.0/24 -all\n  new: v=spf1 ip4:198.18.2.0/25 -all\n") != std::string::npos);
  CHECK(got.out.find("198.18.2.128") != std::string::npos);
  // Without a domain, records that do not need one.
  const Outcome without = run_query(zone.with({"--diff", "v=spf1 ip4:198.18.2.0/24 -all", "v=spf1 ip4:198.18.2.0/25 -all"}));
  CHECK(without.exit_code == 0);
  CHECK(without.out == "record.invalid" + got.out.substr(got.out.find('\n')));
  for (const char* record : {"v=spf1 mx -all", "v=spf1 ?A/24 -all", "v=spf1 exists:%{D}.x.example -all"}) {
    const Outcome refused = run_query({"--diff", "v=spf1 -all", record});
    CHECK(refused.exit_code == 64);
    CHECK(refused.err.find("give --lint DOMAIN") != std::string::npos);
  }
}

TEST_CASE("the file of the package is found from the folder of the program, also before an installation") {
  const ZoneFile zone("mailchannels.net. 300 TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n");
  const Words record = {"--record",   "a.example=v=spf1 include:mailchannels.net -all", "--lint", "a.example", "--nameserver",
                        "127.0.0.1:1"};
  const Outcome built = run_query(zone.with(record));
  CHECK(complaints(built).empty());
  CHECK((built.out.find("\nK05 warning") != std::string::npos || !built.err.empty()));
  // A program that was copied alone says what it does not look for.
  const std::string alone = zone.folder().write("x", "") + ".bin";
  REQUIRE(::mkdir(alone.c_str(), 0700) == 0);
  ChildOptions options;
  options.program = alone + "/spfquery";
  std::filesystem::copy_file(query_test::built_program(), options.program);
  const Outcome copied = run_query(zone.with(record), {}, options);
  CHECK(copied.out.find("\nK05 warning") == std::string::npos);
  CHECK(copied.err.starts_with("spfquery: "));
  CHECK(copied.err.ends_with(
      "/share/spfd/lint-networks: cannot be read: No such file or directory: shared networks and platforms are not known (K05, "
      "K06)\n"));
}

TEST_CASE("--networks: a file that is older than 180 days is ignored, and spfquery says so") {
  const ZoneFile zone;
  const auto with_date = [&zone](const std::string& date) {
    const std::string path = zone.folder().write("networks", "date " + date + "\nnetwork 192.0.2.0/24 Example (CDN)\n");
    return run_query(zone.with({"--networks", path, "--record", "a.example=v=spf1 ip4:192.0.2.1 -all", "--lint", "a.example"}));
  };
  const Outcome old = with_date("2020-01-01");
  CHECK(old.out.find("K06") == std::string::npos);
  CHECK(old.err.find("is older than 180 days, and is ignored") != std::string::npos);
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  const std::time_t now = std::chrono::system_clock::to_time_t(today);
  char date[16] = {};
  std::tm parts{};
  REQUIRE(std::strftime(date, sizeof(date), "%Y-%m-%d", ::gmtime_r(&now, &parts)) > 0);
  const Outcome fresh = with_date(date);
  // A file that cannot be used is an error, and the absence of that of the package is only reported.
  const std::string garbage = zone.folder().write("garbage", "\x01\x02 word\n");
  for (const std::string& path : {garbage, std::string("/does/not/exist"), zone.folder().path()}) {
    CAPTURE(path);
    const Outcome got = run_query(zone.with({"--networks", path, "--lint", "pass.example"}));
    CHECK(got.exit_code == 64);
    CHECK(got.out.empty());
    CHECK(got.err.starts_with("spfquery: "));
  }
  CHECK(fresh.err.empty());
  CHECK(fresh.out.find(std::string("192.0.2.0/24 of Example (CDN), as of ") + date) != std::string::npos);
}

}  // namespace
