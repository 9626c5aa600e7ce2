#include "t/model/lint_world.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "t/support/known_answers.h"
#include "t/support/single.h"

namespace lint_world {

using lint::Family;

namespace {

std::string random_network(model::Random& random, bool is_ip6) {
  if (is_ip6) {
    const std::vector<std::string> lengths = {"", "/128", "/127", "/126", "/64", "/48", "/0"};
    return fmt::format("ip6:2001:dba::{}{}", random.below(6), random.chance(97) ? lengths[random.below(6)] : lengths.back());
  }
  const std::vector<std::string> lengths = {"", "/32", "/31", "/30", "/29", "/24", "/23", "/1", "/0"};
  return fmt::format("ip4:198.18.{}.{}{}", random.below(2), random.below(10),
                     random.chance(96) ? lengths[random.below(7)] : lengths[7 + random.below(2)]);
}

}  // namespace

std::string domain(std::size_t number) { return fmt::format("n{}.example", number); }

std::string random_record(model::Random& random, std::size_t terms, std::size_t number) {
  const std::vector<std::string> qualifiers = {"", "", "", "-", "~", "?"};
  const std::vector<std::string> lengths = {"", "", "/31", "/30//126", "//127", "/0"};
  // Usually to a later domain, so that loops do not hide the other faults.
  const auto target = [&] { return domain(random.chance(97) ? number + 1 + random.below(6 - number) : random.below(7)); };
  std::string record = "v=spf1";
  for (std::size_t i = 0; i < terms; ++i) {
    record += ' ' + random.pick(qualifiers);
    switch (random.below(10)) {
      case 0:
      case 1: record += "include:" + target(); break;
      case 2:
        record += fmt::format("a:h{}.example{}", random.below(7), random.chance(95) ? lengths[random.below(5)] : lengths.back());
        break;
      case 3: record += fmt::format("mx:m{}.example{}", random.below(4), lengths[random.below(5)]); break;
      case 4: record += random.chance(80) ? "a" : random.chance(30) ? "exists:h0.example" : "exists:h6.example"; break;
      default: record += random_network(random, random.chance(30)); break;
    }
  }
  if (random.chance(10)) return record;
  if (random.chance(15)) return record + " redirect=" + target();
  return record + ' ' + random.pick(std::vector<std::string>{"-all", "-all", "~all", "?all", "all"});
}

model::Zone random_world(model::Random& random) {
  model::Zone zone;
  const auto add = [&](const std::string& name, dns::Type type) -> dns::Answer& {
    dns::Answer& answer = zone.at(name)[type];
    answer.ttl = 300;
    return answer;
  };
  const std::size_t most = random.pick(std::vector<std::size_t>{3, 6, 12});
  for (std::size_t i = 0; i < 6; ++i) {  // n6 has no record
    if (random.chance(8)) continue;
    add(domain(i), dns::Type::txt).texts.push_back(random_record(random, random.below(most), i));
    if (random.chance(3)) add(domain(i), dns::Type::txt).texts.push_back("v=spf1 -all");
    if (random.chance(60))
      add(domain(i), dns::Type::a).addresses.push_back(base::IpAddress::v4({198, 18, 0, static_cast<std::uint8_t>(i)}));
  }
  for (std::size_t i = 0; i < 6; ++i) {  // h6 does not exist
    const std::string name = fmt::format("h{}.example", i);
    const auto last = static_cast<std::uint8_t>(random.below(10));
    if (i == 0 || random.chance(80)) add(name, dns::Type::a).addresses.push_back(base::IpAddress::v4({198, 18, 0, last}));
    if (random.chance(60))
      add(name, dns::Type::aaaa).addresses.push_back(*base::IpAddress::parse(fmt::format("2001:dba::{}", last % 6)));
  }
  for (std::size_t i = 0; i < 3; ++i) {  // m3 does not exist
    const std::size_t hosts = random.chance(5) ? 11 : random.below(4);
    for (std::size_t host = 0; host < hosts; ++host)
      add(fmt::format("m{}.example", i), dns::Type::mx).names.push_back(fmt::format("h{}.example", random.below(7)));
  }
  return zone;
}

std::vector<base::IpAddress> witnesses(const lint::Tree& tree) {
  std::vector<base::IpAddress> out;
  for (const Family family : lint::kFamilies) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> numbers;
    const auto add = [&](lint::Number number) { numbers.emplace(number.high, number.low); };
    const lint::Interval whole = lint::Networks::whole(family).intervals().front();
    const auto add_interval = [&](const lint::Interval& interval) {
      add(interval.first);
      add(interval.last);
      add({interval.first.high, interval.first.low + (interval.last.low - interval.first.low) / 2});
      if (interval.first != whole.first) add(interval.first.previous());
      if (interval.last != whole.last) add(interval.last.next());
    };
    add_interval(whole);
    for (const lint::Record& record : tree.records) {
      for (const lint::Term& term : record.terms) {
        for (const lint::Interval& interval : term.networks[family].intervals()) add_interval(interval);
      }
    }
    for (const auto& [high, low] : numbers) {
      const base::IpAddress address = lint::address_of({high, low}, family);
      if (address.is_v4() == (family == Family::ipv4)) out.push_back(address);
    }
  }
  return out;
}

model::Verdict check(const model::Zone& zone, const base::IpAddress& client) {
  return model::check_host(support::mailfrom_query(client, "u@" + domain(0), "helo.example"), {}, {},
                           [&zone](const dns::Question& question) { return zone.answer(question); });
}

Examination::Examination(const model::Zone& zone) {
  support::KnownAnswers known;
  for (;;) {
    const spf::Needs needs = lint::examine({.domain = *dns::Name::parse(domain(0))}, known, report);
    if (needs.empty()) return;
    for (const dns::Question& question : needs.needed) known.add(question, zone.answer(question));
  }
}

const lint::Finding* Examination::find(std::string_view id) const {
  const auto found = std::ranges::find(report.findings, id, [](const lint::Finding& finding) { return finding.kind->id; });
  return found == report.findings.end() ? nullptr : &*found;
}

}  // namespace lint_world
