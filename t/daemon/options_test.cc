// The options of spfd: command line, configuration file, and the commands that print them.
#include "spfd/config/options.h"

#include <doctest/doctest.h>
#include <sysexits.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "spfd/config/command_line.h"
#include "spfd/config/config_file.h"
#include "t/daemon/other_values.h"
#include "t/support/option_docs.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

namespace {

using options::Kind;
using options::Row;
using options_test::kOtherValues;
using Words = std::vector<std::string>;

// Returns the values of an option in force.
Words in_force(const Row& row, const spfd::Options& options) { return options::access_of<spfd::Options>(row).get(options); }
bool has_value(const Row& row) { return options::access_of<spfd::Options>(row).get != nullptr; }

spfd::Options options_of(Words words) {
  if (std::find(words.begin(), words.end(), "--config") == words.end()) words.insert(words.begin(), {"--config", "/dev/null"});
  auto options = spfd::load_options(words);
  if (!options) FAIL(options.error().message);
  return *options;
}

spfd::StartError error_of(Words words) {
  if (std::find(words.begin(), words.end(), "--config") == words.end()) words.insert(words.begin(), {"--config", "/dev/null"});
  const auto options = spfd::load_options(words);
  REQUIRE(!options);
  return options.error();
}

Words listen_of(const Words& words) {
  Words addresses;
  for (const auto& address : options_of(words).listen) addresses.push_back(spfd::listen_address_text(address));
  return addresses;
}

// Returns the line of --dump-config for an option.
std::string dumped(const spfd::Options& options, const std::string& name) {
  const std::string text = "\n" + spfd::dump_config(options);
  const std::size_t begin = text.find("\n" + name + " = ");
  if (begin == std::string::npos) return "";
  return text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
}

TEST_CASE("each option has the same value from the command line and from the file, and the dump shows it") {
  const support::TempFolder folder;
  std::set<std::string_view> covered;
  for (const auto& known : kOtherValues) {
    const std::string& name = known.first;
    const std::string& value = known.second;
    CAPTURE(name);
    const Row* row = options::find(spfd::option_table(), name);
    REQUIRE(row != nullptr);
    covered.insert(row->name);
    const bool is_flag = row->kind == Kind::flag;
    const auto from_words = options_of(is_flag ? Words{"--" + name} : Words{"--" + name, value});
    CHECK(in_force(*row, from_words) == Words{value});
    const std::string file = folder.write("spfd.conf", dumped(from_words, name) + "\n");
    const auto from_file = options_of({"--config", file});
    CHECK(in_force(*row, from_file) == Words{value});
    CHECK(in_force(*row, options_of({})) != Words{value});
  }
  for (const Row* row : spfd::option_table()) {
    CAPTURE(row->name);
    if (has_value(*row)) CHECK(covered.count(row->name) == 1);
  }
}

TEST_CASE("a dump is a configuration file with the same values") {
  Words words;
  for (const auto& [name, value] : kOtherValues) {
    words.push_back("--" + name);
    if (support::row_named(spfd::option_table(), name).kind != Kind::flag) words.push_back(value);
  }
  const auto options = options_of(words);
  const support::TempFolder folder;
  const std::string file = folder.write("spfd.conf", spfd::dump_config(options));
  CHECK(spfd::dump_config(options_of({"--config", file})) == spfd::dump_config(options));
  // The sections for domains too.
  std::string sections = "[sender.\"*.Example.com\"]\non-fail = \"tag\"\ndry-run = \"no\"\nexempt-clients = []\n";
  sections +=
      "default-explanation = \"No \\\"%{o}\\\"\"\n[recipient.\"*\"]\nsecondary-mx = [\"auto 192.0.2.1\", \"mx.example.net\"]\n";
  const std::string with_sections = folder.write("sections.conf", spfd::dump_config(options) + sections);
  const std::string dump = spfd::dump_config(options_of({"--config", with_sections}));
  CHECK(dump.find("[sender.\"*.example.com\"]\non-fail = \"tag\"\ndry-run = false\nexempt-clients = []\n") != std::string::npos);
  CHECK(dump.find("secondary-mx = [\"auto\", \"ip4:192.0.2.1\", \"a:mx.example.net\"]\n") != std::string::npos);
  CHECK(spfd::dump_config(options_of({"--config", folder.write("again.conf", dump)})) == dump);
}

TEST_CASE("the command line overrides the file, a list as a whole, and so does a listening address of any kind") {
  const support::TempFolder folder;
  const std::string file = folder.write("spfd.conf",
                                        "timeout = 3\nidle-timeout = \"4s\"\nlisten = [\"inet:127.0.0.1:1\", \"inet:[::1]:2\"]\n"
                                        "zone = \"a\"\ndebug = true\n");
  const auto options = options_of({"--config", file, "--timeout=9", "--zone=b", "--zone", "c", "--log-level=error"});
  CHECK(dumped(options, "timeout") == "timeout = \"9s\"");
  CHECK(dumped(options, "idle-timeout") == "idle-timeout = \"4s\"");
  CHECK(dumped(options, "zone") == "zone = [\"b\", \"c\"]");
  CHECK(dumped(options, "log-level") == "log-level = \"error\"");
  CHECK(listen_of({"--config", file}) == Words{"inet:127.0.0.1:1", "inet:[::1]:2"});
  CHECK(listen_of({"--config", file, "--port", "5"}) == Words{"inet:127.0.0.1:5", "inet:[::1]:5"});
}

TEST_CASE("the last one of a single value wins") { CHECK(options_of({"--workers=1", "--workers", "2"}).workers == 2); }

TEST_CASE("start lines of the Perl spfds and of libspf2's work unchanged") {
  CHECK(listen_of({}) == Words{"inet:127.0.0.1:5970", "inet:[::1]:5970"});
  CHECK(listen_of({"--port", "4000"}) == Words{"inet:127.0.0.1:4000", "inet:[::1]:4000"});
  CHECK(listen_of({"-p", "4000"}) == Words{"inet:127.0.0.1:4000", "inet:[::1]:4000"});
  CHECK(listen_of({"-p4000"}) == Words{"inet:127.0.0.1:4000", "inet:[::1]:4000"});
  CHECK(listen_of({"-port=4000"}) == Words{"inet:127.0.0.1:4000", "inet:[::1]:4000"});
  CHECK(listen_of({"-port", "4000"}) == Words{"inet:127.0.0.1:4000", "inet:[::1]:4000"});
  CHECK(listen_of({"--tcpport=4000"}) == Words{"inet:127.0.0.1:4000", "inet:[::1]:4000"});
  CHECK(listen_of({"--path=/tmp/spfd"}) == Words{"unix:/tmp/spfd,mode=0666"});
  CHECK(listen_of({"-path=/tmp/spfd"}) == Words{"unix:/tmp/spfd,mode=0666"});
  CHECK(listen_of({"-s", "/tmp/spfd"}) == Words{"unix:/tmp/spfd,mode=0666"});
  CHECK(listen_of({"--socket", "/tmp/spfd", "--socket-user", "root", "--socket-group", "mail", "--socket-perms", "0660"}) ==
        Words{"unix:/tmp/spfd,mode=0660,user=root,group=mail"});
  CHECK(listen_of({"-path=/tmp/spfd", "-pathuser=root", "-pathgroup=mail", "-pathmode=600"}) ==
        Words{"unix:/tmp/spfd,mode=0600,user=root,group=mail"});
  for (const char* user : {"--set-user=nobody", "--setuser=nobody", "-setuser=nobody", "-unobody", "--user=nobody"}) {
    CHECK(options_of({user}).user == "nobody");
  }
  for (const char* group : {"--set-group=mail", "-setgroup=mail", "--group=mail"}) CHECK(options_of({group}).group == "mail");
  CHECK(dumped(options_of({"--def-exp", "No, %{s}"}), "default-explanation") == "default-explanation = \"No, %{s}\"");
  CHECK(dumped(options_of({"--default-explanation=No, %{s}"}), "default-explanation") == "default-explanation = \"No, %{s}\"");
  CHECK(options_of({"--debug"}).in_force.log_level == spfd::LogLevel::debug);
  CHECK(options_of({"--debug", "1"}).in_force.log_level == spfd::LogLevel::debug);
  CHECK(options_of({"-debug=2"}).in_force.log_level == spfd::LogLevel::debug);
  CHECK(options_of({"--debug=0"}).in_force.log_level == spfd::LogLevel::info);
}

TEST_CASE("milters have their own addresses; with only milters, spfd listens nowhere else") {
  const auto options = options_of({"--milter", "unix:/run/m.sock,mode=0660", "--milter=inet:[::1]:8890"});
  CHECK(in_force(support::row_named(spfd::option_table(), "milter"), options) ==
        Words{"unix:/run/m.sock,mode=0660", "inet:[::1]:8890"});
  CHECK(options.listen.empty());
  CHECK(listen_of({"--milter", "inet:127.0.0.1:1", "--port", "2"}) == Words{"inet:127.0.0.1:2", "inet:[::1]:2"});
  CHECK(error_of({"--milter", "8890"}).message.starts_with("--milter: \"8890\""));
}

TEST_CASE("--srs: a map may be one of the options of an address; with only --srs, spfd listens nowhere else") {
  const auto options =
      options_of({"--srs", "unix:/run/s,map=reverse,mode=0660", "--srs=inet:[::1]:1,map=forward", "--srs=unix:/x"});
  CHECK(in_force(support::row_named(spfd::option_table(), "srs"), options) ==
        Words{"unix:/run/s,mode=0660,map=reverse", "inet:[::1]:1", "unix:/x,mode=0660"});
  CHECK(options.listen.empty());
}

TEST_CASE("addresses to listen on") {
  const auto text = [](std::string_view address) {
    const auto parsed = spfd::parse_listen_address(address);
    return parsed ? spfd::listen_address_text(*parsed) : "error";
  };
  CHECK(text("inet:127.0.0.1:5970") == "inet:127.0.0.1:5970");
  CHECK(text("inet:[::1]:0") == "inet:[::1]:0");
  CHECK(text("inet:localhost:1") == "inet:localhost:1");
  CHECK(text("unix:/a b=c,group=g") == "unix:/a b=c,mode=0666,group=g");
  // In the syntax of libmilter and Sendmail.
  CHECK(text("local:/run/m.sock") == "unix:/run/m.sock,mode=0666");
  CHECK(text("local:/run/m.sock,mode=0660,group=smmsp") == "unix:/run/m.sock,mode=0660,group=smmsp");
  CHECK(text("inet:8893@localhost") == "inet:localhost:8893");
  CHECK(text("inet:8893@127.0.0.1") == "inet:127.0.0.1:8893");
  CHECK(text("inet:8893@[::1]") == "inet:[::1]:8893");
  CHECK(text("inet6:8893@::1") == "inet:[::1]:8893");
  CHECK(text("inet6:8893@[::1]") == "inet:[::1]:8893");
  CHECK(text("inet6:[::1]:8893") == "inet:[::1]:8893");
  for (const char* bad : {"inet:8893", "inet:@localhost", "inet:8893@", "inet:x@localhost", "inet:65536@h",
                          "inet6:8893@localhost", "inet6:8893@127.0.0.1", "local:", "local:,mode=0600", "inet:1@[]"}) {
    CAPTURE(bad);
    CHECK(text(bad) == "error");
  }
  for (const char* bad : {"", "5970", "inet:", "inet::5970", "inet:h", "inet:h:", "inet:h:x", "inet:h:65536", "inet:::1:5970",
                          "unix:", "unix:,mode=0600", "unix:/x,", "unix:/x,mode=", "unix:/x,mode=0999", "unix:/x,mode=1777",
                          "unix:/x,user=", "unix:/x,owner=root", "tcp:h:1", "unix:/x\n"}) {
    CAPTURE(bad);
    CHECK(text(bad) == "error");
  }
  CHECK(text("unix:/" + std::string(107, 'x')) == "error");
}

TEST_CASE("a bad command line gets a sentence that names the option, and EX_USAGE") {
  const std::vector<std::pair<Words, std::string>> cases = {
      {{"--nonsense"}, "--nonsense: there is no such option"},
      {{"stray"}, "stray: there is no such option"},
      {{"--port"}, "--port: the value is missing"},
      {{"--port", "x"}, "--port: \"x\" is not a number from 0 to 65535"},
      {{"--port", "65536"}, "--port: "},
      {{"--workers", "-1"}, "--workers: "},
      {{"--timeout", "soon"}, "--timeout: \"soon\" is not a time such as 20s"},
      {{"--timeout", "0"}, "--timeout: "},
      {{"--timeout", "99999999999999999999s"}, "--timeout: "},
      {{"--cache-size", "64X"}, "--cache-size: "},
      {{"--cache-size", "99999999G"}, "--cache-size: "},
      {{"--listen", "here"}, "--listen: \"here\""},
      {{"--socket-perms", "0999", "--socket", "/x"}, "--socket-perms: "},
      {{"--socket-user", "root"}, "need socket"},
      {{"--socket", "/" + std::string(200, 'x')}, "too long"},
      {{"--log", "paper"}, "--log: \"paper\" is not one of: stderr, syslog"},
      {{"--prefetch", "some"}, "--prefetch: "},
      {{"--nameserver", "dns.example"}, "--nameserver: "},
      {{"--default-explanation", "%{x}"}, "--default-explanation: "},
      {{"--hostname", "a\nb"}, "--hostname: "},
      {{"--bad-question-result", "pass"}, "--bad-question-result: "},
      {{"--on-pass", "OK"}, "--on-pass: OK would accept a recipient whatever the other restrictions say"},
      {{"--on-pass", "permit"}, "--on-pass: permit would accept"},
      {{"--on-pass", "550 no"}, "--on-pass: \"550 no\" is not a name of at most 64 letters"},
      {{"--on-pass", "a b"}, "--on-pass: "},
      {{"--on-pass", "a\naction=OK"}, "--on-pass: "},
      {{"--on-pass", "250"}, "--on-pass: "},
      {{"--on-pass", std::string(65, 'a')}, "--on-pass: "},
      {{"--on-fail", "discard"}, "--on-fail: \"discard\" is not one of: reject, defer, tag"},
      {{"--exempt-clients", "localhost"}, "--exempt-clients: \"localhost\" is neither an address nor a network"},
      {{"--fallback", "example.com"}, "--fallback: \"example.com\" is not DOMAIN=RECORD"},
      {{"--srs", "10001"}, "--srs: \"10001\""},
      {{"--srs", "inet:h:1,map="}, "--srs: \"inet:h:1,map=\": map is forward or reverse"},
      {{"--srs-domain", "a b"}, "--srs-domain: \"a b\" is not a domain"},
      {{"--srs-domain-for", "example.com"}, "--srs-domain-for: \"example.com\" is not DOMAIN=DOMAIN"},
      {{"--srs-domain-for", "a.example="}, "--srs-domain-for: \"\" is not a domain"},
      {{"--srs-domain-for", "A.example=b.example", "--srs-domain-for", "a.example=c.example"}, "is given twice"},
      {{"--srs-local-domains", "*.example"}, "--srs-local-domains: \"*.example\" is not a domain"},
      {{"--srs-outgoing", "192.0.2.0/24"}, "--srs-outgoing: \"192.0.2.0/24\" is not an IP address"},
      {{"--srs-separator", "=="}, "--srs-separator: \"==\" is not one of: = + -"},
      {{"--srs-hash-length", "28"}, "--srs-hash-length: "},
      {{"--srs-max-age", "1024"}, "--srs-max-age: "},
      {{"--new-srs-secret", ""}, "--new-srs-secret: the value is empty"},
      {{"--check-config", "--dump-config"}, "--dump-config: this option and an earlier one exclude each other"},
      {{"--dump-config", "--new-key", "/x"}, "--new-key: this option and an earlier one exclude each other"},
      {{"--new-key", "/x", "--new-srs-secret", "/y"}, "--new-srs-secret: this option and an earlier one exclude each other"},
  };
  for (const auto& one : cases) {
    const std::string& message = one.second;
    CAPTURE(message);
    const auto error = error_of(one.first);
    CHECK(error.exit_code == EX_USAGE);
    CHECK(error.message.find(message) != std::string::npos);
    CHECK(error.message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a bad file gets FILE:LINE: what, and EX_CONFIG") {
  const support::TempFolder folder;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"# fine\ntimeuot = 3\n", ":2: timeuot: there is no such option"},
      {"timeout = \"20s\"\n\ntimeout = \"30s\"\n", ":3: "},
      {"timeout = \"soon\"\n", ":1: timeout: \"soon\" is not a time"},
      {"timeout = 2.5\n", ":1: timeout: the value must be a string, a whole number, true or false"},
      {"\n\ntimeout = [1, 2]\n", ":3: timeout: "},
      {"listen = [1, [2]]\n", ":1: listen: "},
      {"port = 5970\ntcpport = 5970\n", ":2: tcpport: the option is given twice"},
      {"legacy-results = \"perhaps\"\n", ":1: legacy-results: "},
      {"help = true\n", ":1: help: there is no such option"},
      {"config = \"other\"\n", ":1: config: there is no such option"},
      {"[example.com]\nlocal = 1\n", ":1: example: there is no such option"},
      {"timeout = \n", ":1: "},
      {"listen = [\"unix:/x\"\n", ":"},
      {"a\x01 = 3\n", ":1: "},
      {"hostname = \"\xff\"\n", ":1: "},
      {std::string("timeout\0 = 3", 12), ":1: "},
  };
  for (const auto& one : cases) {
    const std::string& message = one.second;
    CAPTURE(one.first);
    const std::string file = folder.write("spfd.conf", one.first);
    const auto error = error_of({"--config", file});
    CAPTURE(error.message);
    CHECK(error.exit_code == EX_CONFIG);
    CHECK(error.message.starts_with(file + message));
    CHECK(error.message.find('\n') == std::string::npos);
  }
  // Even if the command line has a valid value.
  const std::string file = folder.write("spfd.conf", "timeout = \"soon\"\n");
  CHECK(error_of({"--config", file, "--timeout=3"}).exit_code == EX_CONFIG);
}

TEST_CASE("a file that cannot be read: its name, the reason, and EX_CONFIG") {
  const auto missing = error_of({"--config", "/nonexistent/spfd.conf"});
  CHECK(missing.exit_code == EX_CONFIG);
  CHECK(missing.message == "/nonexistent/spfd.conf: cannot be read: No such file or directory");
  const auto folder = error_of({"--config", "/tmp"});
  CHECK(folder.exit_code == EX_CONFIG);
  CHECK(folder.message == "/tmp: cannot be read: Is a directory");
}

TEST_CASE("--help names every option, and no line is too long") {
  const std::string help = spfd::help_text();
  for (const Row* row : spfd::option_table()) {
    for (const auto name : row->names()) CHECK(help.find("--" + std::string(name)) != std::string::npos);
  }
  for (const auto line : base::split(help, '\n')) CHECK(line.size() <= 100);
}

}  // namespace
