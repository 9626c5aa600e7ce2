// log-format: the same keys in text and in JSON, whatever the clients send; the priority for the journal in both.
#include <doctest/doctest.h>
#include <signal.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "t/support/spfd_process.h"

namespace {

using support::SpfdProcess;

constexpr std::string_view kZone = "pass.test TXT \"v=spf1 ip4:192.0.2.10 -all\"\n";

// Sends requests with all kinds of bytes, and returns the log.
std::string log_of(const std::string& format, const std::map<std::string, std::string>& environment) {
  SpfdProcess spfd(
      {.arguments = {"--log-format", format, "--log-level", "debug"}, .zone = std::string(kZone), .environment = environment});
  static_cast<void>(spfd.ask("ip=192.0.2.10\nhelo=mail.pass.test\nsender=u@pass.test\nid=a b\n\n"));
  static_cast<void>(spfd.ask("ip=192.0.2.99\nhelo=a\"b\\c\x01\xff{},:\nsender=\"a\\\"b\"@pass.test\n\n"));
  static_cast<void>(spfd.ask("ip=what\nhelo=\nsender=" + std::string(900, '"') + "@pass.test\n\n"));
  spfd.signal(SIGUSR1);
  spfd.wait_for_log("log lost-lines=0");
  CHECK(spfd.stop() == 0);
  return spfd.log();
}

// Returns the keys of a verdict's line in text.
std::vector<std::string> keys_of(std::string_view line) {
  std::vector<std::string> keys;
  bool is_quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && is_quoted) {
      ++i;
    } else if (line[i] == '"') {
      is_quoted = !is_quoted;
    } else if (line[i] == ' ' && !is_quoted) {
      begin = i + 1;
    } else if (line[i] == '=' && !is_quoted && begin <= i) {
      keys.emplace_back(line.substr(begin, i - begin));
      begin = line.size();
    }
  }
  return keys;
}

TEST_CASE("log-format: json has an object per line, with the keys of the text") {
  std::vector<std::vector<std::string>> in_text;
  const std::string text = log_of("text", {});
  for (const auto line : base::split(text, '\n')) {
    const std::size_t at = line.find(": result=");
    if (at != std::string_view::npos) in_text.push_back(keys_of(line.substr(at + 2)));
  }
  REQUIRE(in_text.size() == 3);
  std::vector<std::vector<std::string>> in_json;
  int messages = 0;
  const std::string log = log_of("json", {});
  for (const auto line : base::split(log, '\n')) {
    if (line.empty()) continue;
    CAPTURE(line);
    REQUIRE(base::all_printable(line));
    YAML::Node object;
    REQUIRE_NOTHROW(object = YAML::Load(std::string(line)));
    REQUIRE(object.IsMap());
    std::vector<std::string> keys;
    std::set<std::string> unique;
    for (const auto& one : object) {
      keys.push_back(one.first.as<std::string>());
      CHECK(unique.insert(keys.back()).second);
    }
    REQUIRE(keys.size() > 2);
    CHECK(keys[0] == "level");
    CHECK(keys[1] == "time");
    CHECK(object["time"].as<std::string>().ends_with("Z"));
    if (keys[2] == "message") ++messages;
    if (keys[2] == "result") in_json.emplace_back(keys.begin() + 2, keys.end());
  }
  CHECK(in_json == in_text);
  CHECK(messages > 10);  // start, trace, counters, stop
  CHECK(log.find(R"("helo":"a\"b\\c\\x01\\xff{},:")") != std::string::npos);
  CHECK(log.find(R"("id":"a b"})") != std::string::npos);
}

TEST_CASE("log-format: for the journal, each line begins with its priority, without the time") {
  for (const char* format : {"text", "json"}) {
    CAPTURE(format);
    const std::string log = log_of(format, {{"JOURNAL_STREAM", "8:1"}});
    for (const auto line : base::split(log, '\n')) {
      CAPTURE(line);
      if (!line.empty()) CHECK((line.starts_with("<4>") || line.starts_with("<6>") || line.starts_with("<7>")));
      CHECK(line.find("\"time\"") == std::string_view::npos);
    }
    CHECK(log.find(format == std::string_view("text") ? "<6>result=pass " : "<6>{\"level\":\"info\",\"result\":\"pass\",") !=
          std::string::npos);
    CHECK(log.find("<7>") != std::string::npos);
  }
}

}  // namespace
