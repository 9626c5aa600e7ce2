// The options of checks: requests, who answers them, and how spfquery evaluates.
#include <fmt/core.h>

#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/options/fields.h"
#include "common/options/groups.h"
#include "common/options/shared_rows.h"
#include "common/receiver/receiver.h"
#include "spfquery/option_rows.h"

namespace spfquery {

namespace {

using options::kAny;
using options::Kind;
using options::kNumber;
using options::kTimeUpTo;
using options::Problem;
using options::Values;
using receiver::Rules;
using O = Options;

Problem set_sender(O& o, const Values& v) {
  o.sender = v.back();
  o.sender_is_identity = false;
  return {};
}

Problem set_identity(O& o, const Values& v) {
  o.sender = v.back();
  o.sender_is_identity = true;
  return {};
}

// -s is the sender for Mail::SPF::Query, and the scope for Mail::SPF, which distinguishes them in the same way.
Problem set_scope_or_sender(O& o, const Values& v) {
  const bool is_sender = v.back().empty() || v.back().find_first_of("@.<") != std::string::npos;
  if (is_sender) return set_sender(o, v);
  o.scope = v.back();
  return {};
}

Problem add_records(O& o, const Values& values) {
  for (const std::string& value : values) {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos) return fmt::format("{} is not NAME=TEXT", base::in_quotes(value));
    const std::string name = value.substr(0, equals);
    const auto parsed = parse_examined(name);
    if (!parsed) return fmt::format("{}, which NAME=TEXT needs", parsed.error());
    o.records.push_back({*parsed, value.substr(equals + 1)});
  }
  return {};
}

Problem set_explanation(O& o, const Values& v) { return options::read_explanation(o.policy.spf.default_explanation, v); }

// Reads "a/24 mx/24 ptr", also after "v=spf1 ".
template <std::optional<receiver::Terms> Rules::*rule>
Problem set_terms(O& o, const Values& v) {
  constexpr std::string_view kVersion = "v=spf1 ";
  const std::string& value = v.back();
  const bool is_record = base::starts_with_ignoring_case(value, kVersion);
  return options::read_terms(o.policy.rules.*rule, {is_record ? value.substr(kVersion.size()) : value}, false);
}

// Earlier versions of --trusted meant a public list of forwarders, which no longer exists.
Problem set_trusted(O& o, const Values& v) {
  if (v.empty() || v.back().empty() || v.back() == "0" || v.back() == "1") return {};
  return set_terms<&Rules::forwarders>(o, v);
}

// Reads records; the last one for a domain counts.
Problem set_fallback(O& o, const Values& values) {
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    auto record = receiver::parse_fallback(*value);
    if (!record) return record.error();
    o.policy.fallback.add(*receiver::DomainPattern::parse(record->pattern), std::move(record->record));
  }
  return {};
}

constexpr Option kCheckRows[] = {
    {{.name = "ip",
      .aliases = "ip-address ipv4 ipv6",
      .letter = 'i',
      .argument = "ADDRESS",
      .heading = "The request",
      .help = "the SMTP client, IPv4 or IPv6"},
     kAny<&O::ip>},
    {{.name = "sender",
      .aliases = "mfrom mail-from",
      .letter = 'm',
      .argument = "MAILBOX",
      .help = "check the MAIL FROM identity; a domain alone means postmaster at that domain; empty or <>: the HELO identity is "
              "checked"},
     {set_sender}},
    {{.name = "helo",
      .aliases = "helo-identity helo-id",
      .letter = 'h',
      .argument = "NAME",
      .help = "name that the client gave in HELO; without a sender: check the HELO identity"},
     kAny<&O::helo>},
    {{.name = "identity",
      .aliases = "id",
      .argument = "IDENTITY",
      .help = "identity to check: a mailbox, or a HELO name if --scope is helo"},
     {set_identity}},
    {{.name = "scope",
      .argument = "helo|mfrom",
      .help = "kind of --identity, or which of --sender and --helo to check (default: mfrom)"},
     kAny<&O::scope>},
    {{.name = {}, .letter = 's'}, {set_scope_or_sender}},
    {{.name = "receiver",
      .aliases = "hostname name",
      .argument = "NAME",
      .help = "receiving host, for texts, header and %{r} (default: this machine)"},
     kAny<&O::receiver>},
    {{.name = "rcpt-to", .letter = 'r', .argument = "MAILBOX", .help = "recipient: the MX hosts of its domain are never refused"},
     kAny<&O::recipient>},
    {{.name = "file",
      .letter = 'f',
      .argument = "FILE",
      .heading = "Many requests",
      .help = "ask for each line \"IP SENDER [HELO]\" of FILE, or of standard input (-); the answers have the order of the "
              "lines; empty lines and lines that begin with # are skipped; with --scope helo the second word is a HELO name"},
     kAny<&O::file>},
    {{.name = "jobs",
      .letter = 'j',
      .argument = "N",
      .help = "requests under way at the same time (default: 64; with --replay: 256)"},
     kNumber<1, 1000, &O::jobs>},
    {{.name = "keep-comments", .letter = 'k', .kind = Kind::optional, .help = "print the skipped lines too"},
     kOn<&O::keep_comments>},
    {{.name = "server",
      .argument = "ADDRESS",
      .heading = "Source of the answer",
      .help = "ask the spfd that listens there: PATH, HOST[:PORT], or unix:PATH and inet:HOST:PORT as in its --listen (default: "
              "spfquery evaluates by itself)"},
     {options::kServerAddress<&O::server>.set}},
    {{.name = "timeout", .argument = "TIME", .help = "time for one request, after which its result is temperror (default: 20s)"},
     kTimeUpTo<1, &O::timeout>},
    {{.name = "record",
      .aliases = "override",
      .kind = Kind::list,
      .argument = "NAME=TEXT",
      .heading = "When spfquery evaluates by itself",
      .help = "use TEXT instead of the TXT records of NAME, to try a record before it is published; may be given several times"},
     {add_records}},
    options::kZoneRow<&O::zones>,
    {options::kNameServerRow, options::kNameServers<&O::dns, &io::ResolverOptions::servers>},
    {options::kDnsTimeoutRow, kTimeUpTo<1, &O::dns, &io::ResolverOptions::try_timeout>},
    options::kDnsTriesRow<&O::dns>,
    options::kVoidLimitRow<&O::policy>,
    options::kVoidIpv6Row<&O::policy>,
    options::kPrefetchRow<&O::policy>,
    {{.name = "guess",
      .argument = "TERMS",
      .help = "SPF terms for a domain without a record, such as \"a/24 mx/24 ptr\"; a match changes none to neutral"},
     {set_terms<&Rules::guess>}},
    options::kGuessResultRow<&O::policy>,
    {{.name = "local",
      .aliases = "local-terms",
      .argument = "TERMS",
      .help = "SPF terms inserted before the last \"all\" of the record"},
     {set_terms<&Rules::local>}},
    {{.name = "trusted-forwarders",
      .argument = "TERMS",
      .help = "SPF terms: for clients that match, fail and softfail become neutral"},
     {set_terms<&Rules::forwarders>}},
    {{.name = "trusted",
      .aliases = "tfwl",
      .kind = Kind::optional,
      .argument = "[=TERMS]",
      .help = "the same; without terms it has no effect, since the public list of earlier versions no longer exists"},
     {set_trusted}},
    options::kForwarderResultRow<&O::policy>,
    {{.name = "authorize-mxes-for",
      .argument = "DOMAIN[,DOMAIN]...",
      .help = "domains or mailboxes whose MX hosts are never refused"},
     {set_authorized}},
    {options::kFallbackRow, {set_fallback}},
    {options::kExplanationRow, {set_explanation}},
};

}  // namespace

void add_check_rows(options::Rows& rows) { options::add_rows(rows, kCheckRows); }

Problem set_authorized(O& o, const Values& v) {
  Values words = {"auto"};
  for (const std::string_view part : base::split(v.back(), ',')) {
    if (base::strip(part).empty()) continue;
    const auto domain = receiver::mailbox_domain(receiver::bare_sender(part));
    if (!domain || domain->labels() < 2) return fmt::format("{} is neither a mailbox nor a domain", base::in_quotes(part));
    words.push_back("mx:" + std::string(domain->text()));
  }
  return options::read_terms(o.policy.rules.secondary_mx, words, true);
}

}  // namespace spfquery
