// Sets of addresses, compared with sets of numbers.
#include "common/lint/networks.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <set>

namespace {

using lint::Family;
using lint::Interval;
using lint::Networks;

Interval network(std::string_view address, int length) {
  return lint::network_of(base::IpAddress::parse_as_written(address).value(), length);
}

TEST_CASE("sets of addresses: union, intersection and difference are those of sets of numbers") {
  constexpr unsigned kSeed = 7;
  constexpr std::uint64_t kMost = 40;
  std::mt19937 random(kSeed);
  const auto draw = [&](std::uint64_t below) { return random() % below; };
  const auto numbers = [](const Networks& networks) {
    std::set<std::uint64_t> out;
    for (const Interval& interval : networks.intervals()) {
      for (std::uint64_t i = interval.first.low; i <= interval.last.low; ++i) out.insert(i);
    }
    return out;
  };
  const auto is_normal = [](const Networks& networks) {
    for (std::size_t i = 0; i + 1 < networks.intervals().size(); ++i) {
      if (networks.intervals()[i].last.next() >= networks.intervals()[i + 1].first) return false;
    }
    return true;
  };
  for (int round = 0; round < 3000; ++round) {
    Networks sets[2];
    std::set<std::uint64_t> expected[2];
    for (int side = 0; side < 2; ++side) {
      const std::uint64_t count = draw(12);
      Networks other;
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t first = draw(kMost);
        const Interval interval{{0, first}, {0, first + draw(6)}};
        if (draw(2) == 0) {
          sets[side].add(interval);
        } else {
          other.add(interval);
        }
        for (std::uint64_t n = interval.first.low; n <= interval.last.low; ++n) expected[side].insert(n);
      }
      sets[side].add(other);
      REQUIRE(numbers(sets[side]) == expected[side]);
      REQUIRE(is_normal(sets[side]));
      REQUIRE(sets[side].size() == expected[side].size());
    }
    std::set<std::uint64_t> common;
    std::set<std::uint64_t> without;
    for (const std::uint64_t n : expected[0]) (expected[1].contains(n) ? common : without).insert(n);
    REQUIRE(numbers(sets[0].common_with(sets[1])) == common);
    REQUIRE(numbers(sets[0].without(sets[1])) == without);
    REQUIRE(is_normal(sets[0].without(sets[1])));
    Networks rest = sets[0];
    rest.remove(sets[0].common_with(sets[1]));
    REQUIRE(rest == sets[0].without(sets[1]));
    REQUIRE(sets[1].covers(sets[0]) == without.empty());
    for (std::uint64_t n = 0; n < kMost + 8; ++n) REQUIRE(sets[0].contains({0, n}) == expected[0].contains(n));
  }
}

TEST_CASE("networks of both families, at the ends of the address space too") {
  CHECK(lint::text_of(network("192.0.2.77", 24), Family::ipv4) == "192.0.2.0/24");
  CHECK(lint::text_of(network("192.0.2.77", 32), Family::ipv4) == "192.0.2.77");
  CHECK(lint::text_of(network("2001:db8:1::", 32), Family::ipv6) == "2001:db8::/32");
  CHECK(lint::text_of({{0, 0xffff01020300}, {0, 0xffff010203ff}}, Family::ipv6) == "::ffff:1.2.3.0/120");
  CHECK(lint::text_of({{0, 0xfffe}, {0, 0xffff01020304}}, Family::ipv6) == "::fffe-::ffff:1.2.3.4");
  CHECK(lint::text_of({{0, 1}, {0, 3}}, Family::ipv4) == "0.0.0.1-0.0.0.3");
  CHECK(lint::text_of(network("::", 0), Family::ipv6) == "::/0");
  Networks all;
  all.add(network("0.0.0.0", 1));
  all.add(network("128.0.0.0", 1));
  CHECK(all == Networks::whole(Family::ipv4));
  CHECK(all.size() == std::uint64_t{1} << 32);
  Networks six;
  six.add(network("8000::", 1));
  six.add(network("::", 1));
  CHECK(six == Networks::whole(Family::ipv6));
  CHECK(six.without(six).empty());
  Networks halved = six;
  halved.remove(Networks(network("::", 1)));
  CHECK(halved == Networks(network("8000::", 1)));
  halved.remove(Networks(network("ffff::", 16)));
  CHECK(halved == Networks(network("8000::", 1)).without(Networks(network("ffff::", 16))));
  CHECK(six.size() == UINT64_MAX);
  Networks some(network("2001:db8::", 63));
  CHECK(some.size_in_64s() == 2);
  some.add(network("2001:db8:1::1", 128));
  some.add(network("2001:db8:1::9", 128));
  CHECK(some.size_in_64s() == 3);
  CHECK(Networks::whole(Family::ipv6).without(Networks(network("ffff::", 16))).covers(Networks(network("::", 1))));
}

}  // namespace
