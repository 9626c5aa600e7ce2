// Rows that several programs have, so that names, bounds and --help are written once.
#pragma once

#include <string_view>

#include "common/io/resolver_options.h"
#include "common/options/groups.h"
#include "common/options/row.h"
#include "common/receiver/rules.h"

namespace options {

// ---- rows without their access, which differs ----------------------------------------------------------------------------

// Returns the row as the first one of a group.
constexpr Row under(std::string_view heading, Row row) {
  row.heading = heading;
  return row;
}

inline constexpr Row kNameServerRow = {
    .name = "nameserver",
    .kind = Kind::list,
    .argument = "ADDRESS[:PORT]",
    .help = "name server to ask; may be given several times (default: those of /etc/resolv.conf)"};
inline constexpr Row kDnsTimeoutRow = {
    .name = "dns-timeout",
    .argument = "TIME",
    .help = "time for the first try of a DNS question; doubled in each further round over the servers (default: 1500ms)",
    .when = When::start};
inline constexpr Row kExplanationRow = {.name = "default-explanation",
                                        .aliases = "def-exp",
                                        .argument = "TEXT",
                                        .help = "macro string that explains a fail for domains without an explanation",
                                        .for_domains = true};
inline constexpr Row kFallbackRow = {
    .name = "fallback",
    .kind = Kind::list,
    .argument = "DOMAIN=RECORD",
    .help = "record for a domain that has none; *.DOMAIN: for all names below it; may be given several times",
    .is_table = true};

// ---- rows with the path to the list of zone files, to io::ResolverOptions, or to receiver::Policy -------------------------

template <auto zones>
inline constexpr RowOf<OwnerOf<zones>> kZoneRow = {
    {.name = "zone",
     .kind = Kind::list,
     .argument = "FILE",
     .help = "master file whose records take precedence over DNS; may be given several times"},
    kTexts<zones>};

template <auto dns>
inline constexpr RowOf<OwnerOf<dns>> kDnsTriesRow = {
    {.name = "dns-tries",
     .kind = Kind::number,
     .argument = "N",
     .help = "rounds over the servers after which the time for a try no longer grows (default: 3)",
     .when = When::start},
    kNumber<1, 10, dns, &io::ResolverOptions::tries>};

template <auto first, auto... rest>
inline constexpr RowOf<OwnerOf<first>> kVoidLimitRow = {
    {.name = "void-lookup-limit",
     .kind = Kind::number,
     .argument = "N",
     .help = "void lookups that a check may make (default: 2)"},
    kNumber<0, 100, first, rest..., &receiver::Policy::spf, &spf::Settings::limits, &spf::Limits::void_lookups>};

template <auto first, auto... rest>
inline constexpr RowOf<OwnerOf<first>> kVoidIpv6Row = {
    {.name = "void-lookups-ipv6",
     .argument = "count|ignore",
     .help = "whether \"no AAAA record at a name\" is a void lookup (default: count)"},
    kWord<kVoidWords, first, rest..., &receiver::Policy::spf, &spf::Settings::limits, &spf::Limits::void_lookups_ipv6>};

template <auto first, auto... rest>
inline constexpr RowOf<OwnerOf<first>> kPrefetchRow = {
    {.name = "prefetch",
     .argument = "off|records|all",
     .help = "DNS questions asked ahead of their turn: none, those for TXT records, or all that reveal nothing about the mail "
             "(default: all)"},
    kWord<kPrefetchWords, first, rest..., &receiver::Policy::spf, &spf::Settings::prefetch>};

template <auto first, auto... rest>
inline constexpr RowOf<OwnerOf<first>> kGuessResultRow = {
    {.name = "guess-result",
     .argument = "neutral|pass",
     .help = "result instead of none when the guess matches (default: neutral)",
     .for_domains = true},
    kWord<kLiftWords, first, rest..., &receiver::Policy::rules, &receiver::Rules::guess_result>};

template <auto first, auto... rest>
inline constexpr RowOf<OwnerOf<first>> kForwarderResultRow = {
    {.name = "trusted-forwarder-result",
     .argument = "neutral|pass",
     .help = "result instead of fail and softfail for a trusted forwarder (default: neutral)",
     .for_domains = true},
    kWord<kLiftWords, first, rest..., &receiver::Policy::rules, &receiver::Rules::forwarder_result>};

}  // namespace options
