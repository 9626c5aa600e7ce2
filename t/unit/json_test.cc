#include "common/base/json.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

TEST_CASE("members have the order of the calls, and each kind of value its form") {
  base::JsonMembers inner;
  inner.number("most", std::numeric_limits<std::uint64_t>::max());
  inner.number("least", std::numeric_limits<std::int64_t>::min());
  base::JsonMembers members;
  CHECK(members.object() == "{}");
  members.text("text", "a");
  members.flag("yes", true);
  members.flag("no", false);
  members.raw("inner", inner.object());
  members.list("texts", {"a", "b"});
  members.list("none", {});
  members.array("values", {"1", "null"});
  const std::string expected =
      R"("text": "a", "yes": true, "no": false, "inner": {"most": 18446744073709551615, "least": -9223372036854775808}, )"
      R"("texts": ["a", "b"], "none": [], "values": [1, null])";
  CHECK(members.members() == expected);
  CHECK(members.object() == "{" + expected + "}");
  CHECK(members.take() == expected);
}

TEST_CASE("strings of JSON have no control characters, and nothing in them ends them early (RFC 8259 §7)") {
  CHECK(base::json_string("") == R"("")");
  CHECK(base::json_string(R"(a"b)") == R"("a\"b")");
  CHECK(base::json_string(R"(\)") == R"("\\")");
  CHECK(base::json_string("\n\t\xc3\xa9") == R"("\\x0a\\x09\\xc3\\xa9")");
}
