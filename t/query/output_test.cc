// The output of spfquery: the four lines, JSON, the tree of an evaluation; and the effects of --record and the limits.
#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "t/query/child.h"
#include "t/query/zone.h"

namespace {

using query_test::ChildOptions;
using query_test::Outcome;
using query_test::run_query;
using query_test::ZoneFile;
using Words = std::vector<std::string>;

TEST_CASE("four lines: result, text for the client, text for people, Received-SPF (RFC 7208 §9.1)") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with({"--ip", "192.0.2.66", "--sender", "u@fail.example", "--helo", "h.test"}));
  CHECK(got.lines() ==
        Words{"fail", "fail.example explains: 192.0.2.66 may not send for fail.example (h.test, mx.test)",
              "mx.test: domain of u@fail.example does not designate 192.0.2.66 as permitted sender",
              "Received-SPF: fail (mx.test: domain of u@fail.example does not designate 192.0.2.66 as permitted sender) "
              "client-ip=192.0.2.66; envelope-from=\"u@fail.example\"; helo=h.test; identity=mailfrom; receiver=mx.test; "
              "mechanism=-all"});
}

TEST_CASE("--default-explanation explains a fail if the domain does not") {
  const ZoneFile zone;
  const auto second_line = [&](const Words& more, const std::string& sender) {
    Words words = zone.with({"--ip", "192.0.2.66", "--sender", sender});
    words.insert(words.end(), more.begin(), more.end());
    return run_query(words).lines().at(1);
  };
  CHECK(second_line({"--default-explanation", "%{i} and %{d}"}, "u@plainfail.example") == "192.0.2.66 and plainfail.example");
  CHECK(second_line({"-def-exp=%{i} and %{d}"}, "u@plainfail.example") == "192.0.2.66 and plainfail.example");
  CHECK(second_line({"--def-exp", "%{i}"}, "u@fail.example").starts_with("fail.example explains: "));
  CHECK(second_line({}, "u@plainfail.example").find("plainfail.example does not allow 192.0.2.66") != std::string::npos);
}

TEST_CASE("--json: one object on a line, with the trace as an array") {
  const ZoneFile zone;
  const Outcome plain = run_query(zone.with({"--json", "--ip", "192.0.2.66", "--sender", "\"a\\b\"@softfail.example"}));
  CHECK(plain.exit_code == 2);
  REQUIRE(plain.lines().size() == 1);
  const YAML::Node object = YAML::Load(plain.out);  // YAML includes JSON
  CHECK(object["result"].as<std::string>() == "softfail");
  CHECK(object["identity"].as<std::string>() == "mailfrom");
  CHECK(object["lookups"].as<int>() == 1);
  CHECK(!object["trace"]);

  const Outcome traced = run_query(zone.with({"--json", "--trace", "--ip", "192.0.2.66", "--sender", "u@softfail.example"}));
  REQUIRE(traced.lines().size() == 1);
  const YAML::Node trace = YAML::Load(traced.out)["trace"];
  REQUIRE(trace.IsSequence());
  REQUIRE(trace.size() == 7);
  CHECK(trace[0]["kind"].as<std::string>() == "check");
  CHECK(trace[0]["text"].as<std::string>() == "softfail.example");
  CHECK(trace[0]["outcome"].as<std::string>() == "softfail");
  CHECK(trace[1]["kind"].as<std::string>() == "question");
  CHECK(trace[1]["outcome"].as<std::string>() == "\"v=spf1 mx ~all\"");
  CHECK(trace[3]["kind"].as<std::string>() == "term");
  CHECK(trace[3]["lookups"].as<int>() == 1);
  CHECK(trace[4]["depth"].as<int>() == 2);
}

const Words kDeep = {"--trace", "--ip", "203.0.113.9", "--sender", "u@deep.example", "--helo", "h.test"};

TEST_CASE("--trace: the evaluation as a tree before the four lines") {
  const ZoneFile zone;
  const Outcome got = run_query(zone.with(kDeep));
  CHECK(got.exit_code == 3);
  CHECK(got.err == "");
  const auto lines = got.lines();
  REQUIRE(lines.size() == 24);
  const std::vector<std::string> tree(lines.begin(), lines.begin() + 20);
  CHECK(tree ==
        Words{
            "MAIL FROM u@deep.example, HELO h.test, client 203.0.113.9",
            "deep.example: neutral  [lookups 4/10, void 1/2]",
            "|- TXT deep.example -> \"v=spf1 include:pass.example include:softfail.example exists:%{ir}.deep.example ?all\"",
            "|- include:pass.example: no match  [lookups 1/10, void 0/2]",
            "|  `- pass.example: fail",
            "|     |- TXT pass.example -> \"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all\"",
            "|     |- ip4:192.0.2.0/24: no match",
            "|     |- ip6:2001:db8::/32: no match",
            "|     `- -all: match -> fail",
            "|- include:softfail.example: no match  [lookups 3/10, void 0/2]",
            "|  `- softfail.example: softfail",
            "|     |- TXT softfail.example -> \"v=spf1 mx ~all\"",
            "|     |- mx: no match  [lookups 3/10, void 0/2]",
            "|     |  |- MX softfail.example -> mx.softfail.example",
            "|     |  `- A mx.softfail.example -> 198.51.100.25",
            "|     `- ~all: match -> softfail",
            "|- exists:%{ir}.deep.example (= 9.113.0.203.deep.example): no match  [lookups 4/10, void 1/2]",
            "|  `- A 9.113.0.203.deep.example -> no such name",
            "`- ?all: match -> neutral",
            "",
        });
  CHECK(lines[20] == "neutral");
  CHECK(lines[23].starts_with("Received-SPF: neutral "));
}

TEST_CASE("--trace shows problems, the explanation's question and checks without an evaluation") {
  const ZoneFile zone;
  const auto tree_of = [&](const Words& words) { return run_query(zone.with(words)).out; };
  CHECK(tree_of({"--trace", "--ip", "192.0.2.1", "--sender", "u@permerror.example"})
            .starts_with("MAIL FROM u@permerror.example, client 192.0.2.1\n"
                         "permerror.example: permerror  [lookups 0/10, void 0/2]\n"
                         "`- TXT permerror.example -> \"v=spf1 ipv4:192.0.2.1 -all\"\n"
                         "problem: ipv4:192.0.2.1 in the record of permerror.example: "));
  CHECK(tree_of({"--trace", "--ip", "192.0.2.1", "--helo", "fail.example"}).find("explanation: TXT why.fail.example -> ") !=
        std::string::npos);
  CHECK(tree_of({"--trace", "--ip", "192.0.2.1", "--helo", "fail.example"}).starts_with("HELO fail.example, client 192.0.2.1\n"));
  CHECK(tree_of({"--trace", "--ip", "", "--sender", "u@fail.example"}).find("\n\nnone\n") != std::string::npos);
  CHECK(tree_of({"--trace", "--ip", "192.0.2.1", "--helo", "localhost"}).find("\n\nnone\n") != std::string::npos);
}

TEST_CASE("the tree has box-drawing lines if the locale is UTF-8") {
  const ZoneFile zone;
  ChildOptions utf8;
  utf8.environment = {"LC_ALL=C.UTF-8"};
  const Outcome got = run_query(zone.with(kDeep), {}, utf8);
  CHECK(got.out.find("\u251c\u2500 ") != std::string::npos);
  CHECK(got.out.find("\u2514\u2500 ?all: match \u2192 neutral\n") != std::string::npos);
  CHECK(got.out.find("|-") == std::string::npos);
}

TEST_CASE("colours: only on a terminal, and never with NO_COLOR or a dumb terminal") {
  const ZoneFile zone;
  const auto is_coloured = [&](const Words& environment, bool terminal) {
    ChildOptions options;
    options.environment = environment;
    options.out_is_terminal = terminal;
    return run_query(zone.with(kDeep), {}, options).out.find('\x1b') != std::string::npos;
  };
  CHECK(is_coloured({"TERM=xterm"}, true));
  CHECK(is_coloured({"TERM=xterm", "NO_COLOR="}, true));
  CHECK_FALSE(is_coloured({"TERM=xterm"}, false));
  CHECK_FALSE(is_coloured({"TERM=xterm", "NO_COLOR=1"}, true));
  CHECK_FALSE(is_coloured({"TERM=dumb"}, true));
  CHECK_FALSE(is_coloured({}, true));
}

TEST_CASE("--verbose: the tree is on standard error, only the four lines are on standard output") {
  const ZoneFile zone;
  Words words = kDeep;
  const std::string tree_and_lines = run_query(zone.with(words)).out;
  for (const char* option : {"--verbose", "--debug", "-debug", "-debug=1"}) {
    CAPTURE(std::string(option));
    words.front() = option;
    const Outcome got = run_query(zone.with(words));
    CHECK(got.lines().size() == 4);
    CHECK(got.err + "\n" + got.out == tree_and_lines);
  }
}

TEST_CASE("--record: the result with a record that is not published yet") {
  const ZoneFile zone;
  const auto result = [&](const Words& records) {
    Words words = zone.with({"--ip", "192.0.2.1", "--sender", "u@softfail.example"});
    for (const std::string& record : records) words.insert(words.end(), {"--record", record});
    return run_query(words).lines().at(0);
  };
  CHECK(result({}) == "softfail");
  // Only the TXT records of the name are overridden: its MX still comes from the zone.
  CHECK(result({"softfail.example=v=spf1 ip4:192.0.2.1 -all"}) == "pass");
  CHECK(result({"softfail.example=v=spf1 mx:softfail.example -all"}) == "fail");
  CHECK(result({"SoftFail.Example.=v=spf1 ip4:192.0.2.1 -all"}) == "pass");
  CHECK(result({"softfail.example=v=spf1 include:new.example -all", "new.example=v=spf1 ip4:192.0.2.1 -all"}) == "pass");
  CHECK(result({"softfail.example=no SPF here"}) == "none");
  // Two records at one name are two records (RFC 7208 §4.5).
  CHECK(result({"softfail.example=v=spf1 -all", "softfail.example=v=spf1 +all"}) == "permerror");
  // In the syntax of Mail::SPF::Query, with a wildcard.
  CHECK(run_query({"--ip", "192.0.2.1", "--sender", "u@x.wild.example", "--override", "*.wild.example=v=spf1 ip4:192.0.2.1 -all"})
            .exit_code == 0);
}

TEST_CASE("configurable limits") {
  const ZoneFile zone;
  const auto result = [&](const Words& more, const std::string& sender, const std::string& ip) {
    Words words = zone.with({"--ip", ip, "--sender", sender});
    words.insert(words.end(), more.begin(), more.end());
    return run_query(words).lines().at(0);
  };
  CHECK(result({}, "u@voids.example", "192.0.2.1") == "permerror");
  CHECK(result({"--void-lookup-limit", "3"}, "u@voids.example", "192.0.2.1") == "pass");
  CHECK(result({"--void-lookup-limit=1"}, "u@voids.example", "192.0.2.1") == "permerror");
  CHECK(result({}, "u@v6only.example", "2001:db8::1") == "permerror");
  CHECK(result({"--void-lookups-ipv6", "ignore"}, "u@v6only.example", "2001:db8::1") == "pass");
  for (const char* prefetch : {"off", "records", "all"}) {
    CHECK(result({"--prefetch", prefetch}, "u@deep.example", "203.0.113.9") == "neutral");
  }
}

TEST_CASE("an output that cannot be written is reported") {
  const ZoneFile zone;
  ChildOptions full;
  full.out_path = "/dev/full";
  const Outcome one = run_query(zone.with({"--ip", "192.0.2.1", "--sender", "u@pass.example"}), {}, full);
  CHECK(one.exit_code == 255);
  CHECK(one.err == "spfquery: the output cannot be written: No space left on device\n");
  const Outcome many = run_query(zone.with({"--file", "-"}), "192.0.2.1 u@pass.example h.test\n", full);
  CHECK(many.exit_code == 255);
  CHECK(many.err == "spfquery: the output cannot be written: No space left on device\n");
}

}  // namespace
