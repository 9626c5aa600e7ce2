// The completion of spfctl for bash: what it offers at each place, and that it knows every command and option.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "spfctl/options.h"
#include "t/daemon/control_world.h"

namespace {

// Returns what is offered for the last word. Bash makes a word of each "=".
std::set<std::string> offered(std::vector<std::string> words) {
  const std::string script =
      "source etc/bash-completion/spfctl; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _spfctl; printf '%s\\n' "
      "\"${COMPREPLY[@]}\"";
  words.insert(words.begin(), {"-c", script, "bash", "spfctl"});
  const auto finished = support::run("/bin/bash", words);
  CHECK(finished.exit_code == 0);
  CHECK(finished.errors.empty());
  std::set<std::string> all;
  for (const auto line : base::split(finished.output, '\n')) {
    if (!line.empty()) all.emplace(line);
  }
  return all;
}

using Words = std::set<std::string>;

TEST_CASE("completion of spfctl: all commands and options at the beginning") {
  Words expected;
  for (const options::Row* row : spfctl::option_table()) {
    if (row->name != "word") expected.insert("--" + std::string(row->name));
  }
  for (const std::string& command : control_world::commands()) expected.insert(command);
  CHECK(expected.size() > 20);
  CHECK(offered({""}) == expected);
  CHECK(offered({"--json", ""}) == expected);
  CHECK(offered({"-s", "/x", ""}) == expected);
  CHECK(offered({"--socket", "=", "/x", ""}) == expected);
  CHECK(offered({"--timeout", "=", "5", "st"}) == Words{"status", "stats", "stop"});
}

TEST_CASE("completion of spfctl: arguments of commands, and values of options") {
  CHECK(offered({"top", ""}) == Words{"slow", "temperror", "refused"});
  CHECK(offered({"top", "slow", ""}).empty());
  CHECK(offered({"-s", "/x", "loglevel", "d"}) == Words{"debug"});
  CHECK(offered({"dry_run", ""}) == Words{"on", "off"});
  CHECK(offered({"flush", ""}) == Words{"all"});
  CHECK(offered({"lookup", ""}).empty());
  CHECK(offered({"lookup", "example.com", "A"}) == Words{"A", "AAAA"});
  CHECK(offered({"explain", "h"}) == Words{"helo="});
  CHECK(offered({"explain", "ip", "="}).empty());
  CHECK(offered({"explain", "ip", "=", ""}).empty());
  CHECK(offered({"explain", "ip", "=", "192.0.2.1", "s"}) == Words{"sender="});
  CHECK(offered({"--timeout", ""}).empty());
  CHECK(offered({"--timeout", "="}).empty());
  CHECK(offered({"--socket", "=", "etc/bash-completion/s"}) == Words{"etc/bash-completion/spfctl"});
  CHECK(offered({"-s", "etc/bash-completion/s"}) == Words{"etc/bash-completion/spfctl"});
}

}  // namespace
