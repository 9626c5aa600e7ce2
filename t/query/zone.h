// The zone that the tests of spfquery use instead of a network.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "t/support/spfd_process.h"

namespace query_test {

inline constexpr std::string_view kZone = R"zone($ORIGIN example.
$TTL 300
@          SOA  ns hostmaster 1 3600 600 86400 300
pass       TXT  "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"
fail       TXT  "v=spf1 -all exp=why.fail.example"
why.fail   TXT  "%{i} may not send for %{o} (%{h}, %{r})"
plainfail  TXT  "v=spf1 -all"
softfail   TXT  "v=spf1 mx ~all"
softfail   MX   10 mx.softfail
mx.softfail A   198.51.100.25
neutral    TXT  "v=spf1 ?all"
none       A    192.0.2.80
permerror  TXT  "v=spf1 ipv4:192.0.2.1 -all"
mail.pass  TXT  "v=spf1 ip4:192.0.2.1 -all"
helo       TXT  "v=spf1 ip4:198.51.100.1 -all"
macro      TXT  "v=spf1 exists:%{l}.%{h}._at.%{d} -all"
voids      TXT  "v=spf1 a mx a:no.voids.example ip4:192.0.2.1 -all"
v6only     TXT  "v=spf1 a:h.v6only.example a:h2.v6only.example a:h3.v6only.example ip6:2001:db8::/32 -all"
h.v6only   A    192.0.2.7
h2.v6only  A    192.0.2.7
h3.v6only  A    192.0.2.7
deep       TXT  "v=spf1 include:pass.example include:softfail.example exists:%{ir}.deep.example ?all"
)zone";

// A file with the zone.
class ZoneFile {
 public:
  explicit ZoneFile(std::string_view text = kZone) : path_(folder_.write("zone", text)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const support::TempFolder& folder() const { return folder_; }
  // Returns --zone and --receiver, followed by the others.
  [[nodiscard]] std::vector<std::string> with(const std::vector<std::string>& others) const {
    std::vector<std::string> out = {"--zone", path_, "--receiver", "mx.test"};
    out.insert(out.end(), others.begin(), others.end());
    return out;
  }

 private:
  support::TempFolder folder_;
  std::string path_;
};

}  // namespace query_test
