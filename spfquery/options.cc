#include "spfquery/options.h"

#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/dns/idna.h"
#include "common/receiver/receiver.h"
#include "common/spf/macro.h"

namespace spfquery {

namespace {

using Problem = std::optional<std::string>;
using Value = OptionRow::Value;

// ---- values --------------------------------------------------------------------------------------------------------------

Problem set_number(int& target, const std::string& value, unsigned long least, unsigned long most) {
  const auto number = base::parse_number(value, most);
  if (!number || *number < least) return fmt::format("{} is not a number from {} to {}", base::in_quotes(value), least, most);
  target = static_cast<int>(*number);
  return {};
}

// "20s", "500ms", "2m"; a bare number counts seconds.
Problem set_duration(std::chrono::milliseconds& target, const std::string& value) {
  constexpr unsigned long kMost = 3'600'000;  // ms
  std::string_view digits = value;
  unsigned long unit = 1000;
  for (const auto& [suffix, milliseconds] : {std::pair<std::string_view, unsigned long>{"ms", 1}, {"s", 1000}, {"m", 60'000}}) {
    if (!digits.ends_with(suffix)) continue;
    digits.remove_suffix(suffix.size());
    unit = milliseconds;
    break;
  }
  const auto number = base::parse_number(digits, kMost / unit);
  if (!number || *number == 0)
    return fmt::format("{} is not a time such as 20s, 500ms or 2m, up to an hour", base::in_quotes(value));
  target = std::chrono::milliseconds(*number * unit);
  return {};
}

Problem set_sender(Options& options, const std::string& value, bool is_identity) {
  options.sender = value;
  options.sender_is_identity = is_identity;
  return {};
}

// -s was the sender for Mail::SPF::Query, and is the scope for Mail::SPF, which tells them apart as we do.
Problem set_scope_or_sender(Options& options, const std::string& value) {
  const bool is_sender = value.empty() || value.find_first_of("@.<") != std::string::npos;
  if (is_sender) return set_sender(options, value, false);
  options.scope = value;
  return {};
}

Problem add_record(Options& options, const std::string& value) {
  const std::size_t equals = value.find('=');
  if (equals == std::string::npos) return fmt::format("{} is not NAME=TEXT", base::in_quotes(value));
  const std::string name = value.substr(0, equals);
  const auto ascii = dns::to_a_labels(name);
  const auto parsed = ascii ? dns::Name::parse(*ascii) : std::nullopt;
  if (!parsed || parsed->labels() < 2)
    return fmt::format("{} is no domain name with a dot, as NAME=TEXT wants", base::in_quotes(name));
  options.records.push_back({*parsed, value.substr(equals + 1)});
  return {};
}

Problem add_name_server(Options& options, const std::string& value) {
  const auto server = io::parse_name_server(value);
  if (!server) return server.error();
  options.name_servers.push_back(*server);
  return {};
}

Problem set_server(Options& options, const std::string& value) {
  auto address = parse_server_address(value);
  if (!address) return address.error();
  options.server = std::move(*address);
  return {};
}

Problem set_explanation(Options& options, const std::string& value) {
  auto parsed = spf::MacroString::parse(value, spf::MacroContext::explanation);
  if (!parsed) return parsed.error();
  options.spf.default_explanation = std::move(*parsed);
  return {};
}

Problem set_prefetch(Options& options, const std::string& value) {
  for (const auto& [word, prefetch] : {std::pair<std::string_view, spf::Prefetch>{"off", spf::Prefetch::off},
                                       {"records", spf::Prefetch::records},
                                       {"all", spf::Prefetch::all}}) {
    if (value != word) continue;
    options.spf.prefetch = prefetch;
    return {};
  }
  return fmt::format("{} is not one of: off, records, all", base::in_quotes(value));
}

Problem set_void_lookups_ipv6(Options& options, const std::string& value) {
  if (value != "count" && value != "ignore") return fmt::format("{} is not one of: count, ignore", base::in_quotes(value));
  options.spf.limits.void_lookups_ipv6 = value == "count";
  return {};
}

// "a/24 mx/24 ptr", also in the form of a record.
template <std::optional<receiver::Terms> receiver::Rules::*rule>
Problem set_terms(Options& options, const std::string& value) {
  constexpr std::string_view kVersion = "v=spf1 ";
  auto terms = receiver::parse_terms({base::starts_with_ignoring_case(value, kVersion) ? value.substr(kVersion.size()) : value});
  if (!terms) return terms.error();
  options.rules.*rule = std::move(*terms);
  return {};
}

// --trusted of old stood for one list of forwarders for everybody, which is gone.
Problem set_trusted(Options& options, const std::string& value) {
  if (value.empty() || value == "0" || value == "1") return {};
  return set_terms<&receiver::Rules::forwarders>(options, value);
}

template <std::optional<spf::Result> receiver::Rules::*rule>
Problem set_lift(Options& options, const std::string& value) {
  if (value != "neutral" && value != "pass") return fmt::format("{} is not one of: neutral, pass", base::in_quotes(value));
  options.rules.*rule = value == "pass" ? spf::Result::pass : spf::Result::neutral;
  return {};
}

Problem add_fallback(Options& options, const std::string& value) {
  auto record = receiver::parse_fallback(value);
  if (!record) return record.error();
  std::erase_if(options.fallback, [&](const auto& other) { return other.pattern == record->pattern; });
  options.fallback.push_back(std::move(*record));
  return {};
}

// Mailboxes or domains with commas between them, besides the recipient's.
Problem set_authorized(Options& options, const std::string& value) {
  std::vector<std::string> words = {"auto"};
  for (const std::string_view part : base::split(value, ',')) {
    if (base::strip(part).empty()) continue;
    const auto domain = receiver::mailbox_domain(receiver::bare_sender(part));
    if (!domain || domain->labels() < 2) return fmt::format("{} is no mailbox and no domain", base::in_quotes(part));
    words.push_back("mx:" + std::string(domain->text()));
  }
  auto terms = receiver::parse_terms(words, true);
  if (!terms) return terms.error();
  options.rules.secondary_mx = std::move(*terms);
  return {};
}

template <bool Options::*flag>
Problem turn_on(Options& options, const std::string& value) {
  options.*flag = value != "0";  // libspf2: -debug=0
  return {};
}

template <Options::Action action>
Problem act(Options& options, const std::string&) {
  options.action = action;
  return {};
}

template <auto Options::*target>
Problem set_text(Options& options, const std::string& value) {
  options.*target = value;
  return {};
}

// ---- rows ----------------------------------------------------------------------------------------------------------------

std::vector<OptionRow> make_table() {
  constexpr std::string_view kQuestion = "The question";
  constexpr std::string_view kMany = "Many questions";
  constexpr std::string_view kWho = "Who answers";
  constexpr std::string_view kEvaluation = "When spfquery evaluates itself";
  constexpr std::string_view kOutput = "Output";
  using O = Options;
  using V = std::string;

  return {
      {.names = {"ip", "ip-address", "ipv4", "ipv6"},
       .letter = 'i',
       .value = Value::needed,
       .argument = "ADDRESS",
       .group = kQuestion,
       .help = "the SMTP client, IPv4 or IPv6",
       .set = set_text<&O::ip>},
      {.names = {"sender", "mfrom", "mail-from"},
       .letter = 'm',
       .value = Value::needed,
       .argument = "MAILBOX",
       .group = kQuestion,
       .help =
           "check the MAIL FROM identity; a domain alone stands for postmaster there; empty or <>: the HELO identity is checked",
       .set = [](O& o, const V& v) { return set_sender(o, v, false); }},
      {.names = {"helo", "helo-identity", "helo-id"},
       .letter = 'h',
       .value = Value::needed,
       .argument = "NAME",
       .group = kQuestion,
       .help = "what the client said in HELO; without a sender: check the HELO identity",
       .set = set_text<&O::helo>},
      {.names = {"identity", "id"},
       .value = Value::needed,
       .argument = "IDENTITY",
       .group = kQuestion,
       .help = "the identity to check, a mailbox or a HELO name as --scope says",
       .set = [](O& o, const V& v) { return set_sender(o, v, true); }},
      {.names = {"scope"},
       .value = Value::needed,
       .argument = "helo|mfrom",
       .group = kQuestion,
       .help = "what --identity is, or which of --sender and --helo to check (default: mfrom)",
       .set = set_text<&O::scope>},
      {.names = {"receiver", "hostname", "name"},
       .value = Value::needed,
       .argument = "NAME",
       .group = kQuestion,
       .help = "the receiving host, for texts, header and %{r} (default: this machine)",
       .set = set_text<&O::receiver>},
      {.names = {"rcpt-to"},
       .letter = 'r',
       .value = Value::needed,
       .argument = "MAILBOX",
       .group = kQuestion,
       .help = "the recipient: the MX hosts of its domain are never refused",
       .set = set_text<&O::recipient>},

      {.names = {"file"},
       .letter = 'f',
       .value = Value::needed,
       .argument = "FILE",
       .group = kMany,
       .help = "ask for each line \"IP SENDER [HELO]\" of FILE, or of standard input (-); answers come in the order of the "
               "lines; empty "
               "lines and lines with # are skipped; with --scope helo the second word is a HELO name",
       .set = set_text<&O::file>},
      {.names = {"jobs"},
       .letter = 'j',
       .value = Value::needed,
       .argument = "N",
       .group = kMany,
       .help = "questions under way at the same time (default: 64)",
       .set = [](O& o, const V& v) { return set_number(o.jobs, v, 1, 1000); }},
      {.names = {"keep-comments"},
       .letter = 'k',
       .value = Value::optional,
       .group = kMany,
       .help = "print the skipped lines too",
       .set = turn_on<&O::keep_comments>},

      {.names = {"server"},
       .value = Value::needed,
       .argument = "ADDRESS",
       .group = kWho,
       .help = "ask the spfd that listens there: PATH, HOST[:PORT], or as its --listen says unix:PATH, inet:HOST:PORT (default: "
               "spfquery "
               "evaluates itself)",
       .set = set_server},
      {.names = {"timeout"},
       .value = Value::needed,
       .argument = "TIME",
       .group = kWho,
       .help = "for one question, after which it is temperror (default: 20s)",
       .set = [](O& o, const V& v) { return set_duration(o.timeout, v); }},

      {.names = {"record", "override"},
       .value = Value::needed,
       .argument = "NAME=TEXT",
       .group = kEvaluation,
       .help = "what if I published this: TEXT instead of the TXT records of NAME; may be given several times",
       .set = add_record},
      {.names = {"zone"},
       .value = Value::needed,
       .argument = "FILE",
       .group = kEvaluation,
       .help = "master file whose records are used before DNS; may be given several times",
       .set = [](O& o, const V& v) -> Problem {
         o.zones.push_back(v);
         return {};
       }},
      {.names = {"nameserver"},
       .value = Value::needed,
       .argument = "ADDRESS[:PORT]",
       .group = kEvaluation,
       .help = "server to ask; may be given several times (default: those of /etc/resolv.conf)",
       .set = add_name_server},
      {.names = {"dns-timeout"},
       .value = Value::needed,
       .argument = "TIME",
       .group = kEvaluation,
       .help = "for the first try of a DNS question; doubled with each further one (default: 1500ms)",
       .set = [](O& o, const V& v) { return set_duration(o.dns_timeout, v); }},
      {.names = {"dns-tries"},
       .value = Value::needed,
       .argument = "N",
       .group = kEvaluation,
       .help = "rounds over the servers until the time for a try is doubled no more (default: 3)",
       .set = [](O& o, const V& v) { return set_number(o.dns_tries, v, 1, 10); }},
      {.names = {"void-lookup-limit"},
       .value = Value::needed,
       .argument = "N",
       .group = kEvaluation,
       .help = "look-ups without an answer that a check may make (default: 2)",
       .set = [](O& o, const V& v) { return set_number(o.spf.limits.void_lookups, v, 0, 100); }},
      {.names = {"void-lookups-ipv6"},
       .value = Value::needed,
       .argument = "count|ignore",
       .group = kEvaluation,
       .help = "whether \"no AAAA record at a name\" counts in that limit (default: count)",
       .set = set_void_lookups_ipv6},
      {.names = {"prefetch"},
       .value = Value::needed,
       .argument = "off|records|all",
       .group = kEvaluation,
       .help = "what is asked ahead of its turn: nothing, TXT records, or whatever tells nothing about the mail (default: all)",
       .set = set_prefetch},
      {.names = {"guess"},
       .value = Value::needed,
       .argument = "TERMS",
       .group = kEvaluation,
       .help = "terms for a domain without a record, such as \"a/24 mx/24 ptr\": a match makes none neutral",
       .set = set_terms<&receiver::Rules::guess>},
      {.names = {"guess-result"},
       .value = Value::needed,
       .argument = "neutral|pass",
       .group = kEvaluation,
       .help = "what none becomes then (default: neutral)",
       .set = set_lift<&receiver::Rules::guess_result>},
      {.names = {"local", "local-terms"},
       .value = Value::needed,
       .argument = "TERMS",
       .group = kEvaluation,
       .help = "terms put in before the last \"all\" of the record",
       .set = set_terms<&receiver::Rules::local>},
      {.names = {"trusted-forwarders"},
       .value = Value::needed,
       .argument = "TERMS",
       .group = kEvaluation,
       .help = "clients that forward mail: fail and softfail become neutral",
       .set = set_terms<&receiver::Rules::forwarders>},
      {.names = {"trusted", "tfwl"},
       .value = Value::optional,
       .argument = "[=TERMS]",
       .group = kEvaluation,
       .help = "the same; without terms it has no effect, since the list of old is gone",
       .set = set_trusted},
      {.names = {"trusted-forwarder-result"},
       .value = Value::needed,
       .argument = "neutral|pass",
       .group = kEvaluation,
       .help = "what they become (default: neutral)",
       .set = set_lift<&receiver::Rules::forwarder_result>},
      {.names = {"authorize-mxes-for"},
       .value = Value::needed,
       .argument = "DOMAIN[,DOMAIN]...",
       .group = kEvaluation,
       .help = "domains or mailboxes whose MX hosts are never refused",
       .set = set_authorized},
      {.names = {"fallback"},
       .value = Value::needed,
       .argument = "DOMAIN=RECORD",
       .group = kEvaluation,
       .help = "record for a domain that has none; *.DOMAIN: for all names below it; may be given several times",
       .set = add_fallback},
      {.names = {"default-explanation", "def-exp"},
       .value = Value::needed,
       .argument = "TEXT",
       .group = kEvaluation,
       .help = "macro string that explains a fail for domains without an explanation",
       .set = set_explanation},

      {.names = {"trace"},
       .value = Value::none,
       .group = kOutput,
       .help =
           "print the evaluation as a tree before the answer: each term, what it asked, what came, what it decided, the counters",
       .set = turn_on<&O::trace>},
      {.names = {"verbose", "debug"},
       .value = Value::optional,
       .group = kOutput,
       .help = "the same on standard error",
       .set = turn_on<&O::verbose>},
      {.names = {"json"},
       .value = Value::none,
       .group = kOutput,
       .help = "an answer is one JSON object on a line",
       .set = turn_on<&O::json>},
      {.names = {"version"},
       .letter = 'V',
       .value = Value::none,
       .group = kOutput,
       .help = "print the version, and exit",
       .set = act<O::Action::version>},
      {.names = {"help"}, .value = Value::none, .group = kOutput, .help = "print this, and exit", .set = act<O::Action::help>},

      {.names = {}, .letter = 's', .value = Value::needed, .set = set_scope_or_sender},

      // No effect. Mail::SPF takes some of these as flags that libspf2 gives a value to, which is then a stray word.
      {.names = {"versions"}, .letter = 'v', .value = Value::needed},
      {.names = {"sanitize", "no-sanitize", "nosanitize"}, .value = Value::optional},
      {.names = {"no-keep-comments", "nokeep-comments", "no-debug", "nodebug"}, .value = Value::none},
      {.names = {"no-trusted", "notrusted", "no-tfwl", "notfwl"}, .value = Value::optional},
      {.names = {"enable-black-magic"}, .value = Value::none},
      {.names = {"max-lookup-count", "max-lookup", "max-dns-interactive-terms"}, .value = Value::needed},
      {.names = {"max-name-lookups-per-term"}, .value = Value::needed},
  };
}

// ---- the command line ----------------------------------------------------------------------------------------------------

// getopt(3) codes of the rows, above all characters.
constexpr int kFirstRow = 256;

int getopt_shape(Value value) {
  switch (value) {
    case Value::none: return no_argument;
    case Value::needed: return required_argument;
    case Value::optional: return optional_argument;
  }
  return no_argument;
}

const OptionRow* row_of(int code) {
  const std::vector<OptionRow>& table = option_table();
  const int index = code - kFirstRow;
  if (index >= 0 && static_cast<std::size_t>(index) < table.size()) return &table[static_cast<std::size_t>(index)];
  for (const OptionRow& row : table) {
    if (code != 0 && row.letter == code) return &row;
  }
  return nullptr;
}

// What belongs together, whichever order it came in.
Problem check(const Options& options) {
  if (options.action != Options::Action::ask) return {};
  if (options.file) {
    if (options.ip || options.sender) return "--file brings address and sender with it: leave out --ip and --sender";
    return {};
  }
  if (!options.ip) return "no address was given (--ip); --help tells more";
  if (!options.sender && !options.helo) return "neither a sender nor a HELO name was given (--sender, --helo); --help tells more";
  return {};
}

}  // namespace

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> table = make_table();
  return table;
}

base::Result<Options, std::string> parse_command_line(int argc, char** argv) {
  // getopt_long_only() is what libspf2's spfquery reads its words with: a value is the next word whatever it looks like,
  // one dash does for long names, and they may be shortened, as Perl's Getopt::Long allows too.
  std::vector<::option> long_names;
  std::string letters = "-:";  // stray words come as code 1; a missing value as ':'
  for (std::size_t i = 0; i < option_table().size(); ++i) {
    const OptionRow& row = option_table()[i];
    const int shape = getopt_shape(row.value);
    for (const std::string_view name : row.names)
      long_names.push_back({name.data(), shape, nullptr, kFirstRow + static_cast<int>(i)});
    if (row.letter == 0) continue;
    letters += row.letter;
    if (row.value == Value::needed) letters += ':';
  }
  long_names.push_back({nullptr, 0, nullptr, 0});

  Options options;
  auto explanation = spf::MacroString::parse(receiver::kDefaultExplanation, spf::MacroContext::explanation);
  if (explanation) options.spf.default_explanation = std::move(*explanation);
  if (auto problem = set_authorized(options, "")) return base::failure(*problem);
  optind = 0;
  opterr = 0;
  for (;;) {
    const int code = ::getopt_long_only(argc, argv, letters.c_str(), long_names.data(), nullptr);
    if (code == -1) break;
    if (code == 1) continue;  // a stray word
    const std::string word = base::clip(argv[optind - 1], 100);
    if (code == ':' && optopt == 'v') {  // Mail::SPF's -v has a value; without one it asks for ours
      options.action = Options::Action::version;
      continue;
    }
    if (code == ':') return base::failure(fmt::format("{}: the value is missing", word));
    if (code == '?') {
      if (optopt >= kFirstRow) return base::failure(fmt::format("{}: the option takes no value", word));
      return base::failure(fmt::format("{}: there is no such option, or it is short for several", word));
    }
    const OptionRow* row = row_of(code);
    if (row == nullptr || row->set == nullptr) continue;
    if (const auto problem = row->set(options, optarg == nullptr ? std::string() : optarg)) {
      return base::failure(
          fmt::format("--{}: {}", row->names.empty() ? std::string_view(&row->letter, 1) : row->names.front(), *problem));
    }
  }
  if (const auto problem = check(options)) return base::failure(*problem);
  options.spf.trace = options.trace || options.verbose;
  if (options.server && options.spf.trace) {
    return base::failure(std::string("--trace shows an evaluation of spfquery's own: leave out --server"));
  }
  return options;
}

}  // namespace spfquery
