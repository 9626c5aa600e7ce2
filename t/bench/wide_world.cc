#include "t/bench/wide_world.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace bench {

namespace {

constexpr std::uint64_t kProviders = 1001;
constexpr int kMaxTerms = 10;  // RFC 7208 §4.6.4

// A stream of numbers (splitmix64) with its own seed for each part of the world.
class Dice {
 public:
  enum class Kind : std::uint64_t { domain = 1, provider = 2, sender = 3 };
  Dice(Kind kind, std::uint64_t number) : state_(static_cast<std::uint64_t>(kind) << 56U ^ number * 0x9e3779b97f4a7c15ULL) {}

  std::uint64_t roll() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  std::uint64_t below(std::uint64_t bound) { return roll() % bound; }
  bool happens(unsigned per_mille) { return below(1000) < per_mille; }

 private:
  std::uint64_t state_;
};

// Values with their cumulative share, in per mille.
struct Step {
  unsigned up_to;
  unsigned value;
};
constexpr std::array<Step, 6> kLookupsWithoutInclude = {{{520, 0}, {560, 1}, {910, 2}, {960, 3}, {990, 4}, {1000, 5}}};
constexpr std::array<Step, 11> kLookupsWithInclude = {
    {{260, 1}, {330, 2}, {530, 3}, {690, 4}, {750, 5}, {830, 6}, {890, 8}, {910, 10}, {980, 12}, {998, 16}, {1000, 20}}};
// The cumulative share of the most used providers up to each rank; the rest is a provider of the domain's own.
constexpr std::array<Step, 7> kProviderRanks = {
    {{220, 2}, {390, 4}, {510, 7}, {660, 21}, {780, 51}, {850, 101}, {950, kProviders}}};
constexpr std::array<Step, 4> kTtls = {{{350, 300}, {500, 1800}, {900, 3600}, {1000, 86400}}};

unsigned pick(Dice& dice, std::span<const Step> steps) {
  const auto share = dice.below(1000);
  return std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return share < step.up_to; })->value;
}

// kProviders: one of the domain's own.
std::uint64_t pick_provider(Dice& dice) {
  const auto share = dice.below(1000);
  unsigned first = 0;
  for (const Step& step : kProviderRanks) {
    if (share < step.up_to) return first + dice.below(step.value - first);
    first = step.value;
  }
  return kProviders;
}

struct Provider {
  unsigned blocks = 0;  // includes in its record
  unsigned ttl = 3600;
};
Provider provider(std::uint64_t rank) {
  constexpr std::array<Step, 4> kBlocks = {{{500, 0}, {750, 1}, {900, 2}, {1000, 3}}};
  Dice dice(Dice::Kind::provider, rank);
  const unsigned blocks = pick(dice, kBlocks);
  return {blocks, pick(dice, kTtls)};
}
unsigned terms_of(std::uint64_t rank) { return rank == kProviders ? 1 : 1 + provider(rank).blocks; }

// Returns the provider's source of mail: the last network in its record.
std::string provider_network(std::uint64_t rank) { return fmt::format("10.{}.{}", rank / 256, rank % 256); }
std::string own_network(std::uint64_t number) { return fmt::format("100.{}.{}", 64 + number / 256 % 64, number % 256); }
constexpr std::string_view kOwnProviderNetwork = "198.18.7";

struct Domain {
  std::vector<std::uint64_t> includes;  // ranks
  unsigned address_terms = 0;           // mx, a, a:h2.., a:h3..
  bool has_unknown_mechanism = false;
  bool has_address = true;
  bool has_own_mx = false;
  std::uint64_t mx_provider = 0;
  std::string_view all;
  unsigned networks = 1;
  unsigned ttl = 300;
  bool asks_stranger = false;
};

Domain describe(std::uint64_t number) {
  Dice dice(Dice::Kind::domain, number);
  Domain domain;
  const bool uses_include = dice.happens(602);
  unsigned terms = uses_include ? pick(dice, kLookupsWithInclude) : pick(dice, kLookupsWithoutInclude);
  for (int tries = 0; uses_include && terms > 0 && tries < 64; ++tries) {
    const std::uint64_t rank = pick_provider(dice);
    if (terms_of(rank) > terms || std::find(domain.includes.begin(), domain.includes.end(), rank) != domain.includes.end())
      continue;
    // In most records, some look-ups are for the domain's own hosts.
    if (!domain.includes.empty() && domain.address_terms < 2 && dice.happens(300)) {
      ++domain.address_terms;
      --terms;
      continue;
    }
    domain.includes.push_back(rank);
    terms -= terms_of(rank);
  }
  domain.address_terms += terms;
  domain.has_unknown_mechanism = dice.happens(1);
  domain.has_address = !dice.happens(5);
  domain.has_own_mx = dice.happens(300);
  domain.mx_provider = pick_provider(dice) % kProviders;
  constexpr std::array<std::string_view, 20> kAlls = {"~all", "~all", "~all", "~all", "~all", "~all", "~all",
                                                      "~all", "~all", "~all", "~all", "~all", "-all", "-all",
                                                      "-all", "-all", "-all", "-all", "-all", "?all"};
  domain.all = kAlls[dice.below(kAlls.size())];
  domain.networks = 1 + static_cast<unsigned>(dice.below(4));
  domain.ttl = pick(dice, kTtls);
  domain.asks_stranger = dice.happens(100);
  return domain;
}

std::string networks(std::string_view network, std::uint64_t count) {
  std::string terms;
  for (std::uint64_t i = 1; i < count; ++i) terms += fmt::format(" ip4:203.0.{}.0/24", 113 + i);
  return terms + fmt::format(" ip4:{}.0/24", network);
}

std::string record_of(std::uint64_t number, const Domain& domain) {
  std::string record = "v=spf1" + networks(own_network(number), domain.networks);
  for (const std::uint64_t rank : domain.includes) {
    record += rank == kProviders ? fmt::format(" include:own.w{}.bench.example", number)
                                 : fmt::format(" include:p{}.bench.example", rank);
  }
  if (domain.address_terms > 0) record += " mx";
  if (domain.address_terms > 1) record += " a";
  for (unsigned i = 2; i < domain.address_terms; ++i) record += fmt::format(" a:h{}.w{}.bench.example", i, number);
  if (domain.has_unknown_mechanism) record += " ipv4:192.0.2.0/24";
  return record + " " + std::string(domain.all);
}

std::string txt_data(std::string_view record) {
  std::string strings;
  for (; !record.empty(); record.remove_prefix(std::min<std::size_t>(record.size(), 255)))
    strings += fmt::format(" \"{}\"", record.substr(0, 255));
  return strings;
}

}  // namespace

Check wide_check(std::uint64_t number) {
  const Domain domain = describe(number);
  Check check{fmt::format("w{}.bench.example", number), "192.0.2.1", ""};
  unsigned terms = 0;
  for (const std::uint64_t rank : domain.includes) terms += terms_of(rank);
  if (!domain.asks_stranger) {
    check.result = "pass";
    check.client = own_network(number) + ".7";
    if (!domain.includes.empty()) {
      const std::uint64_t rank = domain.includes.back();
      check.client = rank == kProviders ? std::string(kOwnProviderNetwork) + ".7" : provider_network(rank) + ".7";
    }
  } else {
    terms += domain.address_terms;
    check.result = domain.all == "-all" ? "fail" : domain.all == "~all" ? "softfail" : "neutral";
  }
  if (domain.has_unknown_mechanism || terms > kMaxTerms) check.result = "permerror";
  return check;
}

void write_wide_zone(std::FILE* out, std::uint64_t domains) {
  fmt::print(out, "$ORIGIN bench.example.\n$TTL 3600\n@ SOA ns hostmaster 1 3600 900 86400 3600\n@ NS ns\nns A 127.0.0.1\n");
  for (std::uint64_t rank = 0; rank < kProviders; ++rank) {
    const Provider self = provider(rank);
    std::string record = "v=spf1";
    for (unsigned i = 0; i < self.blocks; ++i) {
      record += fmt::format(" include:b{}.p{}.bench.example", i, rank);
      const std::string network = i + 1 == self.blocks ? provider_network(rank) : fmt::format("172.{}.{}", 16 + i, rank % 256);
      fmt::print(out, "b{}.p{} {} TXT \"v=spf1{} ~all\"\n", i, rank, self.ttl, networks(network, 8));
    }
    record += self.blocks == 0 ? networks(provider_network(rank), 8) : std::string();
    fmt::print(out, "p{} {} TXT{}\n", rank, self.ttl, txt_data(record + " ~all"));
    fmt::print(out, "mx.p{} {} A 198.51.100.1\n", rank, self.ttl);
  }
  for (std::uint64_t number = 0; number < domains; ++number) {
    const Domain domain = describe(number);
    fmt::print(out, "w{} {} TXT{}\n", number, domain.ttl, txt_data(record_of(number, domain)));
    for (const std::uint64_t rank : domain.includes) {
      if (rank == kProviders)
        fmt::print(out, "own.w{} {} TXT \"v=spf1{} -all\"\n", number, domain.ttl, networks(kOwnProviderNetwork, 3));
    }
    if (domain.address_terms > 0 && domain.has_own_mx)
      fmt::print(out, "w{} {} MX 10 mx.w{}\nmx.w{} {} A 198.51.100.2\n", number, domain.ttl, number, number, domain.ttl);
    if (domain.address_terms > 0 && !domain.has_own_mx)
      fmt::print(out, "w{} {} MX 10 mx.p{}\n", number, domain.ttl, domain.mx_provider);
    if (domain.address_terms > 1 && domain.has_address) fmt::print(out, "w{} {} A 198.51.100.3\n", number, domain.ttl);
    for (unsigned i = 2; i < domain.address_terms; ++i) fmt::print(out, "h{}.w{} {} A 198.51.100.4\n", i, number, domain.ttl);
  }
}

Senders::Senders(std::uint64_t domains, std::uint64_t seed) : cumulative_(domains), state_(seed) {
  double sum = 0;
  for (std::uint64_t rank = 0; rank < domains; ++rank) cumulative_[rank] = sum += 1.0 / static_cast<double>(rank + 1);
}

std::uint64_t Senders::next() {
  Dice dice(Dice::Kind::sender, state_++);
  const double share = static_cast<double>(dice.roll() >> 11U) * 0x1p-53 * cumulative_.back();
  const auto place = std::upper_bound(cumulative_.begin(), cumulative_.end(), share);
  return static_cast<std::uint64_t>(std::min(place, cumulative_.end() - 1) - cumulative_.begin());
}

}  // namespace bench
