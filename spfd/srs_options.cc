#include "spfd/srs_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/srs/address.h"
#include "common/srs/domain_set.h"
#include "common/srs/hash.h"
#include "common/srs/stamp.h"
#include "spfd/option_setters.h"

namespace spfd {

namespace {

using O = Options;
using V = Values;
using Shape = OptionRow::Shape;

constexpr std::string_view kGroup = "Sender rewriting (SRS)";

Problem no_domain(std::string_view text) { return fmt::format("\"{}\" is no domain", base::printable(text)); }

// ",map=forward" may stand among the options of an address, or be the only one.
Problem set_addresses(O& o, const V& v) {
  o.srs.addresses.clear();
  for (const std::string& value : v) {
    std::string address = value;
    SrsAddress made;
    constexpr std::string_view kMap = ",map=";
    if (const std::size_t at = address.find(kMap); at != std::string::npos) {
      const std::size_t begin = at + kMap.size();
      const std::size_t end = std::min(address.find(',', begin), address.size());
      const std::string map = address.substr(begin, end - begin);
      if (map != "forward" && map != "reverse") return fmt::format("\"{}\": map is forward or reverse", base::printable(value));
      made.map = map == "forward" ? protocol::SrsMap::forward : protocol::SrsMap::reverse;
      address.erase(at, end - at);
    }
    auto parsed = parse_listen_address(address, kSigningMode);
    if (!parsed) return parsed.error();
    made.address = std::move(*parsed);
    o.srs.addresses.push_back(std::move(made));
  }
  return {};
}
V get_addresses(const O& o) {
  V texts;
  for (const SrsAddress& one : o.srs.addresses) {
    texts.push_back(listen_address_text(one.address) + (one.map == protocol::SrsMap::reverse ? ",map=reverse" : ""));
  }
  return texts;
}

template <std::vector<std::string> srs::Config::*domains>
Problem set_domains(O& o, const V& v) {
  srs::DomainSet known;
  for (const std::string& domain : v) {
    if (!known.add(domain)) return no_domain(domain);
  }
  o.srs.config.*domains = v;
  return {};
}
template <std::vector<std::string> srs::Config::*domains>
V get_domains(const O& o) {
  return o.srs.config.*domains;
}

Problem set_domain(O& o, const V& v) {
  if (!v.back().empty() && !srs::is_domain(v.back())) return no_domain(v.back());
  o.srs.config.rewriting_domain = v.back();
  return {};
}

Problem set_domain_for(O& o, const V& v) {
  auto& targets = o.srs.config.rewriting_domains;
  targets.clear();
  for (const std::string& text : v) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return fmt::format("\"{}\" is not DOMAIN=DOMAIN", base::printable(text));
    std::string domain = text.substr(0, equals);
    std::string target = text.substr(equals + 1);
    for (const std::string& one : {domain, target}) {
      if (!srs::is_domain(one)) return no_domain(one);
    }
    if (!targets.emplace(srs::comparable_domain(domain), std::move(target)).second)
      return base::printable(domain) + " stands there twice";
  }
  return {};
}
V get_domain_for(const O& o) {
  V texts;
  for (const auto& [domain, target] : o.srs.config.rewriting_domains) texts.push_back(fmt::format("{}={}", domain, target));
  return texts;
}

Problem set_separator(O& o, const V& v) {
  if (v.back().size() != 1 || std::string_view("=+-").find(v.back()) == std::string_view::npos)
    return fmt::format("\"{}\" is not one of: = + -", base::printable(v.back()));
  o.srs.config.separator = v.back().front();
  return {};
}

Problem set_on_fail(O& o, const V& v) {
  if (v.back() != "keep" && v.back() != "rewrite")
    return fmt::format("\"{}\" is not one of: keep rewrite", base::printable(v.back()));
  o.srs.rewrites_fail = v.back() == "rewrite";
  return {};
}

bool has_one_label(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return !domain.empty() && domain.find('.') == std::string_view::npos && domain.front() != '[';
}

// Mail that fails SPF may be taken.
bool takes_fail(const receiver::Rules& rules) {
  return rules.dry_run.value_or(false) || rules.mailfrom[static_cast<std::size_t>(spf::Result::fail)] == receiver::Action::accept;
}

Problem set_outgoing(O& o, const V& v) {
  o.srs.outgoing.clear();
  for (const std::string& text : v) {
    const auto address = base::IpAddress::parse(text);
    if (!address) return fmt::format("\"{}\" is no IP address", base::printable(text));
    o.srs.outgoing.push_back(*address);
  }
  return {};
}
V get_outgoing(const O& o) {
  V texts;
  for (const base::IpAddress& address : o.srs.outgoing) texts.push_back(address.text());
  return texts;
}

}  // namespace

std::vector<OptionRow> srs_rows() {
  return {
      {.name = "srs",
       .shape = Shape::list,
       .argument = "ADDRESS",
       .group = kGroup,
       .help =
           "address, as with --listen, where senders are rewritten for forwarding: srsd's lines, socketmap, and tcp_table, for "
           "which \",map=reverse\" turns addresses back; may be given several times",
       .set = set_addresses,
       .get = get_addresses},
      {.name = "srs-secret-file",
       .argument = "FILE",
       .group = kGroup,
       .help = "secrets, one a line: the first signs, all of them verify",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_text(o.srs.secret_file, v); },
       .get = [](const O& o) { return V{o.srs.secret_file}; }},
      {.name = "srs-domain",
       .argument = "DOMAIN",
       .group = kGroup,
       .help = "domain of rewritten senders (default: that of the address whose mail is forwarded, where it is told)",
       .reloadable = true,
       .set = set_domain,
       .get = [](const O& o) { return V{o.srs.config.rewriting_domain}; }},
      {.name = "srs-domain-for",
       .shape = Shape::list,
       .argument = "DOMAIN=DOMAIN",
       .group = kGroup,
       .help = "the same for mail forwarded from an address in the first domain; may be given several times",
       .reloadable = true,
       .is_table = true,
       .set = set_domain_for,
       .get = get_domain_for},
      {.name = "srs-local-domains",
       .shape = Shape::list,
       .argument = "DOMAIN",
       .group = kGroup,
       .help = "domain of ours, whose senders stay as they are; .DOMAIN: all names below it; may be given several times",
       .reloadable = true,
       .set = set_domains<&srs::Config::local_domains>,
       .get = get_domains<&srs::Config::local_domains>},
      {.name = "srs-exclude",
       .shape = Shape::list,
       .argument = "DOMAIN",
       .group = kGroup,
       .help = "domain of others whose senders stay as they are; .DOMAIN: all names below it; may be given several times",
       .reloadable = true,
       .set = set_domains<&srs::Config::excluded_domains>,
       .get = get_domains<&srs::Config::excluded_domains>},
      {.name = "srs-outgoing",
       .shape = Shape::list,
       .argument = "ADDRESS",
       .group = kGroup,
       .help = "address that our mail leaves from; a sender who passes SPF from all of them stays as it is; may be given several "
               "times (default: all senders are rewritten)",
       .reloadable = true,
       .set = set_outgoing,
       .get = get_outgoing},
      {.name = "srs-timeout",
       .argument = "TIME",
       .group = kGroup,
       .help = "time for that check, after which the sender is rewritten (default: 4s)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_duration(o.srs.timeout, v); },
       .get = [](const O& o) { return V{duration_text(o.srs.timeout)}; }},
      {.name = "srs-on-fail",
       .argument = "keep|rewrite",
       .group = kGroup,
       .help = "what to do with a sender whose message failed SPF here, where the mail server says so (default: keep)",
       .reloadable = true,
       .set = set_on_fail,
       .get = [](const O& o) { return V{o.srs.rewrites_fail ? "rewrite" : "keep"}; }},
      {.name = "srs-always-rewrite",
       .shape = Shape::flag,
       .group = kGroup,
       .help = "rewrite senders of our own domains too",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_bool(o.srs.config.always_rewrite, v); },
       .get = [](const O& o) { return get_bool(o.srs.config.always_rewrite); }},
      {.name = "srs-separator",
       .argument = "C",
       .group = kGroup,
       .help = "what follows SRS0 and SRS1: = + or - (default: =)",
       .reloadable = true,
       .set = set_separator,
       .get = [](const O& o) { return V{std::string(1, o.srs.config.separator)}; }},
      {.name = "srs-hash-length",
       .shape = Shape::number,
       .argument = "N",
       .group = kGroup,
       .help = "characters of the hash (default: 4)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_number(o.srs.config.hash_length, v, 1, srs::kMaxHash); },
       .get = [](const O& o) { return V{std::to_string(o.srs.config.hash_length)}; }},
      {.name = "srs-hash-min",
       .shape = Shape::number,
       .argument = "N",
       .group = kGroup,
       .help = "characters of the hash that an address needs to be turned back; 0: as many as are written (default: 0)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_number(o.srs.config.hash_min, v, 0, srs::kMaxHash); },
       .get = [](const O& o) { return V{std::to_string(o.srs.config.hash_min)}; }},
      {.name = "srs-no-slash",
       .shape = Shape::flag,
       .group = kGroup,
       .help = "write _ where a hash would have a /, which some servers refuse; both are turned back",
       .reloadable = true,
       .set =
           [](O& o, const V& v) {
             bool without = false;
             auto problem = set_bool(without, v);
             if (!problem) o.srs.config.hash_has_slash = !without;
             return problem;
           },
       .get = [](const O& o) { return get_bool(!o.srs.config.hash_has_slash); }},
      {.name = "srs-max-age",
       .shape = Shape::number,
       .argument = "DAYS",
       .group = kGroup,
       .help = "for how long addresses are turned back (default: 21)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_number(o.srs.config.max_age_days, v, 1, srs::kStampDays - 1); },
       .get = [](const O& o) { return V{std::to_string(o.srs.config.max_age_days)}; }},
      {.name = "srs-max-local-part",
       .shape = Shape::number,
       .argument = "N",
       .group = kGroup,
       .help =
           "octets that a new local part may have; a sender that would get a longer one is not rewritten (default: 254, as many "
           "as an address)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_number(o.srs.config.max_local_part, v, 1, srs::kMaxAddress); },
       .get = [](const O& o) { return V{std::to_string(o.srs.config.max_local_part)}; }},
      {.name = "srs-accept-exim",
       .shape = Shape::flag,
       .group = kGroup,
       .help = "turn back also what Exim's ${srs_encode} has made with one of the secrets",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_bool(o.srs.config.accept_exim, v); },
       .get = [](const O& o) { return get_bool(o.srs.config.accept_exim); }},
      {.name = "srs-check-recipients",
       .shape = Shape::flag,
       .group = kGroup,
       .help = "refuse recipients in the domains for rewritten senders that look rewritten and do not verify",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_bool(o.srs.checks_recipients, v); },
       .get = [](const O& o) { return get_bool(o.srs.checks_recipients); }},
      {.name = "srs-unwrap",
       .shape = Shape::flag,
       .group = kGroup,
       .help = "check the original sender of mail that comes back with a sender that we have rewritten",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_bool(o.srs.unwraps, v); },
       .get = [](const O& o) { return get_bool(o.srs.unwraps); }},
  };
}

std::optional<std::string> lacking(const SrsOptions& srs) {
  if (srs.secret_file.empty()) {
    if (!srs.addresses.empty()) return "srs needs srs-secret-file";
    if (srs.checks_recipients || srs.unwraps) return "srs-check-recipients and srs-unwrap need srs-secret-file";
  }
  if (srs.config.rewriting_domain.empty() && (srs.checks_recipients || srs.unwraps))
    return "srs-check-recipients and srs-unwrap need srs-domain";
  return {};
}

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
      takes_fail(options.rules) || std::any_of(options.sections.begin(), options.sections.end(),
                                               [](const auto& section) { return takes_fail(section.rules); });
  if (!srs.addresses.empty() && !srs.rewrites_fail && may_take_fail) {
    warnings.emplace_back(
        "srs: mail that fails SPF may be accepted (on-fail = \"tag\", dry-run), and mail servers cannot say so by tcp_table or "
        "socketmap: forged senders will be rewritten, and pass SPF at the next hop");
  }
  return warnings;
}

}  // namespace spfd
