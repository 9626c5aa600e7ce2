// K: who passes.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "common/dns/likely_zone.h"
#include "common/lint/findings.h"
#include "common/lint/known_networks.h"
#include "common/lint/special.h"

namespace lint {

namespace {

using spf::Mechanism;
using spf::Result;

// Networks from which no mail comes over the Internet (RFC 6890). Not 198.18.0.0/15, since laboratories send mail from there.
struct Special {
  std::string_view address;
  int length;
  std::string_view name;
  std::string_view fix = {};  // empty: that of K08
};
constexpr auto kSpecial = std::to_array<Special>({
    {"0.0.0.0", 8, "this network"},
    {"10.0.0.0", 8, "private"},
    {"100.64.0.0", 10, "shared by customers of a provider"},
    {"127.0.0.0", 8, "loopback"},
    {"169.254.0.0", 16, "link-local"},
    {"172.16.0.0", 12, "private"},
    {"192.0.2.0", 24, "for documentation"},
    {"192.168.0.0", 16, "private"},
    {"198.51.100.0", 24, "for documentation"},
    {"203.0.113.0", 24, "for documentation"},
    {"224.0.0.0", 4, "multicast"},
    {"240.0.0.0", 4, "reserved"},
    {"::", 127, "unspecified or loopback"},
    // RFC 7208 §5: the check of a client with such an address is that of the IPv4 address.
    {"::ffff:0:0", 96, "IPv4-mapped, and no check sees such a client", "Write the address with ip4"},
    {"100::", 64, "for traffic to discard"},
    {"2001:db8::", 32, "for documentation"},
    {"3fff::", 20, "for documentation"},
    {"fc00::", 7, "private"},
    {"fe80::", 10, "link-local"},
    {"fec0::", 10, "private"},
    {"ff00::", 8, "multicast"},
});

struct SpecialNetwork {
  Interval interval;
  const Special& special;
};
PerFamily<std::vector<SpecialNetwork>> read_special() {
  PerFamily<std::vector<SpecialNetwork>> networks;
  for (const Special& special : kSpecial) {
    const auto address = base::IpAddress::parse_as_written(special.address);
    if (address)
      networks[address->is_v4() ? Family::ipv4 : Family::ipv6].push_back({network_of(*address, special.length), special});
  }
  return networks;
}

// Returns the special network that contains the interval; null: none.
const Special* special_of(const Interval& interval, Family family) {
  static const PerFamily<std::vector<SpecialNetwork>> networks = read_special();
  for (const SpecialNetwork& network : networks[family]) {
    if (network.interval.first <= interval.first && interval.last <= network.interval.last) return &network.special;
  }
  return nullptr;
}

// Returns whether the networks contain at least half of all addresses of the family.
bool is_half(const Networks& networks, Family family) {
  if (family == Family::ipv4) return networks.size() >= std::uint64_t{1} << 31;
  return networks.size_in_64s() >= std::uint64_t{1} << 63;
}

bool passes(const Examined& examined, Place place, Family family) { return !examined.reach[family].visit(place).passed.empty(); }

void check_everyone(const Examined& examined, Findings& findings) {
  for (const Family family : kFamilies) {
    const Reach& reach = examined.reach[family];
    const Networks& pass = reach.of(Result::pass);
    if (!is_half(pass, family)) continue;
    const auto widest = std::ranges::max_element(reach.order, {}, [&](Place place) {
      const Visit& visit = reach.visit(place);
      const bool counts = visit.result == Result::pass && !examined.tree.term(place).is(Mechanism::include);
      return counts ? std::pair(visit.taken.size_in_64s(), visit.taken.size()) : std::pair(std::uint64_t{0}, std::uint64_t{0});
    });
    const Term& term = examined.tree.term(*widest);
    const auto is_whole = [&](Family one) { return examined.reach[one].of(Result::pass) == Networks::whole(one); };
    const bool is_open = term.is(Mechanism::all) || term.matches_all;
    const std::string_view version = family == Family::ipv4 ? "IPv4" : "IPv6";
    std::string clients = fmt::format("the most {} clients", version);
    if (is_whole(family) && (is_open || term.networks[family] == Networks::whole(family)))
      clients = fmt::format("every {} client", version);
    if (is_open && std::ranges::all_of(kFamilies, is_whole)) clients = "everyone";
    findings.add("K01", *widest, fmt::format("{} lets {} pass", quoted(term), clients));
    return;
  }
  const std::uint64_t count = examined.reach[Family::ipv4].of(Result::pass).size();
  if (count > 100'000) findings.add("K04", {}, fmt::format("{} addresses", count));
}

void check_all(const Examined& examined, Findings& findings) {
  // The all that decides is the one that gives its result to clients of the whole check.
  for (const Place place : examined.reach[Family::ipv4].order) {
    const Term& term = examined.tree.term(place);
    const Visit& visit = examined.reach[Family::ipv4].visit(place);
    if (!term.is(Mechanism::all) || !visit.result || visit.taken.empty()) continue;
    if (*visit.result == Result::neutral) {
      // The qualifier of an include has replaced that of its all.
      const bool is_included = term.read.directive->qualifier != Result::neutral;
      findings.add(
          "K02", place, quoted(term),
          {.severity = {}, .fix = is_included ? "Remove the term that includes this record, so that later terms decide" : ""});
    }
    if (*visit.result == Result::softfail)
      findings.add("K02", place, fmt::format("{} is softfail, which most receivers accept", quoted(term)),
                   {.severity = Severity::info, .fix = {}});
  }
}

// Returns whether the owner of the domain that is examined probably owns the other one, too.
bool is_own(const Tree& tree, const dns::Name& other) { return dns::likely_zone(other) == dns::likely_zone(tree.root().domain); }

void check_width(const Examined& examined, Place place, Findings& findings) {
  const Term& term = examined.tree.term(place);
  for (const Family family : kFamilies) {
    if (term.networks[family].empty() || !passes(examined, place, family)) continue;
    const int length = family == Family::ipv4 ? term.read.directive->prefix4 : term.read.directive->prefix6;
    if (length > (family == Family::ipv4 ? 16 : 32)) continue;
    // No client on the Internet has an address in these networks; K08 reports them.
    const auto is_special = [&](const Interval& interval) { return special_of(interval, family) != nullptr; };
    if (std::ranges::all_of(term.networks[family].intervals(), is_special)) continue;
    // The owner of the domain cannot change the record of a provider.
    const dns::Name& owner = examined.tree.records[place.record].domain;
    std::string fix =
        is_own(examined.tree, owner)
            ? std::string()
            : fmt::format("Remove the term that leads to {} if this provider sends no mail for the domain", owner.text());
    findings.add("K03", place, fmt::format("{} is a /{} of IPv{}", quoted(term), length, family == Family::ipv4 ? 4 : 6),
                 {.severity = length <= 8 ? Severity::error : Severity::warning, .fix = std::move(fix)});
  }
}

void check_special(const Examined& examined, Place place, Findings& findings) {
  const Term& term = examined.tree.term(place);
  for (const Family family : kFamilies) {
    if (!passes(examined, place, family)) continue;
    for (const Interval& interval : term.networks[family].intervals()) {
      const Special* const special = special_of(interval, family);
      Networks network;
      network.add(interval);
      if (special == nullptr || !examined.reach[family].visit(place).passed.overlaps(network)) continue;
      // A host may have such an address beside others, for its own network.
      const bool is_network = term.is(Mechanism::ip4) || term.is(Mechanism::ip6);
      // In the record of a provider it does no harm to the domain, whose owner cannot remove it.
      const dns::Name& owner = examined.tree.records[place.record].domain;
      const bool has_owner = is_own(examined.tree, owner);
      findings.add("K08", place, fmt::format("{}: {} is {}", quoted(term), text_of(interval, family), special->name),
                   {.severity = !has_owner   ? Severity::info
                                : is_network ? Severity::error
                                             : Severity::warning,
                    .fix = has_owner ? std::string(special->fix) : fmt::format("The owner of {} can remove it", owner.text())});
      break;
    }
  }
}

// Reports terms that show the sender or the HELO name to the name servers of others (RFC 7208 §11.6).
void check_privacy(const Examined& examined, Place place, Findings& findings) {
  const Term& term = examined.tree.term(place);
  if (!term.asks_dns() || !term.read.domain_spec) return;
  const spf::MacroString& spec = *term.read.domain_spec;
  if (!spec.uses('l') && !spec.uses('s') && !spec.uses('h')) return;
  const auto end = constant_end(spec);
  if (end && dns::likely_zone(*end) != dns::likely_zone(examined.tree.root().domain))
    findings.add("K09", place, fmt::format("{} shows them to {}", quoted(term), dns::likely_zone(*end)));
}

// Reports an address that several names of different domains have: it probably belongs to a host for web sites or parked domains.
void check_shared_hosts(const Examined& examined, Findings& findings) {
  constexpr std::size_t kMany = 3;
  struct Name {
    Place place;
    std::string_view zone;
  };
  std::map<std::pair<bool, Number>, std::vector<Name>> names;
  for (const Place place : examined.reach[Family::ipv4].order) {
    const Term& term = examined.tree.term(place);
    const bool names_host = term.is(Mechanism::a) || term.is(Mechanism::mx);
    if (!names_host || !term.target || !term.has(Result::pass)) continue;
    for (const base::IpAddress& address : term.addresses) {
      auto& same = names[{address.is_v4(), number_of(address)}];
      const std::string_view zone = dns::likely_zone(*term.target);
      if (std::ranges::find(same, zone, &Name::zone) == same.end()) same.push_back({place, zone});
    }
  }
  std::vector<Place> reported;
  for (const auto& [number, same] : names) {
    if (same.size() < kMany || std::ranges::find(reported, same.front().place) != reported.end()) continue;
    reported.push_back(same.front().place);
    std::vector<std::string> terms;
    for (const Name& name : same) terms.push_back(described(examined.tree, name.place));
    findings.add("K11", same.front().place,
                 fmt::format("{} is the address of {}",
                             address_of(number.second, number.first ? Family::ipv4 : Family::ipv6).text(), listed(terms, 4)));
  }
}

// Reports platforms (K05) and networks (K06) that many customers share, from the operator's file.
void check_known(const Examined& examined, Place place, Findings& findings) {
  const KnownNetworks* const known = examined.subject.known.get();
  if (known == nullptr) return;
  const Term& term = examined.tree.term(place);
  const bool can_pass = term.is_redirect() || passes(examined, place, Family::ipv4) || passes(examined, place, Family::ipv6);
  if (!can_pass) return;
  // Only the term that leads to the platform is reported, not the terms of the platform's own records.
  const auto* const platform = term.leads_to == kNone ? nullptr : known->platform_of(*term.target);
  const dns::Name& domain = examined.tree.records[place.record].domain;
  if (platform != nullptr && !domain.is_within(platform->domain))
    findings.add("K05", place, fmt::format("{}: {} (as of {})", quoted(term), platform->text, known->written_date));
  for (const Family family : kFamilies) {
    if (term.networks[family].empty() || !passes(examined, place, family)) continue;
    for (const Interval& interval : examined.reach[family].visit(place).passed.intervals()) {
      const auto* const network = examined.work.spend(1) ? known->network_of(interval, family) : nullptr;
      if (network == nullptr) continue;
      findings.add("K06", place,
                   fmt::format("{}: {} of {}, as of {}", quoted(term), text_of(network->interval, family), network->text,
                               known->written_date));
      break;
    }
  }
}

// Finds an exists that matches every client, whatever the mail is.
void check_exists(const Examined& examined, Place place, Findings& findings) {
  const Term& term = examined.tree.term(place);
  if (!term.is(Mechanism::exists) || !term.has(Result::pass)) return;
  if (term.matches_all) findings.add("K10", place, fmt::format("{} has an address and no macro of the mail", quoted(term)));
  if (term.is_wildcard) findings.add("K10", place, fmt::format("{}: every name there has an address", quoted(term)));
}

}  // namespace

std::string_view special_name(const Interval& interval, Family family) {
  const Special* const special = special_of(interval, family);
  return special == nullptr ? std::string_view() : special->name;
}

void examine_coverage(const Examined& examined, Findings& findings) {
  check_everyone(examined, findings);
  check_all(examined, findings);
  check_shared_hosts(examined, findings);
  for (std::size_t number = 0; number < examined.tree.records.size(); ++number) {
    const Record& record = examined.tree.records[number];
    for (std::size_t i = 0; i < record.terms.size() && i <= record.all; ++i) {
      const Place place{number, i};
      if (!record.terms[i].is_sound()) continue;
      if (record.terms[i].is(Mechanism::ptr)) findings.add("K07", place, quoted(record.terms[i]));
      check_width(examined, place, findings);
      check_special(examined, place, findings);
      check_privacy(examined, place, findings);
      check_exists(examined, place, findings);
      check_known(examined, place, findings);
    }
  }
}

}  // namespace lint
