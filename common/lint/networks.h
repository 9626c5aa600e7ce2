// Sets of addresses of one family, as sorted intervals that neither overlap nor touch.
//
// An examination compares networks of many terms, of any length, and must be exact: no network is sampled. IPv4 addresses are
// the numbers from 0 to 2^32 - 1, IPv6 addresses those of 128 bits. A set has no family; the caller keeps IPv4 and IPv6 apart.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ip.h"

namespace lint {

enum class Family : std::uint8_t { ipv4, ipv6 };

// An address as a number of 128 bits.
struct Number {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend auto operator<=>(const Number&, const Number&) = default;  // NOLINT(modernize-use-nullptr): not a zero
  [[nodiscard]] Number next() const { return {high + (low == UINT64_MAX ? 1U : 0U), low + 1}; }
  [[nodiscard]] Number previous() const { return {high - (low == 0 ? 1U : 0U), low - 1}; }
};

Number number_of(const base::IpAddress& address);
base::IpAddress address_of(Number number, Family family);

struct Interval {
  Number first;
  Number last;

  friend bool operator==(const Interval&, const Interval&) = default;
};

// Returns the network of an address. `length`: the length of the prefix in bits.
Interval network_of(const base::IpAddress& address, int length);

class Networks {
 public:
  Networks() = default;
  explicit Networks(Interval interval) : intervals_{interval} {}
  static Networks whole(Family family);

  [[nodiscard]] const std::vector<Interval>& intervals() const { return intervals_; }
  [[nodiscard]] bool empty() const { return intervals_.empty(); }
  [[nodiscard]] bool contains(Number number) const;
  [[nodiscard]] bool covers(const Networks& other) const;
  [[nodiscard]] bool overlaps(const Networks& other) const;

  void add(Interval interval);
  void add(const Networks& other);
  [[nodiscard]] Networks common_with(const Networks& other) const;
  [[nodiscard]] Networks without(const Networks& other) const;
  // The same in place; `part` must be a part of the set.
  void remove(const Networks& part);

  // Returns the number of addresses, at most 2^64 - 1.
  [[nodiscard]] std::uint64_t size() const;
  // Returns the number of networks of 64 bits that hold an address of the set, at most 2^64 - 1.
  [[nodiscard]] std::uint64_t size_in_64s() const;

  friend bool operator==(const Networks&, const Networks&) = default;

 private:
  std::vector<Interval> intervals_;
};

// Returns the prefix length if the interval is a network.
std::optional<int> length_of(const Interval& interval, Family family);

// Returns "192.0.2.0/24" if the interval is a network, "192.0.2.1" for a single address, else "192.0.2.1-192.0.2.9".
std::string text_of(const Interval& interval, Family family);

}  // namespace lint
