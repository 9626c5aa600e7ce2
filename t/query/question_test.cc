// The request that a command line describes, and the errors of bad command lines.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/base/text.h"
#include "spfquery/command_line.h"
#include "t/query/child.h"
#include "t/query/zone.h"
#include "t/support/dns_server.h"

namespace {

using query_test::Outcome;
using query_test::run_query;
using query_test::ZoneFile;
using Words = std::vector<std::string>;

std::string joined(const Words& words) {
  std::string out;
  for (const std::string& word : words) out += word + " ";
  return out;
}

TEST_CASE("the exit code shows the result: 0 pass, 1 fail, 2 softfail, 3 neutral, 4 permerror, 5 temperror, 6 none") {
  const ZoneFile zone;
  const auto check = [&](const std::string& name, int exit_code) {
    CAPTURE(name);
    const Outcome got = run_query(zone.with({"--ip", "192.0.2.1", "--sender", "u@" + name + ".example"}));
    CHECK(got.exit_code == exit_code);
    CHECK(got.err == "");
    const auto lines = got.lines();
    REQUIRE(lines.size() == 4);
    CHECK(lines[0] == name);
    CHECK(lines[1] != "");
    CHECK(lines[2].starts_with("mx.test: "));
    CHECK(lines[3].starts_with("Received-SPF: " + name + " (mx.test: "));
  };
  check("pass", 0);
  check("fail", 1);
  check("softfail", 2);
  check("neutral", 3);
  check("permerror", 4);
  check("none", 6);
  const support::DnsServer server([](const dns::Question&, bool) { return support::react_rcode(2); });
  const Outcome got = run_query({"--nameserver", server.address(), "--ip=192.0.2.1", "--sender=u@temperror.test"});
  CHECK(got.exit_code == 5);
  CHECK(got.lines().front() == "temperror");
}

TEST_CASE("one request in the options of all generations") {
  const ZoneFile zone;
  // The sender's domain says fail and shows the HELO name.
  const auto expected = run_query(zone.with({"--ip", "192.0.2.9", "--sender", "u@fail.example", "--helo", "h.test"}));
  REQUIRE(expected.lines().size() == 4);
  CHECK(expected.lines()[1] == "fail.example explains: 192.0.2.9 may not send for fail.example (h.test, mx.test)");
  for (const Words& words : std::vector<Words>{
           // Mail::SPF
           {"--scope", "mfrom", "--identity", "u@fail.example", "--ip-address", "192.0.2.9", "--helo-identity", "h.test"},
           {"--versions", "1,2", "-s", "mfrom", "--id", "u@fail.example", "--ip", "192.0.2.9", "--helo-id", "h.test"},
           {"-v", "1", "--id=u@fail.example", "--ip=192.0.2.9", "--helo-id=h.test"},
           {"--mfrom", "u@fail.example", "--ip", "192.0.2.9", "--helo", "h.test", "--hostname", "mx.test"},
           {"--mail-from", "u@fail.example", "-i", "192.0.2.9", "-h", "h.test", "--debug=0", "--no-sanitize"},
           {"-m", "u@fail.example", "-i", "192.0.2.9", "-h", "h.test", "--rcpt-to", "x@y.example", "--enable-black-magic"},
           // Mail::SPF::Query
           {"-ip=192.0.2.9", "-sender=u@fail.example", "-helo=h.test"},
           {"-ipv4=192.0.2.9", "-sender=u@fail.example", "-helo=h.test"},
           {"-ip", "192.0.2.9", "-sender", "u@fail.example", "-helo", "h.test", "--trusted", "--guess", "v=spf1 mx ~all"},
           {"-s", "u@fail.example", "-i", "192.0.2.9", "-h", "h.test", "-r", "x@y.example", "--max-lookup-count", "20"},
           // libspf2
           {"-ip=192.0.2.9", "-sender=u@fail.example", "-helo=h.test", "-sanitize=1", "-trusted", "1", "-debug=0", "-name",
            "mx.test"},
           {"--local", "mx:example.org", "-max-lookup=5", "-fallback", "x.example=v=spf1 -all", "-k", "--ip", "192.0.2.9",
            "--sender", "u@fail.example", "--helo", "h.test"},
           // shortened
           {"--ident", "u@fail.example", "--ip-a", "192.0.2.9", "--helo-ide", "h.test"},
           // others
           {"--ip", "::ffff:192.0.2.9", "--sender", "<u@fail.example>", "--helo", "h.test"},
           {"--ip", "[192.0.2.9]", "--sender", "u@fail.example", "--helo", "h.test", "stray", "words"},
           {"stray", "--ip", "192.0.2.9", "--sender", "u@fail.example", "--helo", "h.test", "--", "--nonsense"},
       }) {
    CAPTURE(joined(words));
    const Outcome got = run_query(zone.with(words));
    CHECK(got.out == expected.out);
    CHECK(got.err == "");
    CHECK(got.exit_code == 1);
  }
}

TEST_CASE("Debian's broken line: an option takes any next word as its value, stray words are ignored, the last value wins") {
  const ZoneFile zone;
  // ${run{/usr/bin/spfquery.mail-spf-perl --ip "A" --identity --scope mfrom --identity "X" ...
  const Outcome mfrom = run_query(zone.with(
      {"--ip", "192.0.2.9", "--identity", "--scope", "mfrom", "--identity", "u@softfail.example", "--helo-identity", "h.test"}));
  CHECK(mfrom.lines().front() == "softfail");
  CHECK(mfrom.exit_code == 2);
  CHECK(mfrom.err == "");
  const Outcome helo = run_query(
      zone.with({"--ip", "198.51.100.1", "--identity", "--scope", "helo", "--identity", "helo.example", "--scope", "helo"}));
  CHECK(helo.lines().front() == "pass");
  CHECK(helo.out.find("identity=helo") != std::string::npos);
  // A value that resembles an option is a value.
  const Outcome dash = run_query(zone.with({"--ip", "192.0.2.9", "--helo", "--json", "--sender", "-ip=192.0.2.1@pass.example"}));
  CHECK(dash.lines().size() == 4);
  CHECK(dash.out.find("envelope-from=\"-ip=192.0.2.1@pass.example\"") != std::string::npos);
  CHECK(dash.exit_code == 0);
  // The last value wins.
  const Outcome last = run_query(
      zone.with({"--ip", "192.0.2.9", "--ip", "203.0.113.1", "--sender", "u@softfail.example", "--mfrom", "u@pass.example"}));
  CHECK(last.exit_code == 1);
}

TEST_CASE("identities: sender and HELO is MAIL FROM, HELO alone is HELO, the null sender is HELO (RFC 7208 §2.4)") {
  const ZoneFile zone;
  const auto identity = [&](const Words& words) {
    const Outcome got = run_query(zone.with(words));
    CAPTURE(joined(words));
    CHECK(got.lines().size() == 4);
    const bool is_helo = got.out.find("identity=helo") != std::string::npos;
    const bool is_mailfrom = got.out.find("identity=mailfrom") != std::string::npos;
    CHECK(is_helo != is_mailfrom);
    return std::string(is_helo ? "helo " : "mailfrom ") + got.lines().front();
  };
  // helo.example permits only 198.51.100.1, pass.example permits others.
  const Words from = {"--ip", "198.51.100.1"};
  const auto with = [&](Words more) {
    more.insert(more.begin(), from.begin(), from.end());
    return more;
  };
  CHECK(identity(with({"--sender", "u@pass.example", "--helo", "helo.example"})) == "mailfrom fail");
  CHECK(identity(with({"--helo", "helo.example"})) == "helo pass");
  CHECK(identity(with({"--sender", "", "--helo", "helo.example"})) == "helo pass");
  CHECK(identity(with({"--sender=", "--helo", "helo.example"})) == "helo pass");
  CHECK(identity(with({"--sender", "<>", "--helo", "helo.example"})) == "helo pass");
  CHECK(identity(with({"--identity", "helo.example", "--scope", "helo"})) == "helo pass");
  CHECK(identity(with({"--scope", "helo", "--sender", "u@pass.example", "--helo", "helo.example"})) == "helo pass");
  CHECK(identity(with({"--identity", "helo.example", "--scope", "mailfrom"})) == "mailfrom pass");
  CHECK(identity(with({"--identity", "helo.example"})) == "mailfrom pass");
  CHECK(identity(with({"--scope", "mfrom", "--identity", "u@pass.example", "--helo-identity", "helo.example"})) ==
        "mailfrom fail");
  // An address literal is an ordinary HELO name, also for the option's parser.
  const Outcome literal = run_query(zone.with({"--ip", "192.0.2.1", "--helo", "[192.0.2.1]"}));
  CHECK(literal.exit_code == 6);
  CHECK(literal.out.find("helo=\"[192.0.2.1]\"") != std::string::npos);
}

TEST_CASE("mail without an SMTP client: an empty address gives none, as with spfd") {
  const Outcome got = run_query({"--ip", "", "--sender", "u@pass.example", "--receiver", "mx.test"});
  CHECK(got.exit_code == 6);
  CHECK(got.lines().size() == 4);
  CHECK(got.lines().front() == "none");
}

TEST_CASE("bad usage: a sentence on standard error, nothing on standard output, exit code 255") {
  const ZoneFile zone;
  const auto check = [](const Words& words, std::string_view sentence) {
    CAPTURE(joined(words));
    const Outcome got = run_query(words);
    CHECK(got.exit_code == 255);
    CHECK(got.out == "");
    CHECK(got.err == "spfquery: " + std::string(sentence) + "\n");
  };
  const Words good = {"--ip", "192.0.2.1", "--sender", "u@pass.example"};
  const auto and_also = [&](Words more) {
    more.insert(more.begin(), good.begin(), good.end());
    return more;
  };
  check({}, "no address was given (--ip); see --help");
  check({"--sender", "u@pass.example"}, "no address was given (--ip); see --help");
  check({"--ip", "192.0.2.1"}, "neither a sender nor a HELO name was given (--sender, --helo); see --help");
  check({"--ip"}, "--ip: the value is missing");
  check({"-i"}, "-i: the value is missing");
  check(and_also({"--nonsense"}), "--nonsense: there is no such option, or it is ambiguous");
  check(and_also({"--no"}), "--no: there is no such option, or it is ambiguous");
  check(and_also({"-x"}), "-x: there is no such option, or it is ambiguous");
  check(and_also({"--non\x1b[31msense"}), "--non\\x1b[31msense: there is no such option, or it is ambiguous");
  check(and_also({"--json=yes"}), "--json=yes: the option takes no value");
  check(and_also({"--scope", "pra"}), "scope=pra (Sender ID) is not supported");
  check(and_also({"--jobs", "0"}), "--jobs: \"0\" is not a number from 1 to 1000");
  check(and_also({"--jobs", "many"}), "--jobs: \"many\" is not a number from 1 to 1000");
  check(and_also({"--timeout", "soon"}), "--timeout: \"soon\" is not a time such as 20s, 500ms or 2m, up to an hour");
  check(and_also({"--timeout", "0"}), "--timeout: \"0\" is not a time such as 20s, 500ms or 2m, up to an hour");
  check(and_also({"--prefetch", "some"}), "--prefetch: \"some\" is not one of: off, records, all");
  check(and_also({"--void-lookups-ipv6", "no"}), "--void-lookups-ipv6: \"no\" is not one of: count, ignore");
  check(and_also({"--record", "v=spf1 -all"}), "--record: \"v\" is not a domain name with a dot, which NAME=TEXT needs");
  check(and_also({"--record", "pass.example"}), "--record: \"pass.example\" is not NAME=TEXT");
  check(and_also({"--record", "a..example=v=spf1 -all"}),
        "--record: \"a..example\" is not a domain name with a dot, which NAME=TEXT needs");
  check(and_also({"--file", "x"}), "--file has addresses and senders: leave out --ip and --sender");
  check({"--file", "/nowhere/at/all"}, "/nowhere/at/all: cannot be read: No such file or directory");
  check(and_also({"--zone", "/nowhere/at/all"}), "/nowhere/at/all: cannot be read: No such file or directory");
  check(and_also({"--zone", "/"}), "/: cannot be read: Is a directory");
  check(and_also({"--server", "unix:"}), "--server: \"unix:\": the path is missing");
  check(and_also({"--server", "localhost:x"}), "--server: \"localhost:x\": the port is not a number from 1 to 65535");
  check(and_also({"--server", "::1:5970:"}), "--server: \"::1:5970:\": an IPv6 address with a port needs brackets ([::1]:5970)");
  check(and_also({"--server", "localhost", "--trace"}), "--trace shows an evaluation of spfquery's own: leave out --server");
  // Errors whose text comes from other parts of the code.
  for (const Words& words : std::vector<Words>{{"--ip", "192.0.2", "--sender", "u@pass.example"},
                                               {"--ip", "192.0.2.1", "--sender", "<>"},
                                               and_also({"--scope", "both"}),
                                               and_also({"--nameserver", "localhost"}),
                                               and_also({"--def-exp", "100 % wrong"})}) {
    CAPTURE(joined(words));
    const Outcome got = run_query(words);
    CHECK(got.exit_code == 255);
    CHECK(got.out == "");
    CHECK(got.err.starts_with("spfquery: "));
    CHECK(got.err.size() > 30);
  }
}

TEST_CASE("a bad zone file: FILE:LINE: what") {
  const ZoneFile zone("a.example. TXT \"v=spf1 -all\"\n\nb.example. A 192.0.2\n");
  const Outcome got = run_query(zone.with({"--ip", "192.0.2.1", "--sender", "u@a.example"}));
  CHECK(got.exit_code == 255);
  CHECK(got.out == "");
  CHECK(got.err.starts_with("spfquery: " + zone.path() + ":3: "));
}

TEST_CASE("skipped lines of a zone file are reported on standard error, and the others count") {
  const ZoneFile zone("a\\.b.example. A 192.0.2.1\na.example. TXT \"v=spf1 -all\"\n");
  const Outcome got = run_query(zone.with({"--ip", "192.0.2.1", "--sender", "u@a.example"}));
  CHECK(got.lines().front() == "fail");
  CHECK(got.err.starts_with("spfquery: " + zone.path() + ":1: skipped: "));
}

TEST_CASE("hostile values are printed as one line of text each") {
  const ZoneFile zone;
  const std::string nasty = "\"evil\"\r\nX-Header: 1\x01\x7f\xc3\xa4 (";
  const Outcome got = run_query(zone.with({"--ip", "192.0.2.1", "--sender", nasty + "@fail.example", "--helo", nasty}));
  CHECK(got.lines().size() == 4);
  for (const char c : got.out) CHECK((c == '\n' || base::is_printable(c)));
  const std::string longest(65536, 'a');
  const Outcome big = run_query(zone.with({"--ip", "192.0.2.1", "--sender", longest + "@fail.example", "--helo", longest}));
  CHECK(big.lines().size() == 4);
  CHECK(big.lines().front() == "fail");
  CHECK(big.lines()[3].size() <= 998);
}

TEST_CASE("--help and --version") {
  const Outcome help = run_query({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.err == "");
  for (const options::Row* row : spfquery::option_table()) {
    if (row->name.empty()) continue;
    CAPTURE(row->name);
    CHECK(help.out.find("--" + std::string(row->name)) != std::string::npos);
  }
  for (const std::string& line : help.lines()) CHECK(line.size() <= 90);
  for (const char* option : {"--version", "-V", "-v"}) {
    const Outcome version = run_query({option});
    CHECK(version.exit_code == 0);
    CHECK(version.out.starts_with("spfquery "));
  }
}

}  // namespace
