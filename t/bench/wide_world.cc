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
constexpr std::array<Step, 9> kIncludes = {
    {{240, 0}, {690, 1}, {860, 2}, {930, 3}, {962, 4}, {980, 5}, {991, 6}, {997, 7}, {1000, 8}}};
constexpr std::array<Step, 5> kFurtherHosts = {{{880, 0}, {950, 1}, {978, 2}, {991, 3}, {1000, 5}}};
constexpr std::array<Step, 11> kNetworks = {
    {{280, 1}, {550, 2}, {690, 3}, {770, 4}, {820, 5}, {860, 7}, {900, 10}, {945, 15}, {980, 20}, {995, 40}, {1000, 60}}};
constexpr std::array<Step, 8> kProviderNetworks = {
    {{176, 1}, {370, 2}, {537, 5}, {716, 10}, {832, 16}, {936, 21}, {982, 36}, {1000, 60}}};
// The cumulative share of the most used providers up to each rank; the rest is a provider of the domain's own.
constexpr std::array<Step, 11> kProviderRanks = {{{215, 1},
                                                  {274, 2},
                                                  {308, 3},
                                                  {334, 5},
                                                  {385, 10},
                                                  {443, 20},
                                                  {538, 50},
                                                  {630, 100},
                                                  {725, 200},
                                                  {824, 500},
                                                  {881, kProviders}}};
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
  unsigned blocks = 0;    // includes in its record
  unsigned networks = 8;  // in each of its records that have some
  unsigned ttl = 3600;
};
Provider provider(std::uint64_t rank) {
  constexpr std::array<Step, 5> kBlocks = {{{590, 0}, {898, 1}, {944, 2}, {972, 3}, {1000, 5}}};
  Dice dice(Dice::Kind::provider, rank);
  const unsigned blocks = pick(dice, kBlocks);
  const unsigned networks = pick(dice, kProviderNetworks);
  // The two largest of all have one record of eleven networks, and three records.
  return {rank > 1 ? blocks : rank == 0 ? 0 : 3, rank == 0 ? 11 : networks, pick(dice, kTtls)};
}
unsigned terms_of(std::uint64_t rank) { return rank == kProviders ? 1 : 1 + provider(rank).blocks; }

// Returns the provider's source of mail: the last network in its record.
std::string provider_network(std::uint64_t rank) { return fmt::format("10.{}.{}", rank / 256, rank % 256); }
std::string own_network(std::uint64_t number) { return fmt::format("100.{}.{}", 64 + number / 256 % 64, number % 256); }
constexpr std::string_view kOwnProviderNetwork = "198.18.7";

struct Domain {
  std::vector<std::uint64_t> includes;  // ranks
  bool has_mx = false;
  bool has_a = false;
  unsigned hosts = 0;  // further a: terms
  bool has_unknown_mechanism = false;
  bool has_address = true;
  bool has_own_mx = false;
  std::uint64_t mx_provider = 0;
  std::string_view all;  // empty: the record has none
  unsigned networks = 1;
  unsigned ttl = 300;
  bool asks_stranger = false;
};

// Domains without a provider name their own hosts more often.
void choose_hosts(Dice& dice, Domain& domain) {
  const bool is_alone = domain.includes.empty();
  const auto share = dice.below(1000);
  const unsigned both = is_alone ? 700 : 420;
  domain.has_mx = share < both + 90;
  domain.has_a = share < both || (share >= both + 90 && share < both + 120);
  domain.hosts = pick(dice, kFurtherHosts);
}

unsigned address_terms(const Domain& domain) { return (domain.has_mx ? 1U : 0U) + (domain.has_a ? 1U : 0U) + domain.hosts; }

Domain describe(std::uint64_t number) {
  Dice dice(Dice::Kind::domain, number);
  Domain domain;
  const unsigned includes = pick(dice, kIncludes);
  for (int tries = 0; domain.includes.size() < includes && tries < 64; ++tries) {
    const std::uint64_t rank = pick_provider(dice);
    if (std::find(domain.includes.begin(), domain.includes.end(), rank) == domain.includes.end()) domain.includes.push_back(rank);
  }
  choose_hosts(dice, domain);
  domain.has_unknown_mechanism = dice.happens(1);
  domain.has_address = !dice.happens(5);
  domain.has_own_mx = dice.happens(300);
  domain.mx_provider = pick_provider(dice) % kProviders;
  const auto end = dice.below(1000);
  domain.all = end < 520 ? "-all" : end < 975 ? "~all" : end < 993 ? "?all" : "";
  domain.networks = pick(dice, kNetworks);
  domain.ttl = pick(dice, kTtls);
  domain.asks_stranger = dice.happens(100);
  return domain;
}

std::string networks(std::string_view network, std::uint64_t count) {
  std::string terms;
  for (std::uint64_t i = 1; i < count; ++i) terms += fmt::format(" ip4:203.0.{}.{}", 113 + i % 3, i);
  return terms + fmt::format(" ip4:{}.0/24", network);
}

std::string record_of(std::uint64_t number, const Domain& domain) {
  std::string record = "v=spf1" + networks(own_network(number), domain.networks);
  for (const std::uint64_t rank : domain.includes) {
    record += rank == kProviders ? fmt::format(" include:own.w{}.bench.example", number)
                                 : fmt::format(" include:p{}.bench.example", rank);
  }
  if (domain.has_mx) record += " mx";
  if (domain.has_a) record += " a";
  for (unsigned i = 0; i < domain.hosts; ++i) record += fmt::format(" a:h{}.w{}.bench.example", i, number);
  if (domain.has_unknown_mechanism) record += " ipv4:192.0.2.0/24";
  if (!domain.all.empty()) record.append(" ").append(domain.all);
  return record;
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
    terms += address_terms(domain);
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
      fmt::print(out, "b{}.p{} {} TXT{}\n", i, rank, self.ttl,
                 txt_data(fmt::format("v=spf1{} ~all", networks(network, self.networks))));
    }
    record += self.blocks == 0 ? networks(provider_network(rank), self.networks) : std::string();
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
    if (domain.has_mx && domain.has_own_mx)
      fmt::print(out, "w{} {} MX 10 mx.w{}\nmx.w{} {} A 198.51.100.2\n", number, domain.ttl, number, number, domain.ttl);
    if (domain.has_mx && !domain.has_own_mx) fmt::print(out, "w{} {} MX 10 mx.p{}\n", number, domain.ttl, domain.mx_provider);
    if (domain.has_a && domain.has_address) fmt::print(out, "w{} {} A 198.51.100.3\n", number, domain.ttl);
    for (unsigned i = 0; i < domain.hosts; ++i) fmt::print(out, "h{}.w{} {} A 198.51.100.4\n", i, number, domain.ttl);
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
