// The command lines of all programs, which one reader parses by a table.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/options/command_line.h"
#include "common/options/fields.h"
#include "common/options/help.h"
#include "t/support/show.h"

namespace {

using options::Kind;
using options::Values;

struct Some {
  std::string name;
  std::vector<std::string> lists;
  bool flag = false;
  int number = 7;
  std::optional<bool> truth;
};

const options::RowOf<Some> kTable[] = {
    {{.name = "name", .aliases = "title path", .letter = 'n', .argument = "NAME", .heading = "Some", .help = "a name"},
     options::kText<&Some::name>},
    {{.name = "list", .letter = 'l', .kind = Kind::list, .help = "several"}, options::kTexts<&Some::lists>},
    {{.name = "flag", .kind = Kind::flag, .heading = "Others", .help = "on or off"}, options::kTruth<&Some::flag>},
    {{.name = "level", .letter = 'd', .kind = Kind::level}, {}},
    {{.name = "maybe", .kind = Kind::optional}, {}},
    {{.name = "versions", .letter = 'v', .kind = Kind::last}, {}},
    {{.name = "number", .kind = Kind::number}, options::kNumber<1, 9, &Some::number>},
    {{.name = "truth", .kind = Kind::flag}, options::kTruth<&Some::truth>},
    {{.name = "act", .letter = 'a', .kind = Kind::act}, {}},
};

const options::Rows& rows() { return options::rows_of<kTable>(); }

// Returns "name=a,b list= stray:c error:...".
std::string read(const std::vector<std::string>& words, std::string_view for_strays = "") {
  const auto line = options::read_command_line(rows(), words, options::find(rows(), for_strays));
  std::string out;
  for (const options::Setting& setting : line.settings) {
    if (!out.empty()) out += ' ';
    out += setting.row == nullptr ? "stray" : std::string(setting.row->name);
    std::string between = setting.row == nullptr ? ":" : "=";
    for (const std::string& value : setting.values) {
      out += between + value;
      between = ",";
    }
  }
  if (line.error) out += (out.empty() ? "error: " : " error: ") + *line.error;
  return out;
}

TEST_CASE("command line: long options with one dash or two, shortened, with the value after = or as the next word") {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"--name=x"},
                                                                                     {"--name", "x"},
                                                                                     {"-name=x"},
                                                                                     {"-name", "x"},
                                                                                     {"--title", "x"},
                                                                                     {"-path=x"},
                                                                                     {"--na", "x"},
                                                                                     {"-n", "x"},
                                                                                     {"-nx"}}) {
    CHECK(read(words) == "name=x");
  }
  CHECK(read({"--name="}) == "name=");
  CHECK(read({"--name", "--flag"}) == "name=--flag");
  CHECK(read({"--name", "-"}) == "name=-");
  CHECK(read({"--list=[a,b]", "--list", "[c]"}) == "list=[a,b],[c]");
  CHECK(read({"--list", "[::1]:53"}) == "list=[::1]:53");
}

TEST_CASE("command line: optional values") {
  CHECK(read({"--flag"}) == "flag=true");
  CHECK(read({"--flag=no", "no"}) == "flag=no stray:no");
  CHECK(read({"--level"}) == "level=true");
  CHECK(read({"--level", "2"}) == "level=2");
  CHECK(read({"--level=0", "1"}) == "level=0 stray:1");
  CHECK(read({"-level", "x"}) == "level=true stray:x");
  CHECK(read({"--maybe", "1"}) == "maybe stray:1");
  CHECK(read({"--maybe=1"}) == "maybe=1");
  CHECK(read({"-v", "1"}) == "versions=1");
  CHECK(read({"-v"}) == "versions");
}

TEST_CASE("command line: several values of an option are listed together, at the place of the last one") {
  CHECK(read({"-n1", "--list=a", "--act", "--list", "b", "--title=2"}) == "act list=a,b name=1,2");
}

TEST_CASE("command line: words without option, and those after --") {
  CHECK(read({"a", "--act", "b", "--", "--name", "c"}) == "stray:a act stray:b stray:--name stray:c");
  CHECK(read({"a", "--list", "b", "--", "-c"}, "list") == "list=a,b,-c");
  CHECK(read({""}) == "stray:");
}

TEST_CASE("command line: errors name the word, and keep the values before it") {
  CHECK(read({"--act", "--nonsense", "--flag"}) == "act error: --nonsense: there is no such option, or it is ambiguous");
  CHECK(read({"--n", "x"}).find("it is ambiguous") != std::string::npos);
  CHECK(read({"--name"}) == "error: --name: the value is missing");
  CHECK(read({"-n"}) == "error: -n: the value is missing");
  CHECK(read({"--act=1"}) == "error: --act=1: the option takes no value");
  CHECK(read({"first", "-azb"}) == "stray:first act error: -z: there is no such option, or it is ambiguous");
  const auto rest = options::read_command_line(rows(), {"a", "--nonsense", "b", "--act=1", "--name=x", "--li"}).rest;
  REQUIRE(rest.size() == 4);
  CHECK(rest[0].values == Values{"b"});
  CHECK(rest[1].row == options::find(rows(), "act"));
  CHECK(rest[2].values == Values{"x"});
  CHECK(rest[3].row == options::find(rows(), "list"));
  CHECK(rest[3].values.empty());
  CHECK(read({"--a\x1b" + std::string(1000, 'x')}).size() < 200);
}

TEST_CASE("options: the last value counts, and a wrong one is reported with its place") {
  Some some;
  const auto apply = [&](const std::vector<std::string>& words) {
    std::string problems;
    for (const auto& setting : options::read_command_line(rows(), words).settings)
      problems += options::apply(setting, some).value_or("");
    return problems;
  };
  CHECK(apply({"--number=3", "--number", "9", "--truth=off", "--list=", "--name=x"}) == "");
  CHECK(some.number == 9);
  CHECK(some.truth == false);
  CHECK(some.lists == std::vector<std::string>{""});
  CHECK(apply({"--number=10"}) == "--number: \"10\" is not a number from 1 to 9");
  CHECK(apply({"--flag=x"}) == "--flag: \"x\" is neither true nor false");
  CHECK(apply({"--name=\t"}) == "--name: control characters are not allowed");
  CHECK(some.number == 9);
}

TEST_CASE("values: times and sizes") {
  const auto time = [](const std::string& text) {
    std::chrono::milliseconds out{};
    const auto problem = options::read_time(out, {text}, std::chrono::hours(24));
    return problem ? *problem : options::time_text(out);
  };
  CHECK(time("20") == "20s");
  CHECK(time("500ms") == "500ms");
  CHECK(time("2000ms") == "2s");
  CHECK(time("2m") == "120s");
  CHECK(time("24h") == "86400s");
  for (const std::string bad : {"", "0", "0ms", "25h", "s", "-1", "1.5s", "1d", "99999999999999999999", "86400001ms"})
    CHECK(time(bad) == "\"" + bad + "\" is not a time such as 20s, 500ms or 2m, up to 24 hours");
  const auto size = [](const std::string& text) {
    std::uint64_t out = 0;
    return options::read_size(out, {text}) ? "bad" : options::size_text(out);
  };
  CHECK(size("0") == "0");
  CHECK(size("1023") == "1023");
  CHECK(size("1024") == "1K");
  CHECK(size("64m") == "64M");
  CHECK(size("1024G") == "1024G");
  for (const char* bad : {"", "K", "1025G", "64X", "-1", "1.5M"}) CHECK(size(bad) == "bad");
}

TEST_CASE("help: groups, names, arguments, lines of at most 79 bytes") {
  CHECK(options::help(rows()) ==
        "Some:\n  -n, --name, --title, --path NAME\n        a name\n  -l, --list\n        several\n\nOthers:\n  --flag\n        "
        "on or off\n");
  const std::string text = options::wrapped(std::string(60, 'a') + " " + std::string(10, 'b') + " c");
  CHECK(text == "        " + std::string(60, 'a') + " " + std::string(10, 'b') + "\n        c\n");
}

}  // namespace
