#include "common/lint/networks.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

namespace lint {

namespace {

constexpr int kBits = 64;

// Returns a mask of the lowest `bits` bits, at most 64.
std::uint64_t low_mask(int bits) { return bits >= kBits ? UINT64_MAX : (std::uint64_t{1} << bits) - 1; }

Interval block_of(Number number, int host_bits) {
  const std::uint64_t low = low_mask(std::min(host_bits, kBits));
  const std::uint64_t high = low_mask(std::max(host_bits - kBits, 0));
  return {{number.high & ~high, number.low & ~low}, {number.high | high, number.low | low}};
}

// Returns the text of an address of the family: an IPv4-mapped one stays IPv6, as the text of an "ip6" network must.
std::string address_text(Number number, Family family) {
  const base::IpAddress address = address_of(number, family);
  return family == Family::ipv6 && address.is_v4() ? "::ffff:" + address.text() : address.text();
}

}  // namespace

Number number_of(const base::IpAddress& address) {
  Number number;
  for (const std::uint8_t byte : address.bytes()) {
    number.high = number.high << 8 | number.low >> 56;
    number.low = number.low << 8 | byte;
  }
  return number;
}

base::IpAddress address_of(Number number, Family family) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[7 - i] = static_cast<std::uint8_t>(number.high >> (8 * i));
    bytes[15 - i] = static_cast<std::uint8_t>(number.low >> (8 * i));
  }
  if (family == Family::ipv6) return base::IpAddress::v6(bytes);
  return base::IpAddress::v4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

Interval network_of(const base::IpAddress& address, int length) { return block_of(number_of(address), address.bits() - length); }

Networks Networks::whole(Family family) { return Networks(block_of(Number{}, family == Family::ipv4 ? 32 : 128)); }

bool Networks::contains(Number number) const {
  const auto after = std::ranges::upper_bound(intervals_, number, {}, &Interval::first);
  return after != intervals_.begin() && std::prev(after)->last >= number;
}

bool Networks::covers(const Networks& other) const {
  return std::ranges::all_of(other.intervals_, [this](const Interval& interval) {
    const auto after = std::ranges::upper_bound(intervals_, interval.first, {}, &Interval::first);
    return after != intervals_.begin() && std::prev(after)->last >= interval.last;
  });
}

bool Networks::overlaps(const Networks& other) const {
  if (intervals_.empty() || other.intervals_.empty()) return false;
  const bool is_apart =
      intervals_.back().last < other.intervals_.front().first || other.intervals_.back().last < intervals_.front().first;
  if (is_apart) return false;
  const bool is_larger = intervals_.size() > other.intervals_.size();
  const std::vector<Interval>& few = is_larger ? other.intervals_ : intervals_;
  const std::vector<Interval>& many = is_larger ? intervals_ : other.intervals_;
  return std::ranges::any_of(few, [&many](const Interval& interval) {
    const auto at = std::ranges::lower_bound(many, interval.first, {}, &Interval::last);
    return at != many.end() && at->first <= interval.last;
  });
}

void Networks::add(Interval interval) {
  // From the first interval that overlaps or touches the new one, up to the last.
  auto from = std::ranges::lower_bound(intervals_, interval.first, {}, &Interval::last);
  if (from != intervals_.begin() && std::prev(from)->last.next() == interval.first) --from;
  auto to = from;
  while (to != intervals_.end() && (to->first <= interval.last || to->first == interval.last.next())) {
    interval.first = std::min(interval.first, to->first);
    interval.last = std::max(interval.last, to->last);
    ++to;
  }
  if (from == to) {
    intervals_.insert(from, interval);
  } else {
    *from = interval;
    intervals_.erase(std::next(from), to);
  }
}

void Networks::add(const Networks& other) {
  if (other.intervals_.size() < 8) {
    for (const Interval& interval : other.intervals_) add(interval);
    return;
  }
  std::vector<Interval> all;
  all.reserve(intervals_.size() + other.intervals_.size());
  std::ranges::merge(intervals_, other.intervals_, std::back_inserter(all), {}, &Interval::first, &Interval::first);
  intervals_.clear();
  for (const Interval& interval : all) {
    const bool joins =
        !intervals_.empty() && (intervals_.back().last >= interval.first || intervals_.back().last.next() == interval.first);
    if (joins) {
      intervals_.back().last = std::max(intervals_.back().last, interval.last);
    } else {
      intervals_.push_back(interval);
    }
  }
}

Networks Networks::common_with(const Networks& other) const {
  Networks out;
  if (intervals_.empty() || other.intervals_.empty()) return out;
  // One of the sets is often a single network.
  auto a = std::ranges::lower_bound(intervals_, other.intervals_.front().first, {}, &Interval::last);
  auto b = std::ranges::lower_bound(other.intervals_, intervals_.front().first, {}, &Interval::last);
  while (a != intervals_.end() && b != other.intervals_.end() && a->first <= other.intervals_.back().last) {
    const Interval both{std::max(a->first, b->first), std::min(a->last, b->last)};
    if (both.first <= both.last) out.intervals_.push_back(both);
    if (a->last < b->last) {
      ++a;
    } else {
      ++b;
    }
  }
  return out;
}

Networks Networks::without(const Networks& other) const {
  if (other.intervals_.empty()) return *this;
  Networks out;
  out.intervals_.reserve(intervals_.size() + other.intervals_.size());
  // The intervals before the first hole and after the last one stay.
  const auto begin = std::ranges::lower_bound(intervals_, other.intervals_.front().first, {}, &Interval::last);
  const auto end = std::ranges::upper_bound(begin, intervals_.end(), other.intervals_.back().last, {}, &Interval::first);
  out.intervals_.assign(intervals_.begin(), begin);
  auto hole = other.intervals_.begin();
  for (auto at = begin; at != end; ++at) {
    Interval rest = *at;
    while (hole != other.intervals_.end() && hole->last < rest.first) ++hole;
    bool is_left = true;
    for (auto next = hole; next != other.intervals_.end() && next->first <= rest.last; ++next) {
      if (next->first > rest.first) out.intervals_.push_back({rest.first, next->first.previous()});
      if (next->last >= rest.last) {
        is_left = false;
        break;
      }
      rest.first = next->last.next();
    }
    if (is_left) out.intervals_.push_back(rest);
  }
  out.intervals_.insert(out.intervals_.end(), end, intervals_.end());
  return out;
}

void Networks::remove(const Networks& part) {
  constexpr std::size_t kFew = 8;
  if (part.intervals_.size() > kFew) {
    *this = without(part);
    return;
  }
  for (const Interval& hole : part.intervals_) {
    const auto at = std::ranges::lower_bound(intervals_, hole.first, {}, &Interval::last);
    const Interval whole = *at;
    if (whole == hole) {
      intervals_.erase(at);
    } else if (whole.first == hole.first) {
      at->first = hole.last.next();
    } else {
      at->last = hole.first.previous();
      if (whole.last != hole.last) intervals_.insert(std::next(at), {hole.last.next(), whole.last});
    }
  }
}

std::uint64_t Networks::size() const {
  std::uint64_t sum = 0;
  for (const Interval& interval : intervals_) {
    const std::uint64_t borrow = interval.last.low < interval.first.low ? 1 : 0;
    const std::uint64_t distance = interval.last.low - interval.first.low;
    if (interval.last.high - interval.first.high != borrow || distance == UINT64_MAX || sum > UINT64_MAX - distance - 1)
      return UINT64_MAX;
    sum += distance + 1;
  }
  return sum;
}

std::uint64_t Networks::size_in_64s() const {
  std::uint64_t sum = 0;
  const Interval* before = nullptr;
  for (const Interval& interval : intervals_) {
    const bool is_counted = before != nullptr && before->last.high == interval.first.high;
    const std::uint64_t distance = interval.last.high - interval.first.high;
    if (distance == UINT64_MAX || sum > UINT64_MAX - distance - 1) return UINT64_MAX;
    sum += distance + (is_counted ? 0 : 1);
    before = &interval;
  }
  return sum;
}

std::optional<int> length_of(const Interval& interval, Family family) {
  const int bits = family == Family::ipv4 ? 32 : 128;
  for (int host_bits = 0; host_bits <= bits; ++host_bits) {
    if (block_of(interval.first, host_bits) == interval) return bits - host_bits;
  }
  return std::nullopt;
}

std::string text_of(const Interval& interval, Family family) {
  std::string first = address_text(interval.first, family);
  if (interval.first == interval.last) return first;
  if (const auto length = length_of(interval, family)) return fmt::format("{}/{}", first, *length);
  return fmt::format("{}-{}", first, address_text(interval.last, family));
}

}  // namespace lint
