// Networks and platforms that many customers share: the file, and the checks K05 and K06.
#include "common/lint/known_networks.h"

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "common/lint/special.h"
#include "t/unit/lint_world.h"

namespace {

using lint_test::examine;
using lint_test::World;
using lint_test::world_with;

TEST_CASE("K05, K06: platforms and networks of the operator's file") {
  const auto parsed = lint::parse_known_networks(
      "date 2026-11-26\nplatform example.net any customer\nnetwork 198.18.40.0/24 a cloud\nnetwork 2001:dba:4::/48 a CDN\n");
  REQUIRE(parsed.ok());
  const auto known = std::make_shared<const lint::KnownNetworks>(*parsed);
  const auto with = [&known](std::string_view record) {
    World all = world_with(record);
    all.txt("_spf.example.org", "v=spf1 ip4:198.18.41.1 -all");
    return examine(all, {.domain = *dns::Name::parse("example.com"), .known = known});
  };
  CHECK(lint_test::described(with("v=spf1 include:_spf.example.net -all"), "K05")
            .find("'include:_spf.example.net': any customer (as of 2026-11-26)") != std::string::npos);
  CHECK(with("v=spf1 redirect=_spf.example.net").has("K05"));
  CHECK_FALSE(with("v=spf1 ?include:_spf.example.net -all").has("K05"));
  CHECK_FALSE(with("v=spf1 include:_spf.example.org -all").has("K05"));
  CHECK_FALSE(examine(world_with("v=spf1 include:_spf.example.net -all")).has("K05"));
  CHECK(with("v=spf1 ip4:198.18.40.7 -all")
            .find("K06")
            ->message.ends_with("'ip4:198.18.40.7': 198.18.40.0/24 of a cloud, as of 2026-11-26"));
  CHECK(with("v=spf1 ip4:198.18.0.0/16 -all").has("K06"));
  CHECK(with("v=spf1 ip6:2001:dba:4::1 -all").has("K06"));
  CHECK_FALSE(with("v=spf1 -ip4:198.18.40.7 mx -all").has("K06"));
  CHECK_FALSE(with("v=spf1 ip4:198.18.41.0 ip6:2001:dba:5::1 -all").has("K06"));
}

TEST_CASE("the file of shared networks: its form, its bounds and its age") {
  const auto error = [](std::string_view text) {
    const auto parsed = lint::parse_known_networks(text);
    return parsed.ok() ? std::string() : parsed.error();
  };
  const std::string date = "# comment\n\ndate 2026-11-26\r\n";
  CHECK(error(date).empty());
  CHECK(error("platform example.net x").find("there is no date") != std::string::npos);
  CHECK(error(date + date).starts_with("line 6: "));
  for (const char* line : {"date 2026-02-30", "date 2026-11-26 x", "network 192.0.2.0/33 x", "network 192.0.2.0/24",
                           "network x y", "platform net x", "platform example.net", "platform example.net \x01", "other x"}) {
    CAPTURE(line);
    CHECK_FALSE(error(std::string(line).starts_with("date") ? line : date + line).empty());
  }
  CHECK_FALSE(error(date + "network 192.0.2.0/24 " + std::string(121, 'x')).empty());
  std::string many = date;
  for (std::size_t i = 0; i <= lint::KnownNetworks::kMaxEntries; ++i) many += "network 192.0.2.1 x\n";
  CHECK(error(many).find("more than 20000 entries") != std::string::npos);

  const auto known = lint::parse_known_networks(date + "network 10.1.0.0/16 in\nnetwork 10.0.0.0/8 out\nnetwork ::/0 six\n");
  REQUIRE(known.ok());
  CHECK(known->networks.size() == 2);
  const auto found = [&known](std::string_view address, int length, lint::Family family) {
    const auto* const network = known->network_of(lint::network_of(*base::IpAddress::parse(address), length), family);
    return network == nullptr ? std::string() : network->text;
  };
  CHECK(found("10.1.2.3", 32, lint::Family::ipv4) == "out");
  CHECK(found("0.0.0.0", 0, lint::Family::ipv4) == "out");
  CHECK(found("9.255.255.255", 32, lint::Family::ipv4).empty());
  CHECK(found("11.0.0.0", 8, lint::Family::ipv4).empty());
  CHECK(found("2001:dba::", 32, lint::Family::ipv6) == "six");
  CHECK(known->date == 20783);
  CHECK_FALSE(known->is_outdated(known->date + 180));
  CHECK(known->is_outdated(known->date + 181));
}

TEST_CASE("the file of the package can be read, and names only networks of the public Internet") {
  std::ifstream file("share/lint-networks");
  std::stringstream text;
  text << file.rdbuf();
  const auto known = lint::parse_known_networks(text.str());
  if (!known) FAIL(known.error());
  CHECK(known->platforms.size() + known->networks.size() > 30);
  for (const auto& network : known->networks) CHECK(lint::special_name(network.interval, network.family).empty());
}

}  // namespace
