// The bounds on look-ups for visitors.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "spfweb/gate.h"

namespace {

using namespace std::chrono_literals;
using spfweb::Gate;

std::optional<base::IpAddress> ip(const std::string& text) { return base::IpAddress::parse(text); }

const Gate::Time kStart{1000h};

}  // namespace

TEST_CASE("a network begins ten look-ups at once, then one every five seconds") {
  Gate gate;
  const auto begins = [&](const std::string& client, Gate::Time now) { return gate.enter(ip(client), now).has_value(); };
  for (int i = 0; i < Gate::kBurst; ++i) CHECK(begins("192.0.2." + std::to_string(i), kStart));
  CHECK_FALSE(begins("192.0.2.200", kStart));
  CHECK(begins("192.0.3.1", kStart));
  CHECK_FALSE(begins("192.0.2.200", kStart + 4s));
  CHECK(begins("192.0.2.200", kStart + 5s));
  CHECK_FALSE(begins("192.0.2.200", kStart + 9s));
  for (int i = 0; i < Gate::kBurst; ++i) CHECK(begins("192.0.2.1", kStart + 1h));
  CHECK_FALSE(begins("192.0.2.1", kStart + 1h));

  for (int i = 0; i < Gate::kBurst; ++i) CHECK(begins("2001:db8:0:1" + std::to_string(i) + "::1", kStart));
  CHECK_FALSE(begins("2001:db8:0:ff::1", kStart));
  CHECK(begins("2001:db8:0:100::1", kStart));
  for (int i = 0; i < Gate::kBurst; ++i) CHECK(gate.enter({}, kStart).has_value());
  CHECK_FALSE(gate.enter({}, kStart).has_value());
}

TEST_CASE("twenty look-ups run at a time, and each that ends makes room") {
  Gate gate;
  std::vector<Gate::Pass> passes;
  for (int i = 0; i < Gate::kRunning; ++i) {
    auto pass = gate.enter(ip("10.0." + std::to_string(i) + ".1"), kStart);
    REQUIRE(pass.has_value());
    passes.push_back(std::move(*pass));
  }
  CHECK_FALSE(gate.enter(ip("10.1.0.1"), kStart).has_value());
  passes.pop_back();
  CHECK(gate.enter(ip("10.1.0.1"), kStart).has_value());
}

TEST_CASE("one network has at most five look-ups under way, so slow ones leave room for others") {
  Gate gate;
  std::vector<Gate::Pass> passes;
  for (const char* client : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"}) {
    auto pass = gate.enter(ip(client), kStart);
    REQUIRE(pass.has_value());
    passes.push_back(std::move(*pass));
  }
  CHECK_FALSE(gate.enter(ip("192.0.2.6"), kStart + 1h).has_value());
  CHECK(gate.enter(ip("192.0.3.1"), kStart).has_value());
  // Others do not push a network with running look-ups out of the table.
  for (unsigned i = 0; i < Gate::kMaxNetworks + 1000; ++i) {
    const auto byte = [i](unsigned shift) { return static_cast<std::uint8_t>(i >> shift); };
    CHECK(gate.enter(base::IpAddress::v4({byte(16), byte(8), byte(0), 1}), kStart).has_value());
  }
  CHECK(gate.networks() == Gate::kMaxNetworks);
  CHECK_FALSE(gate.enter(ip("192.0.2.6"), kStart + 1h).has_value());
  passes.pop_back();
  CHECK(gate.enter(ip("192.0.2.6"), kStart + 1h).has_value());
}

TEST_CASE("the table of networks is bounded") {
  Gate gate;
  for (unsigned i = 0; i < Gate::kMaxNetworks + 1000; ++i) {
    const auto byte = [i](unsigned shift) { return static_cast<std::uint8_t>(i >> shift); };
    CHECK(gate.enter(base::IpAddress::v4({byte(16), byte(8), byte(0), 1}), kStart).has_value());
  }
  CHECK(gate.networks() == Gate::kMaxNetworks);
}
