// The zone of the tests that send requests like an MTA.
#pragma once

#include <string_view>

namespace daemon_test {

inline constexpr std::string_view kZone = R"($TTL 300
pass.test TXT "v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32 -all"
fail.test TXT "v=spf1 -all exp=why.fail.test"
why.fail.test TXT "%{c} may not send as \"%{s}\", 100%% sure"
helo.test TXT "v=spf1 ip4:192.0.2.10 -all"
none.test SOA a.test b.test 1 2 3 4 5
)";

}  // namespace daemon_test
