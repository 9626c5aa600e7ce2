// C: the site around the record; and L10, which depends on it.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "common/base/text.h"
#include "common/lint/findings.h"

namespace lint {

namespace {

using spf::Result;

// Returns "fail, by '-all' of example.com".
std::string outcome(const spf::Verdict& verdict) {
  std::string out(spf::result_name(verdict.result));
  if (!verdict.problem.empty()) return out + ": " + verdict.problem;
  if (verdict.mechanism == spf::kDefaultMechanism) return out + ", since no term matches";
  return fmt::format("{}, by '{}' of {}", out, verdict.mechanism, verdict.domain);
}

void check_own(const Examined& examined, Findings& findings) {
  const std::string helo(examined.subject.helo ? examined.subject.helo->text() : std::string_view());
  if (examined.tree.site.helo_has_record == false) findings.add("C02", {}, fmt::format("{} has no SPF record", helo));
  for (const OwnVerdict& own : examined.own) {
    const auto is_known = [](const spf::Verdict& verdict) {
      return verdict.result != Result::pass && verdict.result != Result::temperror;
    };
    if (is_known(own.mailfrom)) {
      const bool is_faulty = own.mailfrom.result == Result::permerror;
      findings.add("C01", {}, fmt::format("{} is {}", own.address.text(), outcome(own.mailfrom)),
                   {.severity = {}, .fix = is_faulty ? "Correct the errors of the record, then examine it again" : ""});
    }
    if (own.helo && is_known(*own.helo) && own.helo->result != Result::none)
      findings.add("C02", {}, fmt::format("{} as {} is {}", own.address.text(), helo, outcome(*own.helo)));
  }
}

// Reports an mx whose hosts have none of the addresses from which the owner says that mail is sent.
void check_mx(const Examined& examined, Findings& findings) {
  const Record& root = examined.tree.root();
  if (examined.own.empty()) return;
  for (std::size_t i = 0; i < root.terms.size() && i <= root.all; ++i) {
    const Term& term = root.terms[i];
    const bool passes = term.is(spf::Mechanism::mx) && term.has(Result::pass);
    if (!passes || term.is_personal || term.has_failed || term.hosts.empty()) continue;
    const bool has_own = std::ranges::any_of(examined.own, [&](const OwnVerdict& own) {
      return term.networks[own.address.is_v4() ? Family::ipv4 : Family::ipv6].contains(number_of(own.address));
    });
    if (!has_own) findings.add("L10", {0, i}, fmt::format("{} lets {} pass", quoted(term), listed(term.hosts, 3)));
  }
}

// Reports hosts that pass over IPv4 but not over IPv6: they prefer IPv6 if the receiver has it.
void check_ipv6(const Examined& examined, Findings& findings) {
  const Reach& ipv4 = examined.reach[Family::ipv4];
  const Reach& ipv6 = examined.reach[Family::ipv6];
  if (ipv6.is_uncertain || ipv6.is_cut_off) return;
  const auto passes = [](const Reach& reach) {
    return [&reach](const base::IpAddress& address) { return reach.of(Result::pass).contains(number_of(address)); };
  };
  for (const Site::Host& host : examined.tree.site.hosts) {
    if (std::ranges::none_of(host.addresses[Family::ipv4], passes(ipv4))) continue;
    const auto refused = std::ranges::find_if_not(host.addresses[Family::ipv6], passes(ipv6));
    if (refused != host.addresses[Family::ipv6].end())
      findings.add("C03", {}, fmt::format("{} passes with its IPv4 address, and not with {}", host.name, refused->text()));
  }
}

// Reports a domain that sends mail but does not receive any (RFC 7505), and the reverse.
void check_null_mx(const Examined& examined, Findings& findings) {
  const Record& root = examined.tree.root();
  if (!root.is_found() || examined.tree.mx.empty()) return;
  const bool has_null_mx = dns::is_null_mx(examined.tree.mx);
  const bool sends_nothing = root.all == 0 && root.terms.front().has(Result::fail);
  if (has_null_mx && !sends_nothing) findings.add("C04", {}, "the domain has a null MX, and bounces of its mail go nowhere");
  if (!has_null_mx && sends_nothing) findings.add("C04", {}, "the domain receives mail, and may not even send bounces");
}

void check_silence(const Examined& examined, Findings& findings) {
  const Record& root = examined.tree.root();
  if (!root.is_found() || base::equals_ignoring_case(base::strip(root.text()), "v=spf1 -all")) return;
  const bool is_sound = std::ranges::all_of(examined.tree.records, [](const Record& record) {
    return record.is_found() && std::ranges::all_of(record.terms, &Term::is_sound);
  });
  const bool is_silent = std::ranges::all_of(kFamilies, [&](Family family) { return lets_nobody_pass(examined.reach[family]); });
  if (is_sound && is_silent) findings.add("C06", {});
}

}  // namespace

void examine_site(const Examined& examined, Findings& findings) {
  check_own(examined, findings);
  check_mx(examined, findings);
  check_ipv6(examined, findings);
  check_null_mx(examined, findings);
  check_silence(examined, findings);
  if (!examined.tree.site.bare.empty()) findings.add("C05", {}, listed(examined.tree.site.bare));
}

}  // namespace lint
