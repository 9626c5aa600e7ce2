// The command line of spfquery: which task plain words and options name, and the exit code if it is wrong.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "t/query/child.h"
#include "t/query/zone.h"

namespace {

using query_test::Outcome;
using query_test::run_query;
using query_test::ZoneFile;
using Words = std::vector<std::string>;

TEST_CASE("plain words: an address and a sender are a check, a domain alone is an examination") {
  const ZoneFile zone;
  CHECK(run_query(zone.with({"192.0.2.1", "u@pass.example"})).lines().at(0) == "pass");
  CHECK(run_query(zone.with({"192.0.2.66", "u@fail.example", "h.test"})).out.find("(h.test, mx.test)") != std::string::npos);
  CHECK(run_query(zone.with({"2001:db8::1", "u@pass.example"})).lines().at(0) == "pass");
  CHECK(run_query(zone.with({"permerror.example"})).lines().at(1) == "  2 |- ipv4:192.0.2.1  [S01]");
  // As in earlier versions, other words are ignored if an option gives the request.
  CHECK(run_query(zone.with({"--ip", "192.0.2.1", "--sender", "u@pass.example", "permerror.example"})).lines().at(0) == "pass");
  CHECK(run_query(zone.with({"--ip=192.0.2.1", "u@fail.example", "--sender=u@pass.example"})).lines().at(0) == "pass");
  // An address alone is not enough.
  CHECK(run_query(zone.with({"192.0.2.1"})).exit_code == 255);
  CHECK(run_query(zone.with({"word"})).exit_code == 255);
}

TEST_CASE("an incomplete address is not taken for a domain") {
  for (const char* word : {"1.2.3", "1.2.3.4.5", "192.0.2.300"}) {
    CAPTURE(word);
    const Outcome got = run_query({word});
    CHECK(got.exit_code != 0);
    CHECK(got.err.find("is neither a domain name nor a complete address") != std::string::npos);
    CHECK(run_query({"--lint", word}).exit_code == 64);
  }
}

TEST_CASE("--lint --file is --lint-file") {
  const ZoneFile zone;
  for (const Words& words : std::vector<Words>{{"--lint", "--file", "-"}, {"--file=-", "--lint"}, {"-lint", "-f", "-"}}) {
    const Outcome got = run_query(zone.with(words), "softfail.example\nuser@permerror.example\n");
    CHECK(got.exit_code == 1);
    REQUIRE(got.lines().size() == 2);
    CHECK(got.lines()[1].starts_with("permerror.example: error S01;"));
  }
  CHECK(run_query(zone.with({"--lint", "--json"})).exit_code == 64);
}

TEST_CASE("--lint: exit 64 for a command line that is wrong") {
  for (const Words& words :
       {Words{"--lint"}, Words{"--lint", "localhost"}, Words{"--lint", "a..example"},
        Words{"--lint", "a.example", "--ip", "192.0.2.1"}, Words{"--lint", "a.example", "--file", "-"},
        Words{"--lint", "a.example", "--from", "word"}, Words{"--lint", "a.example", "--subdomains", "/does/not/exist"},
        Words{"--lint", "a.example", "--lint", "b.example", "--diff", "v=spf1 -all"}, Words{"--lint", "a.example", "--helo", "h"},
        Words{"--lint", "https://a.example/"}, Words{"--lint", "a.example:53"}, Words{"--lint", "a.example", "--diff", "--json"},
        Words{"--lint", "a.example", "--sarif", "--json"}, Words{"--lint", "a.example", "--server", "localhost"},
        Words{"--lint", "a.example", "--lint-file", "-"}, Words{"--lint=a.example", "--zone", "/does/not/exist"}}) {
    const Outcome got = run_query(words);
    CAPTURE(got.err);
    CHECK(got.exit_code == 64);
    CHECK(got.err.starts_with("spfquery: "));
    CHECK(got.out.empty());
  }
}

TEST_CASE("the exit code of a wrong command line is that of the task that it names, whatever its spelling") {
  const std::vector<Words> own_tasks = {{"--replay"},
                                        {"--repl"},
                                        {"-repl"},
                                        {"--ip", "192.0.2.1", "--lint"},
                                        {"--nonsense", "--repl=exim", "-"},
                                        {"--nonsense", "--authorita"},
                                        {"--authoritative=no"},
                                        {"exa..mple"},
                                        {"ok.example", "--ip"},
                                        {"ok.example", "--nonsense"},
                                        {"--nonsense", "ok.example"}};
  const std::vector<Words> checks = {{},
                                     {"--ip"},
                                     {"--nonsense"},
                                     {"192.0.2.1", "--sender"},
                                     {"192.0.2.1", "--nonsense"},
                                     {"ok.example", "--ip", "192.0.2.1"},
                                     {"ok.example", "--ip", "192.0.2.1", "--nonsense"},
                                     {"--nonsense", "--sender", "u@ok.example", "ok.example"},
                                     {"ok.example", "u@ok.example", "--nonsense"},
                                     {"--ip", "192.0.2.1", "--sender", "--from", "--nonsense"},
                                     {"--ip", "192.0.2.1", "--helo", "--lint", "--nonsense"},
                                     {"--ip", "192.0.2.1", "--nonsense", "--", "--lint"}};
  const auto check = [](const std::vector<Words>& lines, int exit_code) {
    for (const Words& words : lines) {
      CAPTURE(words);
      const Outcome got = run_query(words);
      CAPTURE(got.err);
      CHECK(got.exit_code == exit_code);
      CHECK(got.out.empty());
      CHECK(got.err.starts_with("spfquery: "));
    }
  };
  check(own_tasks, 64);
  check(checks, 255);
}

TEST_CASE("--verbose and --trace have no effect on an examination, since programs pass them with any task") {
  const ZoneFile zone;
  for (const Words& task : std::vector<Words>{{"--lint", "pass.example"},
                                              {"pass.example"},
                                              {"--lint-file", "-"},
                                              {"--lint", "pass.example", "--diff", "v=spf1 ip4:192.0.2.1 -all"}}) {
    const Outcome plain = run_query(zone.with(task), "pass.example\n");
    CHECK_FALSE(plain.out.empty());
    for (const char* option : {"--verbose", "--debug", "--trace"}) {
      Words words = task;
      words.emplace_back(option);
      CAPTURE(words);
      const Outcome got = run_query(zone.with(words), "pass.example\n");
      CHECK(got.exit_code == plain.exit_code);
      CHECK(got.out == plain.out);
      CHECK(got.err == plain.err);
    }
  }
}

TEST_CASE("two tasks at once are refused, in any order") {
  const Words lint = {"--lint", "a.example"};
  const Words file_of_domains = {"--lint-file", "-"};
  const Words diff = {"--diff=v=spf1 -all", "v=spf1 ~all"};
  const Words replay = {"--replay", "exim"};
  const Words why = {"--why"};
  const Words check = {"--ip", "192.0.2.1", "--sender", "u@a.example"};
  const Words file = {"--file", "-"};
  const Words sarif = {"--sarif"};
  for (const auto& [one, other] : std::vector<std::pair<Words, Words>>{{lint, file_of_domains},
                                                                       {lint, replay},
                                                                       {lint, why},
                                                                       {lint, check},
                                                                       {lint, file},
                                                                       {file_of_domains, diff},
                                                                       {file_of_domains, replay},
                                                                       {file_of_domains, why},
                                                                       {file_of_domains, check},
                                                                       {diff, replay},
                                                                       {diff, why},
                                                                       {diff, check},
                                                                       {diff, file},
                                                                       {sarif, replay},
                                                                       {sarif, check}}) {
    for (const auto& [first, second] : {std::pair(one, other), std::pair(other, one)}) {
      Words words = first;
      words.insert(words.end(), second.begin(), second.end());
      CAPTURE(words);
      const Outcome got = run_query(words);
      CHECK(got.exit_code == 64);
      CHECK(got.out.empty());
    }
  }
  for (const Words& words : std::vector<Words>{{"--replay", "exim", "--why", "-"}, {"--replay", "exim", "--file", "-", "-"}})
    CHECK(run_query(words).exit_code == 64);
}

}  // namespace
