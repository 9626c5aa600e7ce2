// Networks and platforms that many customers share, from a dated file of the operator: the checks K05 and K06.
//
// Each line is empty, a comment (#), or one of:
//   date 2026-11-26              the day on which it was last verified; exactly once
//   platform DOMAIN TEXT         a sending platform: any customer can send mail for a domain whose record lets the record of
//                                DOMAIN, or of a name below it, pass
//   network ADDRESS/LENGTH TEXT  a network of a cloud, a proxy or a content delivery network
// TEXT is shown in findings; printable US-ASCII of at most kMaxText bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/dns/name.h"
#include "common/lint/networks.h"

namespace lint {

struct KnownNetworks {
  static constexpr std::size_t kMaxEntries = 20'000;
  static constexpr std::size_t kMaxText = 120;
  // An older file is not used: networks change hands.
  static constexpr std::int64_t kMaxAge = 180;  // days

  struct Platform {
    dns::Name domain;
    std::string text;
  };
  struct Network {
    Interval interval;
    Family family = Family::ipv4;
    std::string text;
  };

  std::int64_t date = 0;     // days since 1970-01-01
  std::string written_date;  // "2026-11-26"
  std::vector<Platform> platforms;
  std::vector<Network> networks;  // by family and first address; none contains another

  [[nodiscard]] bool is_outdated(std::int64_t today) const { return today - date > kMaxAge; }
  // Returns the platform to which the name belongs; null: none.
  [[nodiscard]] const Platform* platform_of(const dns::Name& name) const;
  // Returns a network that has an address of the interval; null: none.
  [[nodiscard]] const Network* network_of(const Interval& interval, Family family) const;
};

// The error is "line N: ...", a sentence without its full stop.
base::Result<KnownNetworks, std::string> parse_known_networks(std::string_view text);

}  // namespace lint
