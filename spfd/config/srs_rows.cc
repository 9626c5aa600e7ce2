// The options for sender rewriting (common/srs).
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "common/base/printable.h"
#include "common/options/fields.h"
#include "common/srs/address.h"
#include "common/srs/domain_set.h"
#include "common/srs/hash.h"
#include "common/srs/stamp.h"
#include "spfd/config/option_rows.h"
#include "spfd/config/options.h"

namespace spfd {

namespace {

using options::Kind;
using options::kNumber;
using options::kTruth;
using options::Problem;
using options::Values;
using options::When;
using options::Word;
using O = Options;

constexpr Word<bool> kFailWords[] = {{"keep", false}, {"rewrite", true}};

Problem no_domain(std::string_view text) { return base::in_quotes(text) + " is not a domain"; }

// ",map=forward" or ",map=reverse" may appear anywhere among the options of an address.
Problem set_addresses(O& o, const Values& v) {
  o.srs_addresses.clear();
  for (const std::string& value : v) {
    std::string address = value;
    SrsAddress made;
    constexpr std::string_view kMap = ",map=";
    if (const std::size_t at = address.find(kMap); at != std::string::npos) {
      const std::size_t begin = at + kMap.size();
      const std::size_t end = std::min(address.find(',', begin), address.size());
      const std::string map = address.substr(begin, end - begin);
      if (map != "forward" && map != "reverse") return base::in_quotes(value) + ": map is forward or reverse";
      made.map = map == "forward" ? protocol::SrsMap::forward : protocol::SrsMap::reverse;
      address.erase(at, end - at);
    }
    auto parsed = parse_listen_address(address, kSigningMode);
    if (!parsed) return parsed.error();
    made.address = std::move(*parsed);
    o.srs_addresses.push_back(std::move(made));
  }
  return {};
}
Values get_addresses(const O& o) {
  Values texts;
  for (const SrsAddress& one : o.srs_addresses) {
    texts.push_back(listen_address_text(one.address) + (one.map == protocol::SrsMap::reverse ? ",map=reverse" : ""));
  }
  return texts;
}

template <std::vector<std::string> srs::Config::*domains>
constexpr options::Access<O> kDomains = {[](O& o, const Values& v) -> Problem {
                                           srs::DomainSet known;
                                           for (const std::string& domain : v) {
                                             if (!known.add(domain)) return no_domain(domain);
                                           }
                                           o.srs.config.*domains = v;
                                           return {};
                                         },
                                         [](const O& o) { return o.srs.config.*domains; }};

Problem set_domain(O& o, const Values& v) {
  if (!v.back().empty() && !srs::is_domain(v.back())) return no_domain(v.back());
  o.srs.config.rewriting_domain = v.back();
  return {};
}

Problem set_domain_for(O& o, const Values& v) {
  auto& targets = o.srs.config.rewriting_domains;
  targets.clear();
  for (const std::string& text : v) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return base::in_quotes(text) + " is not DOMAIN=DOMAIN";
    std::string domain = text.substr(0, equals);
    std::string target = text.substr(equals + 1);
    for (const std::string& one : {domain, target}) {
      if (!srs::is_domain(one)) return no_domain(one);
    }
    if (!targets.emplace(srs::comparable_domain(domain), std::move(target)).second)
      return base::printable(domain) + " is given twice";
  }
  return {};
}
Values get_domain_for(const O& o) {
  Values texts;
  for (const auto& [domain, target] : o.srs.config.rewriting_domains) texts.push_back(fmt::format("{}={}", domain, target));
  return texts;
}

Problem set_separator(O& o, const Values& v) { return options::read_character(o.srs.config.separator, v, "=+-"); }
Values get_separator(const O& o) { return {std::string(1, o.srs.config.separator)}; }

Problem set_outgoing(O& o, const Values& v) {
  o.srs.next_hop.outgoing.clear();
  for (const std::string& text : v) {
    const auto address = base::IpAddress::parse(text);
    if (!address) return base::in_quotes(text) + " is not an IP address";
    o.srs.next_hop.outgoing.push_back(*address);
  }
  return {};
}
Values get_outgoing(const O& o) {
  Values texts;
  for (const base::IpAddress& address : o.srs.next_hop.outgoing) texts.push_back(address.text());
  return texts;
}

bool has_one_label(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return !domain.empty() && domain.find('.') == std::string_view::npos && domain.front() != '[';
}

// Returns whether mail that fails SPF may be accepted.
bool takes_fail(const receiver::Rules& rules) {
  return rules.dry_run.value_or(false) || rules.mailfrom[static_cast<std::size_t>(spf::Result::fail)] == receiver::Action::accept;
}

bool has_token(const receiver::Rules& rules) {
  return rules.why_url && rules.why_url->text().find(token::kPlaceholder) != std::string_view::npos;
}
bool uses_tokens(const Options& options) {
  return has_token(options.in_force.policy.rules) || std::any_of(options.sections.begin(), options.sections.end(),
                                                                 [](const auto& section) { return has_token(section.rules); });
}

// ---- rows ----------------------------------------------------------------------------------------------------------------

constexpr Option kSrsRows[] = {
    {{.name = "srs",
      .kind = Kind::list,
      .argument = "ADDRESS",
      .heading = "Sender rewriting (SRS)",
      .help = "address, as with --listen, for requests to rewrite senders: srsd's lines, socketmap and tcp_table, which turns "
              "addresses back with \",map=reverse\"; may be given several times",
      .when = When::start},
     {set_addresses, get_addresses}},
    {{.name = "srs-secret-file",
      .argument = "FILE",
      .help = "file with secrets, one per line: the first one signs, all of them verify"},
     options::kText<&O::srs, &SrsOptions::secret_file>},
    {{.name = "srs-domain",
      .argument = "DOMAIN",
      .help = "domain of rewritten senders (default: that of the address whose mail is forwarded, if the request names it)"},
     {set_domain, options::kText<&O::srs, &SrsOptions::config, &srs::Config::rewriting_domain>.get}},
    {{.name = "srs-domain-for",
      .kind = Kind::list,
      .argument = "DOMAIN=DOMAIN",
      .help = "domain of rewritten senders in mail forwarded from an address in the first domain; may be given several times",
      .is_table = true},
     {set_domain_for, get_domain_for}},
    {{.name = "srs-local-domains",
      .kind = Kind::list,
      .argument = "DOMAIN",
      .help = "domain of our own whose senders are not rewritten; .DOMAIN: all names below it; may be given several times"},
     kDomains<&srs::Config::local_domains>},
    {{.name = "srs-exclude",
      .kind = Kind::list,
      .argument = "DOMAIN",
      .help = "domain of others whose senders are not rewritten; .DOMAIN: all names below it; may be given several times"},
     kDomains<&srs::Config::excluded_domains>},
    {{.name = "srs-outgoing",
      .kind = Kind::list,
      .argument = "ADDRESS",
      .help = "address from which our mail leaves; a sender that passes SPF from all of them is not rewritten; may be given "
              "several times (default: all senders are rewritten)"},
     {set_outgoing, get_outgoing}},
    {{.name = "srs-timeout",
      .argument = "TIME",
      .help = "time for that check, after which the sender is rewritten (default: 4s)"},
     options::kTime<&O::in_force, &Snapshot::timeouts, &Timeouts::srs>},
    {{.name = "srs-on-fail",
      .argument = "keep|rewrite",
      .help = "action for the sender of a message that failed SPF here, if the mail server reports it (default: keep)"},
     options::kWord<kFailWords, &O::srs, &SrsOptions::rewrites_fail>},
    {{.name = "srs-always-rewrite", .kind = Kind::flag, .help = "rewrite senders of our own domains too"},
     kTruth<&O::srs, &SrsOptions::config, &srs::Config::always_rewrite>},
    {{.name = "srs-separator", .argument = "C", .help = "character after SRS0 and SRS1: = + or - (default: =)"},
     {set_separator, get_separator}},
    {{.name = "srs-hash-length", .kind = Kind::number, .argument = "N", .help = "characters of the hash (default: 4)"},
     kNumber<1, srs::kMaxHash, &O::srs, &SrsOptions::config, &srs::Config::hash_length>},
    {{.name = "srs-hash-min",
      .kind = Kind::number,
      .argument = "N",
      .help = "characters of the hash that are required to turn an address back; 0: as many as are written (default: 0)"},
     kNumber<0, srs::kMaxHash, &O::srs, &SrsOptions::config, &srs::Config::hash_min>},
    {{.name = "srs-no-slash",
      .kind = Kind::flag,
      .help = "write _ instead of / in hashes, since some servers refuse /; both are turned back"},
     options::kUntruth<&O::srs, &SrsOptions::config, &srs::Config::hash_has_slash>},
    {{.name = "srs-max-age",
      .kind = Kind::number,
      .argument = "DAYS",
      .help = "days for which addresses are turned back (default: 21)"},
     kNumber<1, srs::kStampDays - 1, &O::srs, &SrsOptions::config, &srs::Config::max_age_days>},
    {{.name = "srs-max-local-part",
      .kind = Kind::number,
      .argument = "N",
      .help = "octets that a new local part may have; a sender that would need more is not rewritten (default: 254, the limit of "
              "an address)"},
     kNumber<1, srs::kMaxAddress, &O::srs, &SrsOptions::config, &srs::Config::max_local_part>},
    {{.name = "srs-accept-exim",
      .kind = Kind::flag,
      .help = "also turn back addresses that Exim's ${srs_encode} has made with one of the secrets"},
     kTruth<&O::srs, &SrsOptions::config, &srs::Config::accept_exim>},
    {{.name = "srs-check-recipients",
      .kind = Kind::flag,
      .help = "refuse recipients in the domains of rewritten senders that look rewritten and do not verify"},
     kTruth<&O::in_force, &Snapshot::policy, &receiver::Policy::own_addresses, &receiver::OwnAddresses::checks_recipients>},
    {{.name = "srs-unwrap",
      .kind = Kind::flag,
      .help = "check the original sender of mail that returns with a sender that we have rewritten"},
     kTruth<&O::in_force, &Snapshot::policy, &receiver::Policy::own_addresses, &receiver::OwnAddresses::unwraps>},
};

}  // namespace

void add_srs_rows(options::Rows& rows) { options::add_rows(rows, kSrsRows); }

std::optional<std::string> lacking(const Options& options) {
  if (options.why_key_file.empty() && uses_tokens(options)) return "why-url with {token} needs why-key-file";
  const SrsOptions& srs = options.srs;
  const receiver::OwnAddresses& own = options.in_force.policy.own_addresses;
  if (srs.secret_file.empty()) {
    if (!options.srs_addresses.empty()) return "srs needs srs-secret-file";
    if (own.checks_recipients || own.unwraps) return "srs-check-recipients and srs-unwrap need srs-secret-file";
  }
  if (srs.config.rewriting_domain.empty() && (own.checks_recipients || own.unwraps))
    return "srs-check-recipients and srs-unwrap need srs-domain";
  return {};
}

bool holds_secrets(const Options& options) { return !options.srs.secret_file.empty() || !options.why_key_file.empty(); }

std::vector<std::string> srs_warnings(const Options& options) {
  std::vector<std::string> warnings;
  const SrsOptions& srs = options.srs;
  const auto warn_of_label = [&](std::string_view option, const std::string& domain) {
    if (!has_one_label(domain)) return;
    warnings.push_back(fmt::format("{}: {} has one label only, so bounces from other hosts will not come back", option,
                                   base::in_quotes(domain)));
  };
  warn_of_label("srs-domain", srs.config.rewriting_domain);
  for (const auto& [domain, target] : srs.config.rewriting_domains) warn_of_label("srs-domain-for", target);
  const bool may_take_fail =
      takes_fail(options.in_force.policy.rules) || std::any_of(options.sections.begin(), options.sections.end(),
                                                               [](const auto& section) { return takes_fail(section.rules); });
  if (!options.srs_addresses.empty() && !srs.rewrites_fail && may_take_fail) {
    warnings.emplace_back(
        "srs: mail that fails SPF may be accepted (on-fail = \"tag\", dry-run), and mail servers cannot report it by tcp_table "
        "or "
        "socketmap: forged senders will be rewritten, and pass SPF at the next hop");
  }
  return warnings;
}

}  // namespace spfd
