#include "common/lint/known_networks.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "common/base/ip.h"
#include "common/base/text.h"

namespace lint {

namespace {

// Takes the next word of a line.
std::string_view take_word(std::string_view& line) {
  line = base::strip(line);
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line = base::strip(line.substr(end));
  return word;
}

// Returns the days from 1970-01-01 to a day of the Gregorian calendar from 1970 on.
std::int64_t days_until(unsigned long year, unsigned long month, unsigned long day) {
  // A year begins in March, so that the leap day is its last.
  const unsigned long from_march = (month + 9) % 12;
  const unsigned long years = year - (month <= 2 ? 1 : 0);
  const unsigned long days = 365 * years + years / 4 - years / 100 + years / 400 + (153 * from_march + 2) / 5 + day - 1;
  constexpr std::int64_t kFirst = 719'468;  // 1970-01-01
  return static_cast<std::int64_t>(days) - kFirst;
}

// Reads "2026-11-26".
std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = base::parse_number(text.substr(0, 4), 9999);
  const auto month = base::parse_number(text.substr(5, 2), 12);
  const auto day = base::parse_number(text.substr(8), 31);
  if (!year || *year < 1970 || !month || *month == 0 || !day || *day == 0) return std::nullopt;
  const std::int64_t days = days_until(*year, *month, *day);
  const bool is_december = *month == 12;
  const std::int64_t next = days_until(is_december ? *year + 1 : *year, is_december ? 1 : *month + 1, 1);
  return days < next ? std::optional(days) : std::nullopt;
}

std::optional<KnownNetworks::Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = base::IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const auto bits = static_cast<unsigned long>(address->bits());
  const auto length = slash == std::string_view::npos ? std::optional(bits) : base::parse_number(text.substr(slash + 1), bits);
  if (!length) return std::nullopt;
  return KnownNetworks::Network{.interval = network_of(*address, static_cast<int>(*length)),
                                .family = address->is_v4() ? Family::ipv4 : Family::ipv6,
                                .text = {}};
}

auto order_of(const KnownNetworks::Network& network) { return std::tuple(network.family, network.interval.first); }

}  // namespace

const KnownNetworks::Platform* KnownNetworks::platform_of(const dns::Name& name) const {
  const auto found = std::ranges::find_if(platforms, [&](const Platform& platform) { return name.is_within(platform.domain); });
  return found == platforms.end() ? nullptr : &*found;
}

const KnownNetworks::Network* KnownNetworks::network_of(const Interval& interval, Family family) const {
  // No network contains another, so only the last one that begins before the end of the interval can reach into it.
  const auto after = std::ranges::upper_bound(networks, std::tuple(family, interval.last), {}, order_of);
  if (after == networks.begin()) return nullptr;
  const Network& before = *std::prev(after);
  return before.family == family && before.interval.last >= interval.first ? &before : nullptr;
}

base::Result<KnownNetworks, std::string> parse_known_networks(std::string_view text) {
  KnownNetworks out;
  bool has_date = false;
  std::size_t number = 0;
  const auto fail = [&number](std::string_view what) { return base::failure(fmt::format("line {}: {}", number, what)); };
  for (std::string_view line : base::split(text, '\n')) {
    ++number;
    const std::string_view kind = take_word(line);
    if (kind.empty() || kind.starts_with('#')) continue;
    const std::string_view value = take_word(line);
    if (line.size() > KnownNetworks::kMaxText || !std::ranges::all_of(line, base::is_printable))
      return fail(fmt::format("the text is not printable US-ASCII of at most {} bytes", KnownNetworks::kMaxText));
    if (kind == "date") {
      const auto date = parse_date(value);
      if (!date || has_date || !line.empty()) return fail("one date is needed, such as 2026-11-26");
      out.date = *date;
      out.written_date = value;
      has_date = true;
    } else if (kind == "platform") {
      auto domain = dns::Name::parse(value);
      if (!domain || domain->labels() < 2 || line.empty()) return fail("a platform needs a domain and a text");
      out.platforms.push_back({*domain, std::string(line)});
    } else if (kind == "network") {
      auto network = parse_network(value);
      if (!network || line.empty()) return fail("a network needs an address with a length, and a text");
      network->text = line;
      out.networks.push_back(std::move(*network));
    } else {
      return fail("the line begins with none of date, platform, network");
    }
    if (out.platforms.size() + out.networks.size() > KnownNetworks::kMaxEntries)
      return fail(fmt::format("more than {} entries", KnownNetworks::kMaxEntries));
  }
  if (!has_date) return fail("there is no date");
  // Networks that contain others come first, and those within them are dropped.
  std::ranges::sort(out.networks, [](const auto& a, const auto& b) {
    return std::tuple(a.family, a.interval.first, b.interval.last) < std::tuple(b.family, b.interval.first, a.interval.last);
  });
  std::vector<KnownNetworks::Network> widest;
  for (KnownNetworks::Network& network : out.networks) {
    const bool is_within =
        !widest.empty() && widest.back().family == network.family && widest.back().interval.last >= network.interval.last;
    if (!is_within) widest.push_back(std::move(network));
  }
  out.networks = std::move(widest);
  return out;
}

}  // namespace lint
