// Recognizing header fields of incoming mail that claim to be our own.
#include "common/protocol/forged_headers.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using protocol::is_authentication_results_of;
using protocol::is_received_spf_of;

constexpr std::string_view kUs = "mx.example.org";

TEST_CASE("RFC 8601 §2.2: the authserv-id comes first, after comments and blanks, as a word or in quotes, in any case") {
  for (const char* ours : {
           "mx.example.org; spf=pass",
           " mx.example.org; spf=pass",
           "\r\n\tmx.example.org;\r\n spf=pass",
           "MX.Example.ORG;none",
           "mx.example.org 1; spf=pass",
           "mx.example.org/1; spf=pass",
           "mx.example.org(a comment) ; spf=pass",
           "(a (nested \\) comment)) (another) mx.example.org; spf=pass",
           "\"mx.example.org\"; spf=pass",
           "\"mx\\.example.org\" ; none",
           "mx.example.org",
           "mx.example.org.;",
           "\"mx.example.org.\"; spf=pass",
       }) {
    CAPTURE(ours);
    if (std::string_view(ours).find('/') == std::string_view::npos) {
      CHECK(is_authentication_results_of(ours, kUs));
    } else {
      // A version needs a blank before it: this is a different id.
      CHECK_FALSE(is_authentication_results_of(ours, kUs));
    }
  }
  for (const char* other : {"mx.example.com; spf=pass", "mx.example.org.evil.test; none", "amx.example.org; none", "", " ", ";",
                            "(mx.example.org; spf=pass", "\"", "spf=pass mx.example.org", "other.test; x=mx.example.org"}) {
    CAPTURE(other);
    CHECK_FALSE(is_authentication_results_of(other, kUs));
  }
  CHECK_FALSE(is_authentication_results_of("; none", ""));
}

TEST_CASE("RFC 7208 §9.1: receiver= anywhere names the checking host, and so does the beginning of any comment") {
  for (const char* ours : {
           // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one string over two lines
           "pass (mx.example.org: domain of a@b designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1; "
           "receiver=mx.example.org; identity=mailfrom",
           "pass receiver=mx.example.org",
           "Pass (x) client-ip=192.0.2.1; envelope-from=\"a;b\"@c; RECEIVER = MX.example.org ;",
           "pass receiver=\"mx.example.org\"",
           "fail receiver=(comment)mx.example.org",
           " softfail\r\n\t(mx.example.org: transitioning domain)\r\n",
           "pass (MX.EXAMPLE.ORG: domain of a@b) client-ip=192.0.2.1;",
           "pass receiver=mx.example.com; receiver=mx.example.org",
           "pass receiver=mx.example.org; receiver=mx.example.com",
           "pass receiver=; receiver=mx.example.org",
           "pass (mx.example.org: domain of a@b) receiver=mx.example.com",
           "pass receiver=mx.example.com (mx.example.org: domain of a@b)",
           "pass receiver=(mx.example.org: domain of a@b)mx.example.com",
           "pass receiver=mx.example.com(mx.example.org: domain of a@b); x=y",
           "pass (mx.example.com: domain) (mx.example.org: domain of a@b)",
           "(x) pass (()) ((mx.example.org: domain of a@b))",
           "pass (mx\\.example.org : domain of a@b)",
           "pass (mx.example.org.: domain of a@b)",
           "pass receiver=mx.example.org.",
           "pass receiver=\"mx.example.org.\"",
           "pass (mx.example.org: never closed",
       }) {
    CAPTURE(ours);
    CHECK(is_received_spf_of(ours, kUs));
  }
  for (const char* other : {
           "pass (mx.example.com: mx.example.org: domain) receiver=mx.example.com; receiver=amx.example.org",
           "pass (not mx.example.org: domain)",
           "pass x=\"(mx.example.org: domain)\"",
           "pass (mx.example.com: domain) client-ip=192.0.2.1",
           "pass (mx.example.org) client-ip=192.0.2.1",
           "pass envelope-from=\"receiver=mx.example.org\"",
           "pass envelope-from=\"\\\"; receiver=mx.example.org\"",
           "pass (receiver=mx.example.org)",
           "pass",
           "",
           "=;=;=\"\"\"\"((((",
           "pass receiver",
           "pass receiver=",
       }) {
    CAPTURE(other);
    CHECK_FALSE(is_received_spf_of(other, kUs));
  }
  CHECK_FALSE(is_received_spf_of("pass receiver=", ""));
}

TEST_CASE("hostile fields are read in linear time") {
  for (const char c : {'(', '"', '\\', ';', '=', ' ', 'a', '\xff'}) {
    const std::string value(100000, c);
    CHECK_FALSE(is_authentication_results_of(value, kUs));
    CHECK_FALSE(is_received_spf_of(value, kUs));
  }
  std::string mixed;
  for (int i = 0; i < 30000; ++i) mixed += "(\\)\"=;a"[i % 7];
  CHECK_FALSE(is_authentication_results_of(mixed, kUs));
  CHECK_FALSE(is_received_spf_of(mixed, kUs));
}

}  // namespace
