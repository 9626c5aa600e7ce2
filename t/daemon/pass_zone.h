// The zone of one domain, a request that passes there, and one about a domain whose answer comes late or never.
#pragma once

#include <string_view>

namespace pass_zone {

inline constexpr std::string_view kZone = "pass.test TXT \"v=spf1 ip4:192.0.2.10 -all\"\n";
inline constexpr std::string_view kQuestion = "ip=192.0.2.10\nhelo=mail.pass.test\nsender=u@pass.test\n\n";
inline constexpr std::string_view kSlowQuestion = "ip=192.0.2.10\nhelo=mail.slow.test\nsender=u@slow.test\n\n";

}  // namespace pass_zone
