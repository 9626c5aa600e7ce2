// --replay: the messages of a log, checked again.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>
#include <zlib.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "t/query/child.h"
#include "t/query/zone.h"
#include "t/support/dns_server.h"

namespace {

using query_test::Child;
using query_test::ChildOptions;
using query_test::Outcome;
using query_test::run_query;
using query_test::ZoneFile;
using Words = std::vector<std::string>;

std::string arrival(std::string_view sender, std::string_view client = "192.0.2.1", std::string_view helo = "mail.pass.example") {
  return fmt::format("2026-11-26 09:12:56 1xWVXE-000011-2U <= {} H=({}) [{}] P=esmtp S=666\n", sender, helo, client);
}
std::string refusal(std::string_view sender, std::string_view verb = "rejected") {
  return fmt::format("2026-11-26 09:12:57 H=(h.example) [192.0.2.1] F=<{}> {} RCPT <b@example.net>: no\n", sender, verb);
}
// Three different triples, one of them twice; one refusal, one deferral.
std::string small_log() {
  return arrival("a@pass.example") + arrival("a@pass.example") + refusal("a@fail.example") +
         refusal("a@softfail.example", "temporarily rejected");
}

std::string packed(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string in = text;
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Replays with the zone of the tests, and no name server for other names.
Words words_for(const ZoneFile& zone, const Words& others) {
  Words words = zone.with({"--nameserver", "127.0.0.1:1", "--timeout", "500ms", "--dns-timeout", "50ms", "--replay", "exim"});
  words.insert(words.end(), others.begin(), others.end());
  return words;
}
YAML::Node replay(const ZoneFile& zone, const Words& others, const std::string& input = {}) {
  Words words = words_for(zone, others);
  words.emplace_back("--json");
  const Outcome got = run_query(words, input);
  CAPTURE(got.err);
  REQUIRE(got.lines().size() == 1);
  return YAML::Load(got.out);
}
int number(const YAML::Node& node, const char* a, const char* b = nullptr, const char* c = nullptr) {
  const YAML::Node first = node[a];
  const YAML::Node second = b == nullptr ? first : first[b];
  return (c == nullptr ? second : second[c]).as<int>();
}

void check_small_log(const YAML::Node& got, int times = 1) {
  CHECK(number(got, "messages") == 4 * times);
  CHECK(number(got, "checks") == 3);
  CHECK(number(got, "results", "pass", "accepted") == 2 * times);
  CHECK(number(got, "results", "fail", "rejected") == times);
  CHECK(number(got, "results", "softfail", "deferred") == times);
}

TEST_CASE("results by what the mail server did, and by domain; each triple is checked once") {
  const ZoneFile zone;
  const std::string path = zone.folder().write("mainlog", small_log());
  const YAML::Node got = replay(zone, {path});
  check_small_log(got);
  CHECK(got["complete"].as<bool>());
  CHECK(number(got, "lines") == 4);
  CHECK(number(got, "domain_count") == 3);
  CHECK(got["domains"][0]["domain"].as<std::string>() == "pass.example");
  CHECK(number(got["domains"][0], "results", "pass") == 2);
  const Outcome text = run_query(words_for(zone, {path}));
  CHECK(text.exit_code == 0);
  CHECK(text.err.empty());
  CHECK(text.out.find("a record may have changed since") != std::string::npos);
  CHECK(text.out.find("\npass                2   50.0            2          0          0\n") != std::string::npos);
  CHECK(text.out.find("\npass.example                                     2        2        0") != std::string::npos);
}

TEST_CASE("files in any number, packed, with several members, and standard input") {
  const ZoneFile zone;
  const std::string plain = zone.folder().write("a", small_log());
  const std::string gzip = zone.folder().write("b.gz", packed(small_log()));
  const std::string members = zone.folder().write("c", packed(small_log()) + packed(small_log()));
  check_small_log(replay(zone, {plain, gzip, members, "-"}, packed(small_log())), 5);
  check_small_log(replay(zone, {"-"}, small_log()));
  // The last line may lack its line end.
  check_small_log(replay(zone, {"-"}, small_log().substr(0, small_log().size() - 1)));
  CHECK(number(replay(zone, {zone.folder().write("empty", "")}), "messages") == 0);
}

TEST_CASE("the output of journalctl: each line has a prefix") {
  const ZoneFile zone;
  std::string text = "-- Journal begins at Thu 2026-11-26 --\n";
  const std::string log = small_log();
  for (std::size_t at = 0; at < log.size(); at = log.find('\n', at) + 1)
    text += "Nov 26 09:12:56 mx exim[123]: " + log.substr(at, log.find('\n', at) + 1 - at);
  const YAML::Node got = replay(zone, {"-"}, text);
  check_small_log(got);
  CHECK(number(got, "bad_lines") == 0);
}

TEST_CASE("bad lines are counted: garbage, zero bytes, overlong lines; the others are checked") {
  const ZoneFile zone;
  using namespace std::string_literals;
  const std::string log = "garbage\n\0\0\n"s + std::string(20000, 'x') + "\n" + arrival("a@pass.example", "192.0.2.400") +
                          small_log() +
                          "2026-11-26 09:12:56 1xWVXE-000011-2U <= a\0b@pass.example H=(h\0) [192.0.2.1] P=esmtp\n\xff\xfe\n"s;
  const YAML::Node got = replay(zone, {"-"}, log);
  CHECK(number(got, "bad_lines") == 4);
  CHECK(number(got, "long_lines") == 1);
  CHECK(number(got, "messages") == 5);
  CHECK(number(got, "results", "pass", "accepted") == 3);
}

TEST_CASE("a log of another kind: the report asks whether it is one") {
  const ZoneFile zone;
  const auto asks = [&](const std::string& log) {
    return run_query(words_for(zone, {"-"}), log).out.find("No message was found. Is this a log of exim?") != std::string::npos;
  };
  CHECK(asks("Nov 26 09:10:18 mx postfix/smtpd[274]: connect from unknown[192.0.2.10]\n"));
  CHECK_FALSE(asks(small_log()));
  CHECK_FALSE(asks(""));
}

TEST_CASE("lines that end with CRLF are read like others; an empty one is not bad") {
  const ZoneFile zone;
  std::string text = "\r\n";
  for (const char c : small_log()) text += c == '\n' ? "\r\n" : std::string(1, c);
  const YAML::Node got = replay(zone, {"-"}, text);
  check_small_log(got);
  CHECK(number(got, "bad_lines") == 0);
  const std::string refusal =
      "Nov 26 09:10:18 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.7.1 no; from=<a@fail.example> "
      "to=<b@example.net> proto=ESMTP helo=<h>\r\n";
  const Outcome postfix = run_query(zone.with({"--replay", "postfix", "-", "--json"}), refusal);
  CHECK(number(YAML::Load(postfix.out), "results", "fail", "rejected") == 1);
}

TEST_CASE("an interrupt ends the reading of a line without end") {
  support::DnsServer server([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const ZoneFile zone;
  const std::string first = zone.folder().write("first", small_log() + arrival("a@silent.test"));
  Child child(
      zone.with({"--nameserver", server.address(), "--timeout", "60s", "--replay", "exim", first, "/dev/zero", "--json"}));
  support::wait_until("the question about the last domain", [&] {
    child.poll();
    return server.count() > 0;
  });
  child.signal(SIGINT);
  const Outcome got = child.finish();
  REQUIRE(got.exit_code == 75);
  const YAML::Node report = YAML::Load(got.out);
  CHECK_FALSE(report["complete"].as<bool>());
  CHECK(number(report, "checked") == 4);
}

TEST_CASE("files that cannot be read: one sentence each, exit code 75; the others are checked") {
  const ZoneFile zone;
  const std::string path = zone.folder().write("log", small_log());
  const std::string gzip = packed(small_log() + small_log());
  const std::string cut = zone.folder().write("cut.gz", gzip.substr(0, gzip.size() - 6));
  std::string broken = gzip;
  broken[4 + broken.size() / 2] = static_cast<char>(broken[4 + broken.size() / 2] ^ 0x55);
  const std::string damaged = zone.folder().write("damaged.gz", broken + std::string(100, 'x'));
  const std::string folder = std::filesystem::path(path).parent_path();
  const Outcome got = run_query(words_for(zone, {"/nonexistent/log", folder, cut, damaged, path, "--json"}));
  CHECK(got.exit_code == 75);
  CHECK(got.err.find("/nonexistent/log: cannot be read: No such file") != std::string::npos);
  CHECK(got.err.find(folder + ": cannot be read to its end: Is a directory") != std::string::npos);
  CHECK(got.err.find("cut.gz: cannot be read to its end: the gzip data is damaged or ends early") != std::string::npos);
  CHECK(got.err.find("damaged.gz: cannot be read to its end: the gzip data is damaged or ends early") != std::string::npos);
  const YAML::Node report = YAML::Load(got.out);
  CHECK_FALSE(report["complete"].as<bool>());
  CHECK(number(report, "results", "pass", "accepted") >= 4);  // of the whole file, and of the one whose end is missing
}

TEST_CASE("a log in which something follows the gzip data is not read to its end, and everything before that is") {
  using namespace std::string_literals;
  const ZoneFile zone;
  const std::string unended = packed(small_log().substr(0, small_log().size() - 1));
  for (const std::string& rest : {"garbage"s, "\0\0garbage\n\n"s, "\x1f"s, "\x1fx"s, "x\x1f\x8b"s, std::string(200'000, 'x')}) {
    const std::string path = zone.folder().write("log.gz", unended + rest);
    CAPTURE(rest.size());
    const Outcome got = run_query(words_for(zone, {path, "-", "--json"}), small_log());
    CHECK(got.exit_code == 75);
    const bool is_text = rest.find('\x1f') == std::string::npos;
    CHECK(got.err == "spfquery: " + path + ": cannot be read to its end: " +
                         (is_text ? "text follows the gzip data: give it as a file of its own\n"
                                  : "what follows the gzip data is not gzip data\n"));
    const YAML::Node report = YAML::Load(got.out);
    check_small_log(report, 2);
    CHECK(number(report, "bad_lines") == 0);
    CHECK_FALSE(report["complete"].as<bool>());
  }
  // "cat mainlog.1.gz mainlog": the second log is missing from the report.
  const Outcome joined = run_query(words_for(zone, {"-", "--json"}), packed(small_log()) + small_log());
  CHECK(joined.exit_code == 75);
  CHECK(joined.err.ends_with(": text follows the gzip data: give it as a file of its own\n"));
  check_small_log(YAML::Load(joined.out));
  // Zeros that pad the file are not garbage.
  CHECK(number(replay(zone, {"-"}, unended + std::string(1000, '\0')), "bad_lines") == 0);
}

TEST_CASE("a damaged gzip file: each line before the damage is checked, and the line that is cut off is not") {
  const ZoneFile zone;
  const std::string unended = packed(small_log().substr(0, small_log().size() - 1));
  const auto read = [&](const std::string& bytes, int messages) {
    const Outcome got = run_query(words_for(zone, {"-", "--json"}), bytes);
    CHECK(got.exit_code == 75);
    CHECK(got.err == "spfquery: standard input: cannot be read to its end: the gzip data is damaged or ends early\n");
    const YAML::Node report = YAML::Load(got.out);
    CHECK(number(report, "messages") == messages);
    CHECK(number(report, "bad_lines") == 0);
    CHECK_FALSE(report["complete"].as<bool>());
  };
  // The members before the damage are whole.
  read(unended + "\x1f\x8bgarbage", 4);
  read(unended + "\x1f\x8b", 4);
  // The checksum shows the damage: the last line may be wrong.
  std::string wrong = packed(small_log() + "x");
  wrong[wrong.size() - 8] = static_cast<char>(wrong[wrong.size() - 8] ^ 1);
  read(wrong, 4);
  read(wrong.substr(0, wrong.size() - 8), 4);
}

TEST_CASE("a FIFO is read to its end") {
  const ZoneFile zone;
  const std::string path = zone.folder().write("x", "") + ".fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&] {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    for (const char c : small_log()) CHECK(::write(fd, &c, 1) == 1);
    ::close(fd);
  });
  const YAML::Node got = replay(zone, {path});
  writer.join();
  check_small_log(got);
}

TEST_CASE("an interrupt prints the report so far; the checks under way are not counted") {
  support::DnsServer server([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const ZoneFile zone;
  Child child(zone.with({"--nameserver", server.address(), "--timeout", "60s", "--replay", "exim", "-", "--json"}));
  child.send(small_log() + arrival("a@silent.test") + arrival("a@silent.test"));
  support::wait_until("the question about the last domain", [&] {
    child.poll();
    return server.count() > 0;
  });
  child.signal(SIGINT);
  const Outcome got = child.finish();
  CHECK(got.exit_code == 75);
  const YAML::Node report = YAML::Load(got.out);
  CHECK_FALSE(report["complete"].as<bool>());
  CHECK(number(report, "results", "pass", "accepted") == 2);
  CHECK(number(report, "unfinished") == 1);
  CHECK(number(report, "checked") == 4);
}

TEST_CASE("names that never answer: temperror after the time for a check; many are asked at the same time") {
  support::DnsServer server([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const ZoneFile zone;
  std::string text;
  for (int i = 0; i < 200; ++i) text += arrival(fmt::format("a@d{}.test", i));
  const Outcome got =
      run_query(zone.with({"--nameserver", server.address(), "--timeout", "300ms", "--replay", "exim", "-", "--json"}), text);
  CHECK(number(YAML::Load(got.out), "results", "temperror", "accepted") == 200);
}

TEST_CASE("the progress bar: on standard error, if that is a terminal, and gone at the end") {
  const ZoneFile zone;
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += arrival("a@pass.example", "10.0.0.1");
  const std::string path = zone.folder().write("log", text);
  ChildOptions options;
  options.err_is_terminal = true;
  Words words = words_for(zone, {});
  for (int i = 0; i < 10; ++i) words.push_back(path);
  const Outcome got = run_query(words, {}, options);
  CHECK(got.out.find("300000 lines") != std::string::npos);
  CHECK((got.err.empty() || got.err.ends_with("\r\x1b[K")));
}

TEST_CASE("--config: what the policy would refuse and defer today, and which accepted mail it would refuse") {
  const ZoneFile zone;
  const std::string log = small_log() + arrival("a@softfail.example") + arrival("b@softfail.example") +
                          arrival("a@plainfail.example") + arrival("a@neutral.example", "192.0.2.99");
  const std::string config = zone.folder().write("spfd.conf",
                                                 "on-softfail = \"defer\"\n"
                                                 "dry-run = true\n"
                                                 "exempt-clients = [\"192.0.2.99\"]\n"
                                                 "listen = [\"unix:/run/spfd/spfd.sock\"]\n"
                                                 "[sender.\"plainfail.example\"]\n"
                                                 "on-fail = \"tag\"\n");
  const YAML::Node got = replay(zone, {"-", "--config", config}, log);
  CHECK(number(got, "policy", "accept", "accepted") == 4);
  CHECK(number(got, "policy", "reject", "rejected") == 1);
  CHECK(number(got, "policy", "reject", "accepted") == 0);
  CHECK(number(got, "policy", "defer", "accepted") == 2);
  CHECK(number(got, "policy", "defer", "deferred") == 1);
  CHECK(number(got, "spared") == 1);
  // The exempt client's message is not checked.
  CHECK(number(replay(zone, {"-"}, log), "checks") == number(got, "checks") + 1);
  const YAML::Node refusals = got["policy"]["new_refusals"];
  REQUIRE(refusals.size() == 1);
  CHECK(number(refusals[0], "count") == 2);
  CHECK(refusals[0]["domain"].as<std::string>() == "softfail.example");
  CHECK(refusals[0]["action"].as<std::string>() == "defer");
  CHECK(refusals[0]["why"].as<std::string>() == "~all");
  CHECK(refusals[0]["sender"].as<std::string>() == "a@softfail.example");
  const Outcome text = run_query(words_for(zone, {"-", "--config", config}), log);
  CHECK(text.out.find("if dry-run were off") != std::string::npos);
  CHECK(text.out.find(
            "2  softfail.example: defer for softfail: ~all; such as 192.0.2.1 <a@softfail.example> HELO mail.pass.example") !=
        std::string::npos);
  const Outcome bad =
      run_query(words_for(zone, {"-", "--config", zone.folder().write("bad.conf", "on-softfale = \"defer\"\n")}), log);
  CHECK(bad.exit_code == 64);
  CHECK(bad.err.find("bad.conf:1: on-softfale: there is no such option") != std::string::npos);
}

TEST_CASE("--baseline with a Maildir or mbox: a matrix, and each disagreement with the term that decides") {
  const ZoneFile zone;
  const auto mail = [](const std::string& field) {
    return "Received: x\nReceived-SPF: " + field + "\nReceived-SPF: none\n\nReceived-SPF: none\n\n";
  };
  const std::string pass = mail("pass (x)\n client-ip=192.0.2.1; envelope-from=\"a@pass.example\";\n\thelo=h.example");
  const std::string wrong =
      mail("Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=A@fail.example; receiver=x ");
  const std::string mbox = zone.folder().write("mbox", "From x\n" + pass + "From y\n" + wrong + "From z\n\n");
  const std::string folder = zone.folder().write("x", "") + ".maildir";
  for (const char* sub : {"", "/cur", "/new", "/tmp"}) REQUIRE(::mkdir((folder + sub).c_str(), 0700) == 0);
  std::filesystem::copy_file(zone.folder().write("1", pass), folder + "/cur/1");
  std::filesystem::copy_file(zone.folder().write("2", wrong), folder + "/new/2");
  for (const std::string& path : {mbox, folder}) {
    CAPTURE(path);
    const YAML::Node got = replay(zone, {"-", "--baseline", path}, small_log());
    CHECK(number(got["baseline"], "matrix", "pass", "pass") == 2);
    CHECK(number(got["baseline"], "matrix", "pass", "fail") == 1);
    const YAML::Node differences = got["baseline"]["disagreements"];
    REQUIRE(differences.size() == 1);
    CHECK(differences[0]["domain"].as<std::string>() == "fail.example");
    CHECK(differences[0]["before"].as<std::string>() == "pass");
    CHECK(differences[0]["today"].as<std::string>() == "fail");
    CHECK(differences[0]["why"].as<std::string>() == "-all");
  }
  const Outcome text = run_query(words_for(zone, {"-", "--baseline", mbox}), small_log());
  CHECK(text.out.find("1  fail.example: pass then, fail today: -all; such as 192.0.2.1 <a@fail.example> HELO h.example") !=
        std::string::npos);
  const std::string joined = zone.folder().write("mbox.gz", packed("From x\n" + pass) + "From y\n" + wrong);
  for (const std::string& path : Words{"/nonexistent", "/etc", joined}) {
    CAPTURE(path);
    const Outcome bad = run_query(words_for(zone, {"-", "--baseline", path}), small_log());
    CHECK(bad.exit_code == 64);
    CHECK(bad.out.empty());
  }
}

TEST_CASE("--baseline log: the lines of the earlier checker in the same log") {
  const ZoneFile zone;
  const std::string log =
      "Nov 26 09:10:18 mx spfd[3]: result=pass identity=mailfrom ip=192.0.2.1 helo=h.example sender=a@fail.example mechanism=x\n"
      "Nov 26 09:10:18 mx exim[4]: H=(h.example) [192.0.2.1] F=<a@fail.example> rejected RCPT <b@example.net>: no\n";
  CHECK(number(replay(zone, {"-", "--baseline", "log"}, log)["baseline"], "matrix", "pass", "fail") == 1);
  CHECK(number(replay(zone, {"-", "--baseline", "header"}, log)["baseline"], "matrix", "pass", "fail") == 0);
  CHECK_FALSE(replay(zone, {"-"}, log)["baseline"]);
}

TEST_CASE("a replay and an examination exclude each other, in any order") {
  for (const Words& words : std::vector<Words>{{"--lint", "a.example", "--replay", "exim", "log"},
                                               {"--replay", "exim", "log", "--lint", "a.example"},
                                               {"--replay", "exim", "log", "--lint-file", "-"}}) {
    const Outcome got = run_query(words);
    CHECK(got.exit_code == 64);
    CHECK(got.out.empty());
    CHECK(got.err == "spfquery: --lint examines records, and --replay checks the mail of a log: give one of them\n");
  }
  const Outcome got = run_query({"--replay", "exim", "log", "--sarif"});
  CHECK(got.exit_code == 64);
  CHECK(got.err.ends_with(" belong to an examination: give --lint\n"));
}

TEST_CASE("contradictory command lines: one sentence, exit code 64") {
  const ZoneFile zone;
  for (const Words& words : std::vector<Words>{{"--replay", "exim"},
                                               {"--replay", "qmail", "-"},
                                               {"--replay", "exim", "-", "--ip", "192.0.2.1"},
                                               {"--replay", "exim", "-", "--file", "-"},
                                               {"--replay", "exim", "-", "--server", "/nonexistent"},
                                               {"--replay", "exim", "-", "--trace"},
                                               {"--replay", "exim", "-", "--why"},
                                               {"--repl", "exim", "-", "--why"},
                                               {"--why", "--nonsense", "--replay", "exim", "-"},
                                               {"--config", "/nonexistent", "--ip", "192.0.2.1", "--helo", "x.example"},
                                               {"--replay", "exim", "-", "--config", "/nonexistent"}}) {
    CAPTURE(words);
    const Outcome got = run_query(words);
    CHECK(got.exit_code == 64);
    CHECK(got.out.empty());
    CHECK(got.err.starts_with("spfquery: "));
  }
  ChildOptions options;
  options.out_path = "/dev/full";
  const Outcome to_full_disk = run_query({"--replay", "exim", "-"}, {}, options);
  CHECK(to_full_disk.exit_code == 75);
  CHECK(to_full_disk.err == "spfquery: the output cannot be written: No space left on device\n");
}

TEST_CASE("different triples, also more than are under way at the same time, are all checked") {
  const ZoneFile zone;
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += arrival(fmt::format("user{}@d{}.pass.example", i, i % 7), fmt::format("10.0.{}.{}", i >> 8, i & 255));
  const YAML::Node report = replay(zone, {"-", "--jobs", "3"}, text);
  CHECK(number(report, "messages") == 5000);
  CHECK(number(report, "checks") == 5000);
  CHECK(number(report, "domain_count") == 7);
}

}  // namespace
