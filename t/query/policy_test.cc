// The switches for local policy that Mail::SPF's spfquery documented and never had: --guess, --local, --trusted, --override,
// --fallback, --authorize-mxes-for and --rcpt-to. They are rules of spfd, whose tests cover the details.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "t/query/child.h"
#include "t/query/zone.h"

namespace {

using query_test::Outcome;
using query_test::run_query;
using query_test::ZoneFile;
using Words = std::vector<std::string>;

constexpr std::string_view kZone = R"zone($ORIGIN example.
$TTL 300
@          SOA  ns hostmaster 1 3600 600 86400 300
fail       TXT  "v=spf1 ip4:198.51.100.1 -all"
soft       TXT  "v=spf1 ip4:198.51.100.1 ~all"
none       A    192.0.2.80
our        MX   10 mx2.our
mx2.our    A    192.0.2.9
relay      TXT  "v=spf1 ip4:192.0.2.0/28 -all"
)zone";

Outcome ask(const ZoneFile& zone, const std::string& sender, const Words& more) {
  Words words = {"--ip", "192.0.2.9", "--helo", "h.example", "--sender", sender};
  words.insert(words.end(), more.begin(), more.end());
  return run_query(zone.with(words));
}

// Checks the exit code, and the words about local policy in the third line.
void check(const ZoneFile& zone, const std::string& sender, const Words& more, int exit_code, const std::string& policy) {
  std::string shown;
  for (const std::string& word : more) shown += word + " ";
  CAPTURE(shown);
  const Outcome got = ask(zone, sender, more);
  CHECK(got.exit_code == exit_code);
  CHECK(got.err == "");
  const auto lines = got.lines();
  REQUIRE(lines.size() == 4);
  const std::size_t at = lines[2].find("; local policy: ");
  CHECK((at == std::string::npos ? "" : lines[2].substr(at + 16)) == policy);
}

constexpr int kPass = 0, kFail = 1, kSoftfail = 2, kNeutral = 3, kNone = 6;

TEST_CASE("--guess, for domains without a record") {
  const ZoneFile zone(kZone);
  check(zone, "u@none.example", {}, kNone, "");
  check(zone, "u@none.example", {"--guess", "a/24 mx/24 ptr"}, kNeutral, "guess: a/24, neutral instead of none");
  check(zone, "u@none.example", {"-guess=v=spf1 mx a/24", "--guess-result=pass"}, kPass, "guess: a/24, pass instead of none");
  check(zone, "u@fail.example", {"--guess", "ip4:192.0.2.9"}, kFail, "");
}

TEST_CASE("--local, before the last all") {
  const ZoneFile zone(kZone);
  check(zone, "u@soft.example", {"--local", "mx:our.example"}, kPass, "local-terms: mx:our.example, pass instead of softfail");
  check(zone, "u@soft.example", {"--local", "-ip4:192.0.2.9"}, kFail, "local-terms: -ip4:192.0.2.9, fail instead of softfail");
}

TEST_CASE("--trusted-forwarders, --trusted and --tfwl") {
  const ZoneFile zone(kZone);
  const std::string lifted = "trusted-forwarders: include:relay.example, neutral instead of fail";
  check(zone, "u@fail.example", {"--trusted-forwarders", "include:relay.example"}, kNeutral, lifted);
  check(zone, "u@fail.example", {"--trusted=include:relay.example"}, kNeutral, lifted);
  check(zone, "u@fail.example", {"-tfwl=include:relay.example"}, kNeutral, lifted);
  check(zone, "u@fail.example", {"--tfwl=include:relay.example", "--trusted-forwarder-result", "pass"}, kPass,
        "trusted-forwarders: include:relay.example, pass instead of fail");
  // The old list no longer exists: nothing is asked, and the result is unchanged.
  for (const Words& words : std::vector<Words>{{"--trusted"}, {"-trusted", "1"}, {"--tfwl"}, {"--trusted=1"}, {"--no-tfwl"}}) {
    check(zone, "u@fail.example", words, kFail, "");
  }
}

TEST_CASE("--override and --fallback, with wildcards") {
  const ZoneFile zone(kZone);
  check(zone, "u@fail.example", {"--override", "fail.example=v=spf1 ip4:192.0.2.9 -all"}, kPass, "");
  check(zone, "u@a.b.example.net", {"--override", "*.example.net=v=spf1 ~all"}, kSoftfail, "");
  check(zone, "u@none.example", {"--fallback", "*.example=v=spf1 ~all", "--fallback", "none.example=v=spf1 a/24 -all"}, kPass,
        "fallback: none.example");
  check(zone, "u@none.example", {"--fallback=*.example=v=spf1 ~all"}, kSoftfail, "fallback: *.example");
  check(zone, "u@fail.example", {"--fallback=*.example=v=spf1 +all"}, kFail, "");
}

TEST_CASE("--rcpt-to and --authorize-mxes-for: MX hosts are not refused") {
  const ZoneFile zone(kZone);
  const auto is_spared = [&](const Words& words) {
    const Outcome got = ask(zone, "u@fail.example", words);
    REQUIRE(got.lines().size() == 4);
    return got.exit_code == kNone && got.out.find("the client is a secondary MX") != std::string::npos;
  };
  CHECK(is_spared({"--rcpt-to", "x@our.example"}));
  CHECK(is_spared({"-r", "<x@our.example>"}));
  CHECK(is_spared({"--authorize-mxes-for", "our.example"}));
  CHECK(is_spared({"--authorize-mxes-for", "x@none.example, x@our.example"}));
  CHECK(is_spared({"--rcpt-to", "x@our.example", "--authorize-mxes-for", "none.example"}));
  CHECK_FALSE(is_spared({"--rcpt-to", "x@none.example"}));
  CHECK_FALSE(is_spared({"--authorize-mxes-for", ""}));
  CHECK_FALSE(is_spared({}));
  // The fourth word of a file's line.
  const Outcome file = run_query(zone.with({"--file", "-"}), "192.0.2.9 u@fail.example h.example x@our.example\n");
  CHECK(file.lines().front() == "none");
}

TEST_CASE("--json and --trace report local policy") {
  const ZoneFile zone(kZone);
  const Outcome json = ask(zone, "u@fail.example", {"--local", "ip4:192.0.2.9", "--json"});
  CHECK(json.out.find("\"local_policy\": \"local-terms: ip4:192.0.2.9, pass instead of fail\"") != std::string::npos);
  const Outcome trace = ask(zone, "u@fail.example", {"--local", "ip4:192.0.2.9", "--trace"});
  CHECK(trace.out.find("fail.example: fail") != std::string::npos);
  CHECK(trace.out.find("local-terms: pass") != std::string::npos);
}

TEST_CASE("bad terms, records and domains get a sentence") {
  const ZoneFile zone(kZone);
  for (const Words& words : std::vector<Words>{{"--guess", "foo:bar"},
                                               {"--local", "redirect=a.example"},
                                               {"--trusted=include:"},
                                               {"--trusted-forwarder-result", "fail"},
                                               {"--fallback", "a.example"},
                                               {"--fallback", "a.example=v=spf1 foo"},
                                               {"--authorize-mxes-for", "a..b"}}) {
    const Outcome got = ask(zone, "u@fail.example", words);
    CAPTURE(words.front());
    CHECK(got.exit_code == 255);
    CHECK(got.out == "");
    CHECK(got.err.starts_with("spfquery: --" + words.front().substr(2, words.front().find('=') - 2) + ": "));
  }
}

}  // namespace
