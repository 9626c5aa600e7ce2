#include "spfquery/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/idna.h"
#include "common/io/file.h"
#include "common/options/command_line.h"
#include "common/options/groups.h"
#include "common/options/help.h"
#include "common/receiver/receiver.h"

namespace spfquery {

namespace {

using options::kAny;
using options::Kind;
using options::kNumber;
using options::kTimeUpTo;
using options::kWord;
using options::Problem;
using options::Values;
using receiver::Rules;
using O = Options;
using P = receiver::Policy;

// ---- values --------------------------------------------------------------------------------------------------------------

// The flag is off for the value 0: -debug=0 of libspf2.
template <bool O::*flag>
constexpr options::Access<O> kOn = {[](O& o, const Values& v) -> Problem {
  o.*flag = v.empty() || v.back() != "0";
  return {};
}};

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

// -v of Mail::SPF has a value; without a value it prints our version.
Problem set_versions(O& o, const Values& v) {
  if (v.empty()) o.action = O::Action::version;
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

Problem add_examined(O& o, const Values& values) {
  for (const std::string& value : values) {
    const auto name = parse_examined(value);
    if (!name) return name.error();
    o.examined.push_back(*name);
  }
  o.action = O::Action::examine;
  return {};
}

Problem set_examined_file(O& o, const Values& v) {
  o.examined_file = v.back();
  o.action = O::Action::examine;
  return {};
}

constexpr options::Word<maillog::Format> kFormatWords[] = {
    {"exim", maillog::Format::exim}, {"postfix", maillog::Format::postfix}, {"sendmail", maillog::Format::sendmail}};

Problem set_replay(O& o, const Values& v) {
  o.action = O::Action::replay;
  return options::read_word(o.replay.emplace(), v, kFormatWords);
}

Problem add_own(O& o, const Values& values) {
  constexpr std::size_t kMost = 100;
  for (const std::string& value : values) {
    const auto address = base::IpAddress::parse(value);
    if (!address) return fmt::format("{} is not an IP address", base::in_quotes(value));
    if (o.own.size() == kMost) return fmt::format("more than {} addresses", kMost);
    o.own.push_back(*address);
  }
  return {};
}

Problem read_subdomains(O& o, const Values& v) {
  constexpr std::size_t kMost = 1000;
  const auto text = io::read_file(v.back(), io::FileKind::any);
  if (!text) return text.error();
  for (const std::string_view line : base::split(*text, '\n')) {
    const std::string_view name = base::strip(line);
    if (name.empty() || name.starts_with('#')) continue;
    if (o.subdomains.size() == kMost) return fmt::format("{} has more than {} names", base::in_quotes(v.back()), kMost);
    const auto parsed = parse_examined(name);
    if (!parsed) return parsed.error();
    o.subdomains.push_back(*parsed);
  }
  return {};
}

Problem set_baseline(O& o, const Values& v) {
  o.mailbox.clear();
  o.baseline = maillog::Baseline::none;
  if (v.back() == "header") {
    o.baseline = maillog::Baseline::header;
  } else if (v.back() == "log") {
    o.baseline = maillog::Baseline::log;
  } else {
    return options::read_needed_text(o.mailbox, v);
  }
  return {};
}

Problem set_server(O& o, const Values& v) {
  auto address = io::parse_server_address(v.back());
  if (!address) return address.error();
  o.server = std::move(*address);
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

// Reads mailboxes or domains, separated by commas, whose MX hosts count in addition to the recipient's.
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

// ---- rows ----------------------------------------------------------------------------------------------------------------

constexpr Option kRows[] = {
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
     {set_server}},
    {{.name = "timeout", .argument = "TIME", .help = "time for one request, after which its result is temperror (default: 20s)"},
     kTimeUpTo<1, &O::timeout>},
    {{.name = "record",
      .aliases = "override",
      .kind = Kind::list,
      .argument = "NAME=TEXT",
      .heading = "When spfquery evaluates by itself",
      .help = "use TEXT instead of the TXT records of NAME, to try a record before it is published; may be given several times"},
     {add_records}},
    {{.name = "zone",
      .kind = Kind::list,
      .argument = "FILE",
      .help = "master file whose records take precedence over DNS; may be given several times"},
     options::kTexts<&O::zones>},
    {{.name = "nameserver",
      .kind = Kind::list,
      .argument = "ADDRESS[:PORT]",
      .help = "name server to ask; may be given several times (default: those of /etc/resolv.conf)"},
     options::kNameServers<&O::dns, &io::ResolverOptions::servers>},
    {{.name = "dns-timeout",
      .argument = "TIME",
      .help = "time for the first try of a DNS question; doubled in each further round over the servers (default: 1500ms)"},
     kTimeUpTo<1, &O::dns, &io::ResolverOptions::try_timeout>},
    {{.name = "dns-tries",
      .argument = "N",
      .help = "rounds over the servers after which the time for a try no longer grows (default: 3)"},
     kNumber<1, 10, &O::dns, &io::ResolverOptions::tries>},
    {{.name = "void-lookup-limit", .argument = "N", .help = "void lookups that a check may make (default: 2)"},
     kNumber<0, 100, &O::policy, &P::spf, &spf::Settings::limits, &spf::Limits::void_lookups>},
    {{.name = "void-lookups-ipv6",
      .argument = "count|ignore",
      .help = "whether \"no AAAA record at a name\" is a void lookup (default: count)"},
     kWord<options::kVoidWords, &O::policy, &P::spf, &spf::Settings::limits, &spf::Limits::void_lookups_ipv6>},
    {{.name = "prefetch",
      .argument = "off|records|all",
      .help = "DNS questions asked ahead of their turn: none, those for TXT records, or all that reveal nothing about the mail "
              "(default: all)"},
     kWord<options::kPrefetchWords, &O::policy, &P::spf, &spf::Settings::prefetch>},
    {{.name = "guess",
      .argument = "TERMS",
      .help = "SPF terms for a domain without a record, such as \"a/24 mx/24 ptr\"; a match changes none to neutral"},
     {set_terms<&Rules::guess>}},
    {{.name = "guess-result",
      .argument = "neutral|pass",
      .help = "result instead of none when the guess matches (default: neutral)"},
     kWord<options::kLiftWords, &O::policy, &P::rules, &Rules::guess_result>},
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
    {{.name = "trusted-forwarder-result",
      .argument = "neutral|pass",
      .help = "result instead of fail and softfail for a trusted forwarder (default: neutral)"},
     kWord<options::kLiftWords, &O::policy, &P::rules, &Rules::forwarder_result>},
    {{.name = "authorize-mxes-for",
      .argument = "DOMAIN[,DOMAIN]...",
      .help = "domains or mailboxes whose MX hosts are never refused"},
     {set_authorized}},
    {{.name = "fallback",
      .kind = Kind::list,
      .argument = "DOMAIN=RECORD",
      .help = "record for a domain that has none; *.DOMAIN: for all names below it; may be given several times"},
     {set_fallback}},
    {{.name = "default-explanation",
      .aliases = "def-exp",
      .argument = "TEXT",
      .help = "macro string that explains a fail for domains without an explanation"},
     {set_explanation}},
    {{.name = "lint",
      .kind = Kind::list,
      .argument = "DOMAIN",
      .heading = "Examining a record",
      .help = "examine the SPF record of DOMAIN, with all records that it leads to, and report its faults; may be given "
              "several times"},
     {add_examined}},
    {{.name = "lint-file",
      .argument = "FILE",
      .help = "examine the domain in each line of FILE, or of standard input (-), and print a line for each"},
     {set_examined_file}},
    {{.name = "diff",
      .argument = "TEXT",
      .help = "compare the record of the domain with TEXT: which networks gain or lose a pass, and the lookups before and after"},
     kAny<&O::new_record>},
    {{.name = "from",
      .kind = Kind::list,
      .argument = "ADDRESS",
      .help =
          "address from which the domain sends mail, which should pass; may be given several times. With --helo, the HELO name "
          "is checked too"},
     {add_own}},
    {{.name = "subdomains",
      .argument = "FILE",
      .help = "names, one per line, of which those below the domain should have a record if they have a mail server or address"},
     {read_subdomains}},
    {{.name = "authoritative", .kind = Kind::act, .help = "also ask each server of the domain's zone, and compare their records"},
     kOn<&O::authoritative>},
    {{.name = "networks",
      .argument = "FILE",
      .help = "networks and platforms that many customers share, instead of those of the package; see spf-lint(7)"},
     kAny<&O::networks>},
    {{.name = "sarif", .kind = Kind::act, .help = "print the reports as one log of SARIF 2.1.0, for CI systems"}, kOn<&O::sarif>},
    {{.name = "replay",
      .argument = "exim|postfix|sendmail",
      .heading = "Replaying a log",
      .help =
          "check the messages and refusals of the log files that follow (-: standard input) with the DNS of today; files may be "
          "compressed with gzip"},
     {set_replay}},
    {{.name = "config",
      .argument = "FILE",
      .help = "configuration file of spfd: report which mail its policy would refuse and defer today"},
     {options::kNeededText<&O::config>.set}},
    {{.name = "baseline",
      .argument = "header|log|FILE",
      .help = "compare with the results of the earlier checker: Received-SPF fields in the log, all lines of SPF checkers in the "
              "log, or the "
              "Received-SPF fields of a Maildir or mbox"},
     {set_baseline}},
    {{.name = "trace",
      .kind = Kind::act,
      .heading = "Output",
      .help = "print the evaluation as a tree before the answer: each term with its questions, answers, result and counters"},
     kOn<&O::trace>},
    {{.name = "why",
      .kind = Kind::act,
      .help = "explain the result after the answer: the term that decided, the nearest network that passes, and the smallest "
              "change of the record with which the client would pass"},
     kOn<&O::why>},
    {{.name = "verbose", .aliases = "debug", .kind = Kind::optional, .help = "print that tree on standard error"},
     kOn<&O::verbose>},
    {{.name = "json", .kind = Kind::act, .help = "print each answer as one JSON object on a line"}, kOn<&O::json>},
    options::kVersionRow<&O::action, O::Action::version>,
    options::kHelpRow<&O::action, O::Action::help, 0>,

    {{.name = {}, .letter = 's'}, {set_scope_or_sender}},

    // Options without effect. Some are flags in Mail::SPF but take a value in libspf2; that value is then a word without option.
    {{.name = "versions", .letter = 'v', .kind = Kind::last}, {set_versions}},
    {{.name = "sanitize", .aliases = "no-sanitize nosanitize", .kind = Kind::optional}},
    {{.name = "no-keep-comments", .aliases = "nokeep-comments no-debug nodebug", .kind = Kind::act}},
    {{.name = "no-trusted", .aliases = "notrusted no-tfwl notfwl", .kind = Kind::optional}},
    {{.name = "enable-black-magic", .kind = Kind::act}},
    {{.name = "max-lookup-count", .aliases = "max-lookup max-dns-interactive-terms"}},
    {{.name = "max-name-lookups-per-term"}},
};

// Checks combinations of options, whatever their order.
Problem check(const Options& options) {
  if (options.action == Options::Action::examine) {
    if (options.ip || options.file || options.sender) return "--lint examines a record: leave out --ip, --sender and --file";
    if (options.helo && !parse_examined(*options.helo)) return "--helo is not a domain name with a dot";
    if (options.new_record && options.examined.size() != 1) return "--diff compares the records of one domain: give one --lint";
    if (options.examined_file && !options.examined.empty()) return "--lint-file has the domains: leave out --lint";
    if (options.sarif && (options.json || options.examined_file || options.new_record))
      return "--sarif prints the reports of --lint: leave out --json, --lint-file and --diff";
    if (options.why) return "--why explains a check: leave out --lint";
    if (options.server) return "--lint is an examination of spfquery's own: leave out --server";
  }
  if (options.action == Options::Action::replay) {
    if (options.ip || options.file || options.sender || options.helo)
      return "--replay takes the requests from a log: leave out --ip, --sender, --helo and --file";
    if (options.server || options.policy.spf.trace || options.why)
      return "--replay checks by itself, and many: leave out --server, --trace, --verbose, --why";
    if (options.logs.empty()) return "--replay needs a log file, or - for standard input";
  }
  if (options.action != Options::Action::replay && (options.config || options.has_baseline()))
    return "--config and --baseline are for --replay";
  if (options.action != Options::Action::ask) return {};
  if (options.new_record || !options.own.empty() || !options.subdomains.empty() || options.authoritative || options.networks ||
      options.sarif)
    return "--diff, --from, --subdomains, --authoritative, --networks and --sarif belong to an examination: give --lint";
  if (options.file && (options.ip || options.sender)) return "--file has addresses and senders: leave out --ip and --sender";
  if (!options.file && !options.ip) return "no address was given (--ip); see --help";
  if (!options.file && !options.sender && !options.helo)
    return "neither a sender nor a HELO name was given (--sender, --helo); see --help";
  if (options.server && options.policy.spf.trace) return "--trace shows an evaluation of spfquery's own: leave out --server";
  return {};
}

// "--lint --file FILE", in any order, is "--lint-file FILE": --lint without a domain takes its domains from the file.
std::vector<std::string> with_lint_file(std::vector<std::string> words) {
  const auto lint = std::ranges::find_if(words, [](const std::string& word) { return word == "--lint" || word == "-lint"; });
  const auto file = std::ranges::find_if(words, [](const std::string& word) {
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    return name == "--file" || name == "-file" || name == "-f";
  });
  if (lint == words.end() || file == words.end() || (lint + 1 != words.end() && !(lint + 1)->starts_with('-'))) return words;
  const std::size_t equals = file->find('=');
  *file = "--lint-file" + (equals == std::string::npos ? std::string() : file->substr(equals));
  words.erase(lint);
  return words;
}

// Takes words without option. After --replay they are files; where neither --ip nor --lint nor --file is given, "ADDRESS [MAILBOX
// [HELO]]" is a check, "DOMAIN" an examination. Any others are ignored, as they always were.
Problem take_words(Options& options, const Values& words) {
  if (options.action == Options::Action::replay) options.logs = words;
  // --diff OLD NEW
  if (options.new_record && options.examined.size() == 1 && words.size() == 1) {
    options.records.push_back({options.examined.front(), std::exchange(*options.new_record, words.front())});
    return {};
  }
  const bool has_task = options.ip || options.file || options.action != Options::Action::ask;
  if (has_task || words.empty()) return {};
  if (base::IpAddress::parse(words.front())) {
    options.ip = words.front();
    if (words.size() > 1 && !options.sender) options.sender = words[1];
    if (words.size() > 2 && !options.helo) options.helo = words[2];
    return {};
  }
  const bool is_domain = words.size() == 1 && words.front().find('.') != std::string::npos && !options.sender && !options.helo;
  return is_domain ? add_examined(options, words) : Problem{};
}

}  // namespace

base::Result<dns::Name, std::string> parse_examined(std::string_view text) {
  const auto ascii = dns::to_a_labels(text.substr(text.rfind('@') + 1));  // of a mailbox, its domain
  auto name = ascii ? dns::Name::parse(*ascii) : std::nullopt;
  // DNS allows any octet in a label, but here a blank means that something else follows the name.
  const bool is_one_word =
      ascii && std::none_of(ascii->begin(), ascii->end(), [](char c) { return c == ' ' || !base::is_printable(c); });
  if (!name || name->labels() < 2 || !is_one_word)
    return base::failure(fmt::format("{} is not a domain name with a dot", base::in_quotes(text)));
  return *std::move(name);
}

const options::Rows& option_table() { return options::rows_of<kRows>(); }

base::Result<Options, std::string> parse_command_line(const std::vector<std::string>& words) {
  Options options;
  options.policy.spf.default_explanation = receiver::default_explanation();
  if (auto problem = set_authorized(options, {""})) return base::failure(*problem);
  options::CommandLine line = options::read_command_line(option_table(), with_lint_file(words));
  Values strays;
  for (const options::Setting& setting : line.settings) {
    if (setting.row == nullptr) {
      strays.push_back(setting.values.front());
    } else if (auto problem = apply(setting, options)) {
      return base::failure(std::move(*problem));
    }
  }
  if (line.error) return base::failure(std::move(*line.error));
  if (auto problem = take_words(options, strays)) return base::failure(std::move(*problem));
  options.policy.spf.trace = options.trace || options.verbose;
  if (auto problem = check(options)) return base::failure(std::move(*problem));
  return options;
}

std::string help_text() {
  std::string text =
      "Usage: spfquery --ip ADDRESS --sender MAILBOX [--helo NAME] [OPTION]...\n"
      "       spfquery --ip ADDRESS --helo NAME [OPTION]...\n"
      "       spfquery --file FILE [OPTION]...\n"
      "       spfquery --lint DOMAIN [OPTION]...\n"
      "       spfquery --lint-file FILE [OPTION]...\n"
      "       spfquery --replay exim|postfix|sendmail FILE... [OPTION]...\n"
      "       spfquery ADDRESS MAILBOX [NAME]\n"
      "       spfquery DOMAIN\n"
      "Asks whether the mail client at ADDRESS may send for MAILBOX or NAME (SPF, RFC 7208).\n"
      "With --lint, or a domain alone: examines the SPF record of DOMAIN.\n"
      "With --replay: checks the mail in the log of a mail server again.\n"
      "\n"
      "Examples:\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org --helo mail.example.org\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org --trace\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org --why\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org \\\n"
      "           --record 'example.org=v=spf1 ip4:192.0.2.0/24 -all'\n"
      "  spfquery --ip 2001:db8::1 --helo mail.example.org --server /run/spfd/spfd.sock\n"
      "  spfquery --file requests.txt --json > answers.json\n"
      "  spfquery --lint example.org --record 'example.org=v=spf1 mx -all'\n"
      "  spfquery --replay postfix --config /etc/spfd/spfd.conf /var/log/mail.log\n"
      "\n" +
      options::help(option_table());
  Values without_effect;
  for (const options::Row* row : option_table()) {
    if (row->help.empty() && !row->name.empty()) without_effect.push_back(fmt::format("--{}", row->name));
  }
  text += "\nLong options may have one dash (-ip=192.0.2.1). TIME is a number with ms, s or m.\n\n";
  text += options::wrapped(fmt::format("Accepted for compatibility, without effect: {}", fmt::join(without_effect, ", ")));
  return text +
         "\n"
         "The answer is four lines: result, text for the SMTP client, text for people, header.\n"
         "Exit code: 0 pass, 1 fail, 2 softfail, 3 neutral, 4 permerror, 5 temperror, 6 none,\n"
         "255 bad usage. With --lint: 0 no errors, 1 errors, 75 DNS was\n"
         "incomplete, 64 bad usage. With --file: that of the last request, or 255 if a line was bad.\n";
}

}  // namespace spfquery
