// The commands of spfd-operations(7), run on the real daemon, with the output that the page shows.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sysexits.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "t/daemon/control_world.h"

namespace {

using control_world::has;
using control_world::World;

struct Example {
  std::string program;
  std::vector<std::string> words;    // after the program
  std::vector<std::string> outputs;  // the lines shown
};

std::vector<Example> examples_of(const std::string& page) {
  std::vector<Example> examples;
  bool is_literal = false;
  bool is_example = false;  // of a command
  for (const std::string_view line : base::split(page, '\n')) {
    if (line.starts_with(".Bd -literal")) {
      is_literal = true;
      is_example = false;
    } else if (line == ".Ed") {
      is_literal = false;
    } else if (is_literal && line.starts_with("$ ")) {
      is_example = true;
      Example& example = examples.emplace_back();
      for (const std::string_view word : base::split(line.substr(2), ' ')) example.words.emplace_back(word);
      example.program = example.words.front();
      example.words.erase(example.words.begin());
    } else if (is_literal && is_example) {
      examples.back().outputs.emplace_back(line);
    }
  }
  return examples;
}

// Returns the line with "N" for each number, and without what depends on the machine.
std::string shape(std::string_view line) {
  const std::size_t equals = line.find('=');
  const bool is_fact = equals != std::string_view::npos && line.substr(0, equals).find(' ') == std::string_view::npos &&
                       line.find('=', equals + 1) == std::string_view::npos;
  if (is_fact) line = line.substr(0, equals + 1);
  std::string out;
  for (const char c : line) {
    if (!base::is_digit(c)) {
      out += c;
    } else if (!out.ends_with('N')) {
      out += 'N';
    }
  }
  // A text that is longer than the page shows.
  if (out.ends_with(" ...")) out.resize(out.size() - 4);
  const std::size_t server = out.find("server=\"");
  if (server != std::string::npos) out.replace(server, out.find('"', server + 8) - server, "server=\"");
  return out;
}

support::Reaction answers(const dns::Question& question, bool /*tcp*/) {
  dns::Answer answer;
  answer.ttl = 300;
  const std::string_view name = question.name.text();
  if (name == "slow.example") return support::react(support::Reaction::Fault::silence);
  if (name == "broken.example") return support::react(dns::failure_answer("SERVFAIL"));
  if (name == "example.com" && question.type == dns::Type::txt) {
    answer.texts = {"v=spf1 ip4:192.0.2.10 -all"};
  } else {
    answer.status = dns::Status::name_error;
  }
  return support::react(answer);
}

const std::string kConfig = "/etc/spfd/spfd.conf";

TEST_CASE("spfd-operations(7): each command runs, and its output has the lines that the page shows") {
  const auto examples = examples_of(support::slurp("man/spfd-operations.7"));
  REQUIRE(examples.size() > 20);
  for (const char* program : {"spfctl", "spfd", "spfquery"})
    CHECK(std::any_of(examples.begin(), examples.end(), [&](const Example& one) { return one.program == program; }));
  support::DnsServer dns(answers);
  const World world({.arguments = {"--nameserver", dns.address()}});
  const auto ask = [&](std::string_view ip, std::string_view domain) {
    return world.spfd().ask(fmt::format("ip={}\nhelo=mail.example.net\nsender=u@{}\ntimeout=2\n\n", ip, domain));
  };
  CHECK(ask("192.0.2.10", "example.com").starts_with("result=pass"));
  for (int i = 0; i < 3; ++i) CHECK(ask("192.0.2.99", "example.com").starts_with("result=fail"));
  for (int i = 0; i < 2; ++i) CHECK(ask("192.0.2.10", "broken.example").starts_with("result=temperror"));
  CHECK(ask("192.0.2.10", "slow.example").starts_with("result=temperror"));
  std::vector<support::Client> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(world.spfd().address());
  for (const Example& example : examples) {
    // The failure is kept for some seconds only.
    if (example.words.back() == "broken.example") static_cast<void>(ask("192.0.2.10", "broken.example"));
    if (example.words == std::vector<std::string>{"flush", "all"}) static_cast<void>(ask("192.0.2.10", "example.com"));
    std::string output;
    if (example.program == "spfctl") {
      output = world.output(example.words);
    } else {
      std::vector<std::string> words = example.words;
      for (std::string& word : words) word = word == kConfig ? world.folder().write("spfd.conf", "") : word;
      if (example.program == "spfquery") words.insert(words.end(), {"--nameserver", dns.address()});
      const auto finished = support::run(support::program(example.program), words);
      output = finished.output + finished.errors;
      // spfquery has a code for each result. The code of a program that is not ours is 127.
      CHECK(finished.exit_code < (example.program == "spfquery" ? EX_USAGE : 1));
      const std::string path = world.folder() / "spfd.conf";
      if (const std::size_t at = output.find(path); at != std::string::npos) output.replace(at, path.size(), kConfig);
    }
    std::vector<std::string> shapes;
    for (const auto line : base::split(output, '\n')) shapes.push_back(shape(line));
    CAPTURE(example.program);
    CAPTURE(example.words.front());
    CAPTURE(output);
    for (const std::string& line : example.outputs) {
      CAPTURE(line);
      CHECK(std::find(shapes.begin(), shapes.end(), shape(line)) != shapes.end());
    }
    if (example.outputs.empty()) CHECK(output.empty());
  }
  CHECK(world.spfd().wait() == 0);
}

TEST_CASE("spfd-operations(7): each command that the text names exists") {
  const std::string page = support::slurp("man/spfd-operations.7");
  const World world;
  int commands = 0;
  for (const std::string_view line : base::split(page, '\n')) {
    if (!line.starts_with(".Ic spfctl ")) continue;
    std::vector<std::string> words;
    for (const std::string_view word : base::split(line.substr(11), ' ')) {
      if (word != ".") words.emplace_back(word);
    }
    CAPTURE(line);
    CHECK_FALSE(has(world.ctl(words).errors, "is not a command"));
    ++commands;
  }
  CHECK(commands > 8);
}

TEST_CASE("spfd-operations(7): the section COUNTERS has each counter of spfctl stats") {
  const std::string page = support::slurp("man/spfd-operations.7");
  const std::size_t begin = page.find(".Sh COUNTERS\n");
  REQUIRE(begin != std::string::npos);
  const std::string section = page.substr(begin, page.find("\n.Sh ", begin + 1) - begin);
  std::string words = section;
  std::replace(words.begin(), words.end(), '\n', ' ');
  const World world;
  int counters = 0;
  const std::string stats = world.output({"stats"});
  for (const auto line : base::split(stats, '\n')) {
    if (line.empty()) continue;
    for (const auto word : base::split(line, ' ')) {
      const std::string name(word.substr(0, word.find('=')));
      CAPTURE(name);
      CHECK(has(words, " " + name + " "));
      ++counters;
    }
  }
  CHECK(counters > 50);
}

}  // namespace
