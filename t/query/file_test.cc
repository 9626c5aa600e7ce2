// --file: many checks, which run in parallel and are printed in the order of the lines.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "t/query/child.h"
#include "t/query/zone.h"
#include "t/support/dns_server.h"
#include "t/support/sanitized.h"

namespace {

using query_test::Child;
using query_test::ChildOptions;
using query_test::Outcome;
using query_test::run_query;
using query_test::ZoneFile;
using Words = std::vector<std::string>;

// Returns the first line of each block of four.
Words results(const Outcome& outcome) {
  Words out;
  const auto lines = outcome.lines();
  for (std::size_t i = 0; i + 3 < lines.size(); i += 4) out.push_back(lines[i]);
  CHECK(lines.size() % 4 == 0);
  return out;
}

TEST_CASE("a block of four lines for each line of the file; empty lines and comments are skipped; the last code counts") {
  const ZoneFile zone;
  const std::string text =
      "# ip sender helo\n"
      "192.0.2.1 u@pass.example h.test\n"
      "\n"
      "  192.0.2.1\tu@fail.example   h.test r@example.org\r\n"
      "   # more\n"
      "198.51.100.1 <> helo.example\n"
      "2001:db8::1 u@pass.example\n"
      "192.0.2.1 u@softfail.example h.test";  // no line end
  const std::string path = zone.folder().write("questions", text);
  for (const Words& words : std::vector<Words>{{"--file", path}, {"-f", "-"}, {"-file=-"}}) {
    const Outcome got = run_query(zone.with(words), text);
    CHECK(results(got) == Words{"pass", "fail", "pass", "pass", "softfail"});
    CHECK(got.lines()[11].find("identity=helo") != std::string::npos);
    CHECK(got.lines()[5] == "fail.example explains: 192.0.2.1 may not send for fail.example (h.test, mx.test)");
    CHECK(got.err == "");
    CHECK(got.exit_code == 2);
  }
}

TEST_CASE("files that are read whole have a bound; a device that never ends is an error") {
  const ZoneFile zone;
  const std::string log = zone.folder().write("log", "");
  for (const Words& words : std::vector<Words>{{"--lint", "pass.example", "--zone", zone.path(), "--subdomains", "/dev/zero"},
                                               {"--lint", "pass.example", "--zone", zone.path(), "--networks", "/dev/zero"},
                                               {"--replay", "exim", "--zone", zone.path(), "--config", "/dev/zero", log}}) {
    CAPTURE(words[4]);
    const Outcome got = run_query(words);
    CHECK(got.err.find("/dev/zero: is larger than 16 MB") != std::string::npos);
  }
  CHECK(run_query({"--zone", "/dev/zero", "--ip", "192.0.2.1", "--sender", "u@pass.example"}).err ==
        "spfquery: /dev/zero: is larger than 256 MB\n");
}

TEST_CASE("options supply the values that the lines lack") {
  const ZoneFile zone;
  const Outcome helo =
      run_query(zone.with({"--file", "-", "--helo", "helo.example"}), "198.51.100.1 <>\n192.0.2.1 <> mail.pass.example\n");
  CHECK(results(helo) == Words{"pass", "pass"});
  CHECK(helo.lines()[3].find("helo=helo.example") != std::string::npos);
  const Outcome scope = run_query(zone.with({"--file", "-", "--scope", "helo"}), "198.51.100.1 helo.example\n");
  CHECK(results(scope) == Words{"pass"});
  CHECK(scope.lines()[3].find("identity=helo") != std::string::npos);
}

TEST_CASE("a quoted local part with blanks is one word") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with({"--file", "-"}),
                                "192.0.2.1 \"a b\"@pass.example h.example\n"
                                "192.0.2.1 <\"a \\\" b\"@pass.example>\n"
                                "192.0.2.1 \"a@pass.example h.example\n");
  CHECK(results(got) == Words{"pass", "pass", "pass"});
  CHECK(got.err.empty());
  CHECK(got.lines()[3].find("helo=h.example") != std::string::npos);
}

TEST_CASE("a broken line: FILE:LINE: what; the others are answered; exit code 255") {
  const ZoneFile zone;
  const std::string path = zone.folder().write("questions",
                                               "192.0.2.1 u@pass.example h.test\n"
                                               "192.0.2 u@pass.example h.test\n"
                                               "192.0.2.1\n"
                                               "192.0.2.1 u@pass.example h.test r@x.example more\n"
                                               "192.0.2.1 <>\n" +
                                                   std::string(20000, 'x') + "\n" + std::string(100000, 'y') + " z\n" +
                                                   "192.0.2.1 u@fail.example h.test\n" + std::string(70000, 'z'));
  const Outcome got = run_query(zone.with({"--file", path}));
  CHECK(results(got) == Words{"pass", "fail"});
  CHECK(got.exit_code == 255);
  const std::string at = "spfquery: " + path;
  CHECK(got.err == at + ":2: ip= is not an IP address: '192.0.2'\n" +               //
                       at + ":3: one word where IP SENDER [HELO] was expected\n" +  //
                       at + ":4: 5 words where IP SENDER [HELO] was expected\n" +   //
                       at + ":5: neither sender= nor helo= was given\n" +           //
                       at + ":6: the line is longer than 16384 bytes\n" +           //
                       at + ":7: the line is longer than 16384 bytes\n" +           //
                       at + ":9: the line is longer than 16384 bytes\n");
}

TEST_CASE("a file without any check is not an error, one that cannot be read is") {
  const ZoneFile zone;
  const Outcome empty = run_query({"--file", "-"}, "");
  CHECK(empty.out == "");
  CHECK(empty.exit_code == 0);
  const Outcome folder = run_query({"--file", "/"});
  CHECK(folder.err == "spfquery: /: cannot be read: Is a directory\n");
  CHECK(folder.exit_code == 255);
  CHECK(run_query({"--file", "/dev/null"}).exit_code == 0);
}

TEST_CASE("--json: one line each, with the number of the line as id") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with({"--file", "-", "--json", "--keep-comments"}),
                                "192.0.2.1 u@pass.example h\n# x\n192.0.2.1 u@fail.example h\n");
  const auto lines = got.lines();
  REQUIRE(lines.size() == 2);
  CHECK(YAML::Load(lines[0])["result"].as<std::string>() == "pass");
  CHECK(YAML::Load(lines[0])["id"].as<std::string>() == "1");
  CHECK(YAML::Load(lines[1])["result"].as<std::string>() == "fail");
  CHECK(YAML::Load(lines[1])["id"].as<std::string>() == "3");
}

TEST_CASE("--keep-comments prints skipped lines in their place") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with({"--file", "-", "--keep-comments"}), "# one\n192.0.2.1 u@pass.example h\n\n# two\n");
  const auto lines = got.lines();
  REQUIRE(lines.size() == 7);
  CHECK(lines[0] == "# one");
  CHECK(lines[1] == "pass");
  CHECK(lines[5] == "");
  CHECK(lines[6] == "# two");
  CHECK(got.exit_code == 0);
}

// Answers nothing about names of `held` until the last of them has been asked for.
class Latch {
 public:
  explicit Latch(int count) : missing_(count) {}
  void arrive() {
    std::unique_lock lock(mutex_);
    --missing_;
  }
  [[nodiscard]] bool is_open() {
    const std::unique_lock lock(mutex_);
    return missing_ <= 0;
  }

 private:
  std::mutex mutex_;
  int missing_;
};

support::Reaction text_record(const std::string& text) {
  dns::Answer answer;
  answer.ttl = 60;
  answer.texts = {text};
  return support::react(std::move(answer));
}

TEST_CASE("--jobs checks run at the same time, and the answers keep the order of the lines") {
  // The server stays silent until 8 domains have been asked for: if they were asked one after the other, it would never answer.
  const auto latch = std::make_shared<Latch>(8);
  const auto seen = std::make_shared<io::Guarded<std::set<std::string>>>();
  support::DnsServer server([latch, seen](const dns::Question& question, bool) {
    const std::string name(question.name.text());
    if (seen->with([&](auto& names) { return names.insert(name).second; })) latch->arrive();
    if (!latch->is_open()) return support::react(support::Reaction::Fault::silence);
    return text_record(name.starts_with("d3.") ? "v=spf1 +all" : "v=spf1 -all");
  });
  std::string text;
  for (int i = 0; i < 8; ++i) text += fmt::format("192.0.2.1 u@d{}.test h.test\n", i);
  const Words common = {"--file", "-",         "--nameserver", server.address(), "--dns-timeout", "200ms", "--dns-tries",
                        "8",      "--timeout", "30s"};
  const Outcome got = run_query(common, text);
  CHECK(results(got) == Words{"fail", "fail", "fail", "pass", "fail", "fail", "fail", "fail"});
  for (std::size_t i = 0; i < 8; ++i)
    CHECK(got.lines().at(4 * i + 3).find(fmt::format("envelope-from=\"u@d{}.test\"", i)) != std::string::npos);

  // With one job the second domain is asked for only after the first was answered.
  std::vector<std::string> order;
  server.set_handler([](const dns::Question&, bool) { return text_record("v=spf1 -all"); });
  server.forget_counts();
  Words one_job = common;
  one_job.insert(one_job.end(), {"--jobs", "1"});
  CHECK(results(run_query(one_job, text)).size() == 8);
  for (const dns::Question& question : server.asked()) order.emplace_back(question.name.text());
  CHECK(order == Words{"d0.test", "d1.test", "d2.test", "d3.test", "d4.test", "d5.test", "d6.test", "d7.test"});
}

TEST_CASE("a slow first line does not delay the others, and does not lose its place") {
  support::DnsServer server([](const dns::Question& question, bool) {
    if (question.name.text() == "slow.test") return support::react(support::Reaction::Fault::silence);
    return text_record("v=spf1 -all");
  });
  std::string text = "192.0.2.1 u@slow.test h.test\n";
  for (int i = 0; i < 500; ++i) text += fmt::format("192.0.2.1 u@d{}.test h.test\n", i % 50);
  const Outcome got = run_query({"--file", "-", "--nameserver", server.address(), "--timeout", "700ms"}, text);
  const Words all = results(got);
  REQUIRE(all.size() == 501);
  CHECK(all.front() == "temperror");
  CHECK(all.back() == "fail");
  CHECK(got.exit_code == 1);
  // 50 domains, each asked for once: all jobs share one cache.
  CHECK(server.count({*dns::Name::parse("d7.test"), dns::Type::txt}) == 1);
}

TEST_CASE("a slow reader of the answers does not delay running checks") {
  support::DnsServer server([](const dns::Question& question, bool) {
    return text_record(question.name.text() == "slow.test" ? "v=spf1 include:next.test -all" : "v=spf1 +all");
  });
  const ZoneFile zone;
  // The answers before the last one exceed the capacity of a pipe.
  std::string text;
  for (int i = 0; i < 300; ++i) text += "192.0.2.1 u@pass.example h.test\n";
  const std::string path = zone.folder().write("many", text + "192.0.2.1 u@slow.test h.test\n");
  Child child(zone.with({"--file", path, "--nameserver", server.address()}));
  // Nothing has been read yet, and the last check still continues.
  support::wait_until("the second question", [&] { return server.count({*dns::Name::parse("next.test"), dns::Type::txt}) > 0; });
  const Outcome got = child.finish();
  CHECK(results(got).size() == 301);
  CHECK(got.exit_code == 0);
}

TEST_CASE("typed lines: each is answered before the next one arrives") {
  const ZoneFile zone;
  Child child(zone.with({"--file", "-"}));
  child.send("192.0.2.1 u@pass.example h.test\n");
  CHECK(child.wait_for_lines(4).at(0) == "pass");
  child.send("192.0.2.1 u@fail.example h.test\n192.0.2.1 u@soft");
  CHECK(child.wait_for_lines(8).at(4) == "fail");
  child.send("fail.example h.test\n");
  CHECK(child.wait_for_lines(12).at(8) == "softfail");
  const Outcome got = child.finish();
  CHECK(got.exit_code == 2);
  CHECK(got.lines().size() == 12);
}

TEST_CASE("memory does not grow with the file") {
  const ZoneFile zone;
  const auto peak_of = [&](int count) {
    Child child(zone.with({"--file", "-", "--json"}));
    std::string text;
    for (int i = 0; i < count; ++i) text += fmt::format("192.0.2.{} user{}@pass.example h.test\n", i % 250, i);
    child.send(text);
    const auto lines = child.wait_for_lines(static_cast<std::size_t>(count));
    CHECK(lines.back().find(fmt::format("\"id\": \"{}\"", count)) != std::string::npos);
    const long peak = child.peak_kib();
    CHECK(child.finish().exit_code == 0);
    return peak;
  };
  const long few = peak_of(2000);
  if (support::kIsSanitized) return;
  const long many = peak_of(20000);  // 1 MB of lines, 16 MB of answers
  CHECK(many - few < 2048);
}

TEST_CASE("the progress bar: on standard error, if that is a terminal and the answers go elsewhere") {
  support::DnsServer server([](const dns::Question&, bool) {
    support::Reaction reaction = text_record("v=spf1 -all");
    reaction.delay = std::chrono::milliseconds(20);
    return reaction;
  });
  const ZoneFile zone;
  std::string text;
  for (int i = 0; i < 40; ++i) text += fmt::format("192.0.2.1 u@d{}.test h.test\n", i);
  const std::string path = zone.folder().write("many", text);
  const Words words = {"--file", path,        "--nameserver", server.address(), "--jobs",
                       "1",      "--timeout", "30s",          "--dns-timeout",  "10s"};
  ChildOptions options;
  options.err_is_terminal = true;
  const Outcome shown = run_query(words, {}, options);
  CHECK(shown.err.find("answered") != std::string::npos);
  CHECK(shown.err.find("100%") != std::string::npos);
  CHECK(shown.err.ends_with("\r\x1b[K"));  // the bar is erased at the end
  CHECK(results(shown).size() == 40);
  CHECK(run_query(words).err == "");
  options.out_is_terminal = true;
  CHECK(run_query(words, {}, options).err == "");
}

}  // namespace
