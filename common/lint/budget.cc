// B: the limits of a check (RFC 7208 §4.6.4).
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/dns/likely_zone.h"
#include "common/lint/findings.h"
#include "common/lint/term_text.h"

namespace lint {

namespace {

constexpr int kNearLimit = 8;   // DNS terms
constexpr int kManyRounds = 6;  // round trips

// Returns "IPv4 clients", "IPv6 clients" or "IPv4 and IPv6 clients".
std::string families(bool is_ipv4, bool is_ipv6) {
  return is_ipv4 && is_ipv6 ? "IPv4 and IPv6 clients" : is_ipv4 ? "IPv4 clients" : "IPv6 clients";
}

void check_terms(const Examined& examined, Findings& findings) {
  const Reach& ipv4 = examined.reach[Family::ipv4];
  const Reach& ipv6 = examined.reach[Family::ipv6];
  const int most = std::max(ipv4.lookups, ipv6.lookups);
  if (most <= examined.limits.dns_terms) {
    if (most >= kNearLimit) findings.add("B02", {}, fmt::format("{} of {}", most, examined.limits.dns_terms));
    return;
  }
  const Place over = ipv4.term_over ? *ipv4.term_over : *ipv6.term_over;
  findings.add(
      "B01", over,
      fmt::format("{} is number {} of {}, for {}", described(examined.tree, over), examined.limits.dns_terms + 1,
                  std::max(examined.longest_path, most), families(ipv4.term_over.has_value(), ipv6.term_over.has_value())));
  const auto has_result = [](const Reach& reach) {
    return std::ranges::any_of(std::array{spf::Result::pass, spf::Result::fail, spf::Result::softfail, spf::Result::neutral},
                               [&](spf::Result result) { return !reach.of(result).empty(); });
  };
  if (!has_result(ipv4) && !has_result(ipv6)) return;
  const std::uint64_t passing = ipv4.of(spf::Result::pass).size();
  findings.add("B08", over,
               fmt::format("{} before {}; the check of others ends there",
                           passing == 1 ? "1 IPv4 address passes" : fmt::format("{} IPv4 addresses pass", passing),
                           described(examined.tree, over)));
}

// Returns whether clients that a later term lets pass get a permerror by void lookups before it. Others lose nothing by that.
bool loses_pass(const Examined& examined, Family family) {
  const Reach& reach = examined.reach[family];
  if (reach.over_voids.empty()) return false;
  spf::Limits generous = examined.limits;
  generous.void_lookups = std::numeric_limits<int>::max();
  const Reach unlimited = reach_of(examined.tree, family, generous, examined.work, Malformed::repaired);
  return unlimited.of(spf::Result::pass).overlaps(reach.over_voids);
}

// "'mx:x.example.com' of example.com (no MX at x.example.com)"
std::string void_term(const Tree& tree, Place place, Family family) {
  const Term& term = tree.term(place);
  const bool is_address = term.is(spf::Mechanism::a);
  const std::string_view type = term.is(spf::Mechanism::mx) ? "MX" : is_address && family == Family::ipv6 ? "AAAA" : "A";
  return fmt::format("{} (no {} at {})", described(tree, place), type, term.target->text());
}

// Returns the advice for a term whose name is a host; empty: it has another fault.
std::string advice_for_host(const Term& term) {
  if (!term.is_host) return {};
  const std::string_view text = term.text();
  const std::string_view sign = sign_of(text);
  const std::string_view after = text.substr(sign.size() + std::string_view("mx").size());
  return fmt::format("Write {}a{}, since the name is that of a host and has no MX records", sign, base::clip(after, kMaxShown));
}

// Finds a term of the domain's own record that matches no client, whatever its family is.
void check_single_void(const Examined& examined, Findings& findings) {
  for (const Place place : examined.reach[Family::ipv4].order) {
    const Term& term = examined.tree.term(place);
    if (place.record != 0 || !term.target || !term.is_void[Family::ipv4] || !term.is_void[Family::ipv6]) continue;
    std::string fix = advice_for_host(term);
    if (fix.empty()) fix = "Correct the name, or remove the term";
    return findings.add("B03", place, void_term(examined.tree, place, Family::ipv4),
                        {.severity = Severity::info, .fix = std::move(fix)});
  }
}

void check_voids(const Examined& examined, Findings& findings) {
  std::vector<std::string> void_terms;
  std::optional<Place> last;
  std::string fix;  // of a term whose name is a host
  bool is_over = false;
  bool breaks_mail = false;
  int most = 0;
  for (const Family family : kFamilies) {
    const Reach& reach = examined.reach[family];
    most = std::max(most, reach.voids);
    if (reach.voids < examined.limits.void_lookups) continue;
    is_over = is_over || !reach.over_voids.empty();
    for (const Place place : reach.order) {
      const Term& term = examined.tree.term(place);
      if (!term.is_void[family] || !term.target) continue;
      if (family == Family::ipv6 && term.is_void[Family::ipv4] && !void_terms.empty()) continue;  // already in the list
      const std::string name = void_term(examined.tree, place, family);
      if (fix.empty()) fix = advice_for_host(term);
      if (std::ranges::find(void_terms, name) == void_terms.end()) void_terms.push_back(name);
      last = reach.void_over ? *reach.void_over : place;
    }
    breaks_mail = breaks_mail || loses_pass(examined, family);
  }
  if (!last || most < examined.limits.void_lookups) return check_single_void(examined, findings);
  const bool is_error = is_over && (breaks_mail || !examined.reach[Family::ipv4].over_voids.empty());
  std::string detail = listed(void_terms);
  // The checks end before they reach the other limit, which is the next fault to be found.
  const bool is_over_terms = examined.reach[Family::ipv4].term_over || examined.reach[Family::ipv6].term_over;
  if (is_over && !is_over_terms && examined.longest_path > examined.limits.dns_terms && examined.loops.empty()) {
    detail +=
        fmt::format("; there are also {} DNS terms, and a check may use {}", examined.longest_path, examined.limits.dns_terms);
  }
  findings.add("B03", *last, std::move(detail),
               {.severity = is_error ? Severity::error : Severity::warning, .fix = std::move(fix)});
}

// Reports terms whose target depends on the mail, and ptr: the terms to which they lead are not counted.
void check_certainty(const Examined& examined, Findings& findings) {
  std::vector<std::string> uncertain;
  std::optional<Place> first;
  for (const Place place : examined.reach[Family::ipv4].order) {
    const Term& term = examined.tree.term(place);
    if (!term.is_personal) continue;
    if (!first) first = place;
    uncertain.push_back(described(examined.tree, place));
  }
  if (first) findings.add("B09", *first, listed(uncertain));
}

// Finds a third party whose record takes more than half of the limit.
void check_shares(const Examined& examined, Findings& findings) {
  const Record& root = examined.tree.root();
  for (std::size_t i = 0; i < root.terms.size(); ++i) {
    const Term& term = root.terms[i];
    if (term.leads_to == kNone || dns::likely_zone(*term.target) == dns::likely_zone(root.domain)) continue;
    const int cost = 1 + terms_of_longest_path(examined.tree, term.leads_to);
    if (cost * 2 > examined.limits.dns_terms)
      findings.add("B12", {0, i},
                   fmt::format("{} takes {}, and {} are allowed", quoted(term),
                               counted(static_cast<std::uint64_t>(cost), "DNS term"), examined.limits.dns_terms));
  }
}

// Reports addresses with more names than a check uses for ptr (RFC 7208 §4.6.4).
void check_ptr_names(const Examined& examined, Findings& findings) {
  for (const auto& [address, names] : examined.tree.site.ptr_names) {
    if (names > static_cast<std::size_t>(examined.limits.ptr_names))
      findings.add("B05", {}, fmt::format("{} has {}", address.text(), names));
  }
}

void report_loop(const Tree& tree, const Loop& loop, Findings& findings) {
  const std::string_view verb = tree.term(loop.place).is_redirect() ? "redirects to" : "includes";
  const std::string_view from = tree.records[loop.place.record].domain.text();
  if (loop.leads_to == loop.place.record) return findings.add("B06", loop.place, fmt::format("{} {} itself", from, verb));
  findings.add("B06", loop.place,
               fmt::format("{0} {1} {2}, which leads to {0}", from, verb, tree.records[loop.leads_to].domain.text()));
}

}  // namespace

void examine_budget(const Examined& examined, Findings& findings) {
  // A loop uses up the limit in any case: only the loop is to be reported.
  for (const Loop& loop : examined.loops) report_loop(examined.tree, loop, findings);
  if (examined.loops.empty()) check_terms(examined, findings);
  check_voids(examined, findings);
  if (examined.rounds >= kManyRounds && examined.loops.empty())
    findings.add("B11", {},
                 fmt::format("{}; {:.1f} seconds if an answer gets lost in each",
                             counted(static_cast<std::uint64_t>(examined.rounds), "round trip"), worst_seconds(examined.rounds)));
  check_ptr_names(examined, findings);
  check_certainty(examined, findings);
  if (examined.loops.empty()) check_shares(examined, findings);
  for (std::size_t number = 0; number < examined.tree.records.size(); ++number) {
    const Record& record = examined.tree.records[number];
    for (std::size_t i = 0; i < record.terms.size(); ++i) {
      const Term& term = record.terms[i];
      const Place place{number, i};
      if (term.hosts.size() > static_cast<std::size_t>(examined.limits.mx_hosts))
        findings.add("B04", place, fmt::format("{} has {}", term.target->text(), term.hosts.size()));
      if (term.is_unregistered) {
        findings.add("B10", place,
                     fmt::format("{} does not exist, so an attacker may register it", dns::likely_zone(*term.target)));
      }
      if (term.leads_to == kNone) continue;
      const Record& target = examined.tree.records[term.leads_to];
      const auto* const none = target.get<Record::None>();
      if (none == nullptr) continue;
      findings.add("B07", place,
                   none->near_miss.empty() ? std::string(target.domain.text())
                                           : fmt::format("{}; {}", target.domain.text(), none->near_miss));
    }
  }
}

}  // namespace lint
