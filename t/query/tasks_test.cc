// Every task with every option: it works, or one sentence says why not.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "spfquery/command_line.h"
#include "t/query/child.h"
#include "t/query/zone.h"

namespace {

using query_test::Outcome;
using query_test::run_query;
using query_test::ZoneFile;
using Words = std::vector<std::string>;

struct Task {
  std::string name;
  Words words;
  std::set<int> exit_codes;  // 0 to 6 of a check, for instance
  int of_bad_usage = 64;
};

class Tasks {
 public:
  Tasks() {
    const auto file = [this](const char* name, const std::string& text) { return zone_.folder().write(name, text); };
    const std::string log =
        file("log", "2026-11-26 09:12:56 1xWVXE-000011-2U <= a@pass.example H=(mail.pass.example) [192.0.2.1] P=esmtp S=666\n");
    const std::string requests = file("requests", "192.0.2.1 u@pass.example mail.pass.example\n");
    const std::string domains = file("domains", "pass.example\n");
    tasks_ = {
        {"a check", {"--ip", "192.0.2.1", "--sender", "u@pass.example"}, {0, 3, 5, 6}, 255},
        {"a check in plain words", {"192.0.2.1", "u@pass.example"}, {0, 3, 5, 6}, 255},
        {"many checks", {"--file", requests}, {0, 3, 5, 6}, 255},
        {"an examination", {"--lint", "pass.example"}, {0, 1, 75}},
        {"an examination in plain words", {"pass.example"}, {0, 1, 75}},
        {"many examinations", {"--lint-file", domains}, {0, 1, 75}},
        {"a comparison", {"--lint", "pass.example", "--diff", "v=spf1 -all"}, {0, 1, 75}},
        {"a comparison of two texts", {"--diff", "v=spf1 ip4:192.0.2.1 -all", "v=spf1 -all"}, {0, 75}},
        {"a replay", {"--replay", "exim", log}, {0, 75}},
    };
    values_ = {{"ip", "192.0.2.1"},
               {"sender", "u@pass.example"},
               {"helo", "mail.pass.example"},
               {"identity", "u@pass.example"},
               {"scope", "helo"},
               {"receiver", "x.test"},
               {"rcpt-to", "b@pass.example"},
               {"file", requests},
               {"jobs", "3"},
               {"server", zone_.folder().path() + "/no.sock"},
               {"timeout", "100ms"},
               {"record", "pass.example=v=spf1 ?all"},
               {"zone", zone_.path()},
               {"nameserver", "127.0.0.1:1"},
               {"dns-timeout", "20ms"},
               {"dns-tries", "1"},
               {"void-lookup-limit", "3"},
               {"void-lookups-ipv6", "ignore"},
               {"prefetch", "off"},
               {"guess", "a mx"},
               {"guess-result", "pass"},
               {"local", "a"},
               {"trusted-forwarders", "a"},
               {"trusted-forwarder-result", "pass"},
               {"authorize-mxes-for", "pass.example"},
               {"fallback", "x.example=v=spf1 -all"},
               {"default-explanation", "no"},
               {"lint", "fail.example"},
               {"lint-file", domains},
               {"diff", "v=spf1 ?all"},
               {"from", "192.0.2.1"},
               {"networks", file("networks", "date 2026-11-26\n")},
               {"subdomains", file("names", "www.pass.example\n")},
               {"replay", "exim"},
               {"config", file("conf", "on-softfail = \"defer\"\n")},
               {"baseline", "log"},
               {"max-lookup-count", "10"},
               {"max-name-lookups-per-term", "10"}};
  }

  [[nodiscard]] const std::vector<Task>& all() const { return tasks_; }
  [[nodiscard]] Words option(const options::Row& row) const {
    if (row.name.empty()) return {"-s", "u@pass.example"};
    const auto value = values_.find(row.name);
    if (value != values_.end()) return {fmt::format("--{}", row.name), value->second};
    REQUIRE_MESSAGE(row.kind != options::Kind::text, "the test has no value for this option: " << row.name);
    return {fmt::format("--{}", row.name)};
  }
  [[nodiscard]] Outcome run(const Words& first, const Words& second) const {
    Words words = zone_.with({"--nameserver", "127.0.0.1:1", "--timeout", "200ms", "--dns-timeout", "20ms", "--dns-tries", "1"});
    words.insert(words.end(), first.begin(), first.end());
    words.insert(words.end(), second.begin(), second.end());
    return run_query(words);
  }

 private:
  ZoneFile zone_;
  std::vector<Task> tasks_;
  std::map<std::string, std::string, std::less<>> values_;
};

bool is_refusal(const Outcome& got) { return got.out.empty() && got.err.starts_with("spfquery: ") && got.err.ends_with('\n'); }

TEST_CASE("each task with each option works, or is refused with a sentence and the exit code of its kind") {
  const Tasks tasks;
  // The options of the tasks of spfquery's own: a check that has one is refused as they are.
  const std::set<std::string_view> own = {"lint",     "lint-file", "diff",   "from",   "subdomains", "authoritative",
                                          "networks", "sarif",     "replay", "config", "baseline"};
  const std::set<std::string_view> of_checks = {"ip", "sender", "helo", "identity", ""};
  for (const Task& task : tasks.all()) {
    for (const options::Row* row : spfquery::option_table()) {
      const Words option = tasks.option(*row);
      const Outcome got = row->kind == options::Kind::last ? tasks.run(task.words, option) : tasks.run(option, task.words);
      CAPTURE(task.name);
      CAPTURE(row->name);
      CAPTURE(got.err);
      if (!is_refusal(got)) {
        CHECK(!got.out.empty());
        // Words without option are ignored where an option gives another task.
        CHECK((task.exit_codes.contains(got.exit_code) || task.words[0][0] != '-'));
      } else {
        // Words without option are ignored if there is a part of a check.
        const bool is_check = task.of_bad_usage == 255 || (task.words[0][0] != '-' && of_checks.contains(row->name));
        CHECK(got.exit_code == (!is_check || own.contains(row->name) ? 64 : 255));
      }
    }
  }
}

TEST_CASE("two tasks at once: the same sentence in any order") {
  const Tasks tasks;
  for (const Task& one : tasks.all()) {
    for (const Task& other : tasks.all()) {
      const bool is_plain = one.words[0][0] != '-' || other.words[0][0] != '-';  // such words are ignored
      if (one.name == other.name || is_plain) continue;
      CAPTURE(one.name);
      CAPTURE(other.name);
      const Outcome got = tasks.run(one.words, other.words);
      const bool are_checks = one.of_bad_usage == 255 && other.of_bad_usage == 255;
      const bool is_one_comparison = one.name.starts_with("a comparison") && other.name.starts_with("a comparison");
      const bool is_compared = one.name.starts_with("a comparison") && other.name == "an examination";
      const bool compares = other.name.starts_with("a comparison") && one.name == "an examination";
      CHECK(got.err == tasks.run(other.words, one.words).err);
      if (is_one_comparison || is_compared || compares) continue;
      CHECK(is_refusal(got));
      CHECK(got.exit_code == (are_checks ? 255 : 64));
    }
  }
}

TEST_CASE("--help and --version count with any other option") {
  const Tasks tasks;
  for (const options::Row* row : spfquery::option_table()) {
    if (row->kind == options::Kind::last || row->name == "help" || row->name == "version") continue;
    CAPTURE(row->name);
    for (const char* word : {"--help", "--version"}) {
      for (const Outcome& got : {tasks.run({word}, tasks.option(*row)), tasks.run(tasks.option(*row), {word})}) {
        CHECK(got.exit_code == 0);
        CHECK((got.out.starts_with("Usage: ") || got.out.starts_with("spfquery ")));
        CHECK(got.err.empty());
      }
    }
  }
}

}  // namespace
