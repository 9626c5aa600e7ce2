#include "spfd/options.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.h"
#include "common/receiver/receiver.h"
#include "common/spf/macro.h"
#include "spfd/option_setters.h"
#include "spfd/option_values.h"
#include "spfd/policy_options.h"
#include "spfd/srs_options.h"

namespace spfd {

namespace {

using Shape = OptionRow::Shape;

constexpr Words<bool, 2> kVoidWords = {{{"count", true}, {"ignore", false}}};
constexpr Words<spf::Prefetch, 3> kPrefetchWords = {
    {{"off", spf::Prefetch::off}, {"records", spf::Prefetch::records}, {"all", spf::Prefetch::all}}};
constexpr Words<LogTarget, 2> kLogWords = {{{"stderr", LogTarget::standard_error}, {"syslog", LogTarget::syslog}}};
constexpr Words<LogLevel, 4> kLevelWords = {
    {{"error", LogLevel::error}, {"warning", LogLevel::warning}, {"info", LogLevel::info}, {"debug", LogLevel::debug}}};
constexpr Words<spf::Result, 3> kBadQuestionWords = {
    {{"permerror", spf::Result::permerror}, {"temperror", spf::Result::temperror}, {"none", spf::Result::none}}};
constexpr Words<bool, 2> kCheckAtWords = {{{"mail", false}, {"rcpt", true}}};
constexpr Words<protocol::DoorOptions::Header, 3> kHeaderWords = {
    {{"received-spf", protocol::DoorOptions::Header::received_spf},
     {"authentication-results", protocol::DoorOptions::Header::authentication_results},
     {"none", protocol::DoorOptions::Header::none}}};
constexpr std::array<std::string_view, 11> kFacilities = {"mail",   "daemon", "user",   "local0", "local1", "local2",
                                                          "local3", "local4", "local5", "local6", "local7"};

constexpr std::string_view kDns = "DNS";

// ---- rows -------------------------------------------------------------------------------------------------------------

Problem add_addresses(std::vector<ListenAddress>& addresses, const Values& values) {
  for (const std::string& value : values) {
    auto address = parse_listen_address(value);
    if (!address) return address.error();
    addresses.push_back(std::move(*address));
  }
  return {};
}

Values address_texts(const std::vector<ListenAddress>& addresses) {
  Values values;
  for (const ListenAddress& address : addresses) values.push_back(listen_address_text(address));
  return values;
}

// It is put into an answer to Postfix, so it must be one word; and it must not be the word that ends all restrictions.
Problem set_on_pass(Options& options, const Values& values) {
  constexpr std::size_t kMaxName = 64;
  const std::string& name = values.back();
  const auto is_part = [](char c) { return base::is_alphanumeric(c) || c == '_'; };
  const bool is_name = name.empty() || (base::is_alpha(name.front()) && std::all_of(name.begin(), name.end(), is_part));
  if (!is_name || name.size() > kMaxName) {
    return fmt::format("{} is not a name of at most {} letters, digits and underscores", base::in_quotes(name), kMaxName);
  }
  for (const std::string_view word : {"ok", "permit", "relay"}) {
    if (!base::equals_ignoring_case(name, word)) continue;
    return fmt::format("{} would accept a recipient whatever the other restrictions say; name a restriction class", name);
  }
  options.doors.policy_on_pass = name;
  return {};
}

Problem set_name_servers(Options& options, const Values& values) {
  for (const std::string& value : values) {
    const auto server = io::parse_name_server(value);
    if (!server) return server.error();
    options.name_servers.push_back(*server);
  }
  return {};
}

Values get_name_servers(const Options& options) {
  Values values;
  for (const io::NameServer& server : options.name_servers) values.push_back(io::name_server_text(server));
  return values;
}

Problem set_explanation(Options& options, const Values& values) {
  auto parsed = spf::MacroString::parse(values.back(), spf::MacroContext::explanation);
  if (!parsed) return parsed.error();
  if (auto problem = set_text(options.default_explanation, values)) return problem;
  options.rules.explanation = std::move(*parsed);
  return {};
}

std::vector<OptionRow> make_table() {
  constexpr std::string_view kListening = "Listening";
  constexpr std::string_view kProcess = "Process";
  constexpr std::string_view kClients = "Clients and their questions";
  constexpr std::string_view kSpf = "SPF";
  constexpr std::string_view kLog = "Log";
  constexpr std::string_view kConfiguration = "Configuration";
  using O = Options;
  using V = Values;

  return {
      {.name = "listen",
       .shape = Shape::list,
       .argument = "ADDRESS",
       .group = kListening,
       .help = "unix:PATH[,mode=0660][,user=U][,group=G] or inet:HOST:PORT; may be given several times (default: "
               "inet:127.0.0.1:5970, if neither --milter nor --srs is given)",
       .topic = "listen",
       .set = [](O& o, const V& v) { return add_addresses(o.listen, v); },
       .get = [](const O& o) { return address_texts(o.listen); }},
      {.name = "milter",
       .shape = Shape::list,
       .argument = "ADDRESS",
       .group = kListening,
       .help = "address, as with --listen, where Sendmail and Postfix speak the milter protocol; may be given several times",
       .set = [](O& o, const V& v) { return add_addresses(o.milter, v); },
       .get = [](const O& o) { return address_texts(o.milter); }},
      {.name = "port",
       .other_names = {"tcpport"},
       .letter = 'p',
       .shape = Shape::number,
       .argument = "N",
       .group = kListening,
       .help = "as --listen inet:127.0.0.1:N",
       .topic = "listen",
       .set = [](O& o, const V& v) -> Problem { return set_number(o.legacy_port.emplace(), v, 0, 65535); }},
      {.name = "socket",
       .other_names = {"path"},
       .letter = 's',
       .argument = "FILE",
       .group = kListening,
       .help = "as --listen unix:FILE",
       .topic = "listen",
       .set = [](O& o, const V& v) -> Problem { return set_needed_text(o.legacy_socket.emplace(), v); }},
      {.name = "socket-user",
       .other_names = {"pathuser"},
       .argument = "USER",
       .group = kListening,
       .help = "owner of the socket file of --socket",
       .set = [](O& o, const V& v) { return set_text(o.legacy_socket_user, v); }},
      {.name = "socket-group",
       .other_names = {"pathgroup"},
       .argument = "GROUP",
       .group = kListening,
       .help = "group of the socket file of --socket",
       .set = [](O& o, const V& v) { return set_text(o.legacy_socket_group, v); }},
      {.name = "socket-perms",
       .other_names = {"pathmode"},
       .argument = "MODE",
       .group = kListening,
       .help = "mode of the socket file of --socket, octal (default: 0666)",
       .set = [](O& o, const V& v) -> Problem {
         o.legacy_socket_mode = parse_mode(v.back());
         return o.legacy_socket_mode ? Problem{} : bad_mode(v.back());
       }},

      {.name = "user",
       .other_names = {"set-user", "setuser"},
       .letter = 'u',
       .argument = "USER",
       .group = kProcess,
       .help = "the user to become after the sockets are open",
       .set = [](O& o, const V& v) { return set_text(o.user, v); },
       .get = [](const O& o) { return V{o.user}; }},
      {.name = "group",
       .other_names = {"set-group", "setgroup"},
       .argument = "GROUP",
       .group = kProcess,
       .help = "the group to become (default: that of the user)",
       .set = [](O& o, const V& v) { return set_text(o.group, v); },
       .get = [](const O& o) { return V{o.group}; }},
      {.name = "workers",
       .shape = Shape::number,
       .argument = "N",
       .group = kProcess,
       .help = "threads that answer (default: one a core, at most 4)",
       .set = [](O& o, const V& v) { return set_number(o.workers, v, 0, 64); },
       .get = [](const O& o) { return V{std::to_string(o.workers)}; }},
      {.name = "pid-file",
       .argument = "FILE",
       .group = kProcess,
       .help = "write the process id there",
       .set = [](O& o, const V& v) { return set_text(o.pid_file, v); },
       .get = [](const O& o) { return V{o.pid_file}; }},
      {.name = "take-over",
       .shape = Shape::flag,
       .group = kProcess,
       .help = "replace an spfd that listens on a UNIX socket of ours, without a moment in which nobody does",
       .set = [](O& o, const V& v) { return set_bool(o.takes_over, v); },
       .get = [](const O& o) { return get_bool(o.takes_over); }},

      {.name = "timeout",
       .argument = "TIME",
       .group = kClients,
       .help = "time for one check, after which it is temperror (default: 20s)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_duration(o.timeout, v); },
       .get = [](const O& o) { return V{duration_text(o.timeout)}; }},
      {.name = "idle-timeout",
       .argument = "TIME",
       .group = kClients,
       .help = "time for a client to ask a complete question (default: 60s)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_duration(o.idle_timeout, v); },
       .get = [](const O& o) { return V{duration_text(o.idle_timeout)}; }},
      {.name = "mta-idle-timeout",
       .argument = "TIME",
       .group = kClients,
       .help = "time that a connection may be idle which Postfix or a milter's MTA keeps open (default: 2h)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_duration(o.mta_idle_timeout, v); },
       .get = [](const O& o) { return V{duration_text(o.mta_idle_timeout)}; }},
      {.name = "write-timeout",
       .argument = "TIME",
       .group = kClients,
       .help = "time for a client to take its answer (default: 20s)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_duration(o.write_timeout, v); },
       .get = [](const O& o) { return V{duration_text(o.write_timeout)}; }},
      {.name = "max-connections",
       .shape = Shape::number,
       .argument = "N",
       .group = kClients,
       .help = "connections at a time; further ones wait (default: 10000)",
       .set = [](O& o, const V& v) { return set_number(o.max_connections, v, 1, 1'000'000); },
       .get = [](const O& o) { return V{std::to_string(o.max_connections)}; }},
      {.name = "legacy-results",
       .shape = Shape::flag,
       .group = kClients,
       .help = "answer \"unknown\" and \"error\" for permerror and temperror, as Mail::SPF::Query did",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_bool(o.doors.legacy_results, v); },
       .get = [](const O& o) { return get_bool(o.doors.legacy_results); }},
      {.name = "bad-question-result",
       .argument = "RESULT",
       .group = kClients,
       .help = "result for a question that cannot be understood: permerror, temperror or none (default: temperror)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_word(o.bad_question_result, v, kBadQuestionWords); },
       .get = [](const O& o) { return get_word(o.bad_question_result, kBadQuestionWords); }},

      {.name = "mta-header",
       .argument = "HEADER",
       .group = kClients,
       .help = "header that Postfix and milters are told to add: received-spf, authentication-results or none (default: "
               "received-spf)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_word(o.doors.header, v, kHeaderWords); },
       .get = [](const O& o) { return get_word(o.doors.header, kHeaderWords); }},
      {.name = "policy-defer-if-permit",
       .shape = Shape::flag,
       .group = kClients,
       .help = "tell Postfix to defer for a temperror only what its further restrictions permit",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_bool(o.doors.policy_defer_if_permit, v); },
       .get = [](const O& o) { return get_bool(o.doors.policy_defer_if_permit); }},
      {.name = "on-pass",
       .argument = "NAME",
       .group = kClients,
       .help = "Postfix's action for a pass, such as a restriction class that skips greylisting (default: DUNNO)",
       .reloadable = true,
       .set = set_on_pass,
       .get = [](const O& o) { return V{o.doors.policy_on_pass}; }},
      {.name = "milter-check-at",
       .argument = "mail|rcpt",
       .group = kClients,
       .help = "when milters check: at MAIL, or at each recipient, as rules for recipients' domains need it (default: mail)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_word(o.doors.milter_at_recipient, v, kCheckAtWords); },
       .get = [](const O& o) { return get_word(o.doors.milter_at_recipient, kCheckAtWords); }},
      {.name = "milter-remove-forged",
       .shape = Shape::flag,
       .group = kClients,
       .help = "have milters' MTAs remove Authentication-Results and Received-SPF in our own name from incoming mail",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_bool(o.doors.milter_remove_forged, v); },
       .get = [](const O& o) { return get_bool(o.doors.milter_remove_forged); }},

      {.name = "hostname",
       .argument = "NAME",
       .group = kSpf,
       .help = "name of this host in headers and texts (default: that of the machine)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_text(o.hostname, v); },
       .get = [](const O& o) { return V{o.hostname}; }},
      {.name = "default-explanation",
       .other_names = {"def-exp"},
       .argument = "TEXT",
       .group = kSpf,
       .help = "macro string that explains a fail for domains without an explanation",
       .reloadable = true,
       .for_domains = true,
       .set = set_explanation,
       .get = [](const O& o) { return V{o.default_explanation}; }},
      {.name = "void-lookup-limit",
       .shape = Shape::number,
       .argument = "N",
       .group = kSpf,
       .help = "look-ups without an answer that a check may make (default: 2)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_number(o.void_lookup_limit, v, 0, 100); },
       .get = [](const O& o) { return V{std::to_string(o.void_lookup_limit)}; }},
      {.name = "void-lookups-ipv6",
       .argument = "count|ignore",
       .group = kSpf,
       .help = "whether \"no AAAA record at a name\" counts in that limit (default: count)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_word(o.void_lookups_ipv6, v, kVoidWords); },
       .get = [](const O& o) { return get_word(o.void_lookups_ipv6, kVoidWords); }},
      {.name = "prefetch",
       .argument = "off|records|all",
       .group = kSpf,
       .help = "what is asked ahead of its turn: nothing, TXT records, or whatever tells nothing about the mail (default: all)",
       .reloadable = true,
       .set = [](O& o, const V& v) { return set_word(o.prefetch, v, kPrefetchWords); },
       .get = [](const O& o) { return get_word(o.prefetch, kPrefetchWords); }},

      {.name = "nameserver",
       .shape = Shape::list,
       .argument = "ADDRESS[:PORT]",
       .group = kDns,
       .help = "server to ask; may be given several times (default: those of /etc/resolv.conf)",
       .reloadable = true,
       .set = set_name_servers,
       .get = get_name_servers},
      {.name = "zone",
       .shape = Shape::list,
       .argument = "FILE",
       .group = kDns,
       .help = "master file whose records are used before DNS; may be given several times",
       .reloadable = true,
       .set = [](O& o, const V& v) -> Problem {
         o.zones = v;
         return {};
       },
       .get = [](const O& o) { return o.zones; }},
      {.name = "cache-size",
       .argument = "BYTES",
       .group = kDns,
       .help = "memory for DNS answers, with K, M or G; 0 for none (default: 64M)",
       .set = [](O& o, const V& v) -> Problem {
         const auto size = parse_size(v.back());
         if (!size) return fmt::format("\"{}\" is not a size such as 64M", base::printable(v.back()));
         o.cache_size = *size;
         return {};
       },
       .get = [](const O& o) { return V{size_text(o.cache_size)}; }},
      {.name = "dns-timeout",
       .argument = "TIME",
       .group = kDns,
       .help = "time for the first try of a DNS question; doubled with each further one (default: 1500ms)",
       .set = [](O& o, const V& v) { return set_duration(o.dns_timeout, v); },
       .get = [](const O& o) { return V{duration_text(o.dns_timeout)}; }},
      {.name = "dns-tries",
       .shape = Shape::number,
       .argument = "N",
       .group = kDns,
       .help = "rounds over the servers until the time for a try is doubled no more (default: 3)",
       .set = [](O& o, const V& v) { return set_number(o.dns_tries, v, 1, 10); },
       .get = [](const O& o) { return V{std::to_string(o.dns_tries)}; }},

      {.name = "log",
       .argument = "stderr|syslog",
       .group = kLog,
       .help = "where the log goes (default: stderr)",
       .set = [](O& o, const V& v) { return set_word(o.log, v, kLogWords); },
       .get = [](const O& o) { return get_word(o.log, kLogWords); }},
      {.name = "log-level",
       .argument = "LEVEL",
       .group = kLog,
       .help = "error, warning, info (a line a verdict) or debug (default: info)",
       .reloadable = true,
       .topic = "log-level",
       .set = [](O& o, const V& v) { return set_word(o.log_level, v, kLevelWords); },
       .get = [](const O& o) { return get_word(o.log_level, kLevelWords); }},
      {.name = "debug",
       .shape = Shape::flag,
       .group = kLog,
       .help = "as --log-level debug",
       .reloadable = true,
       .topic = "log-level",
       .set = [](O& o, const V& v) -> Problem {
         // libspf2's spfd takes a number here.
         bool on = base::parse_number(v.back(), 1000).value_or(0) != 0;
         if (!base::parse_number(v.back(), 1000)) {
           if (auto problem = set_bool(on, v)) return problem;
         }
         if (on) o.log_level = LogLevel::debug;
         return {};
       }},
      {.name = "syslog-facility",
       .argument = "NAME",
       .group = kLog,
       .help = "mail, daemon, user, local0 ... local7 (default: mail)",
       .set = [](O& o, const V& v) -> Problem {
         if (std::find(kFacilities.begin(), kFacilities.end(), v.back()) == kFacilities.end()) {
           return fmt::format("\"{}\" is not one of: mail, daemon, user, local0 ... local7", base::printable(v.back()));
         }
         o.syslog_facility = v.back();
         return {};
       },
       .get = [](const O& o) { return V{o.syslog_facility}; }},

      {.name = "config",
       .argument = "FILE",
       .group = kConfiguration,
       .help = "configuration file (default: /etc/spfd/spfd.conf if it exists)",
       .in_file = false,
       .set = [](O& o, const V& v) { return set_needed_text(o.config.emplace(), v); }},
      {.name = "check-config",
       .shape = Shape::flag,
       .group = kConfiguration,
       .help = "check configuration and zone files, and exit",
       .in_file = false,
       .set = [](O& o, const V&) -> Problem {
         o.action = O::Action::check_config;
         return {};
       }},
      {.name = "dump-config",
       .shape = Shape::flag,
       .group = kConfiguration,
       .help = "print a configuration file with the values in force, and exit",
       .in_file = false,
       .set = [](O& o, const V&) -> Problem {
         o.action = O::Action::dump_config;
         return {};
       }},
      {.name = "new-srs-secret",
       .argument = "FILE",
       .group = kConfiguration,
       .help = "make a file with a new secret for --srs-secret-file, and exit",
       .in_file = false,
       .set = [](O& o, const V& v) -> Problem {
         o.action = O::Action::new_srs_secret;
         return set_needed_text(o.new_srs_secret, v);
       }},
      {.name = "version",
       .letter = 'V',
       .shape = Shape::flag,
       .group = kConfiguration,
       .help = "print the version, and exit",
       .in_file = false,
       .set = [](O& o, const V&) -> Problem {
         o.action = O::Action::version;
         return {};
       }},
      {.name = "help",
       .letter = 'h',
       .shape = Shape::flag,
       .group = kConfiguration,
       .help = "print this, and exit",
       .in_file = false,
       .set = [](O& o, const V&) -> Problem {
         o.action = O::Action::help;
         return {};
       }},
  };
}

std::string_view topic_of(const OptionRow& row) { return row.topic.empty() ? row.name : row.topic; }

// Turns the options of the Perl spfds into listen addresses.
Problem complete(Options& options) {
  if (options.legacy_socket) {
    if (options.legacy_socket->size() > kMaxSocketPath) return "the path of --socket is too long";
    UnixAddress address{.path = *options.legacy_socket, .user = options.legacy_socket_user, .group = options.legacy_socket_group};
    if (options.legacy_socket_mode) address.mode = *options.legacy_socket_mode;
    options.listen.emplace_back(std::move(address));
  } else if (options.legacy_socket_mode || !options.legacy_socket_user.empty() || !options.legacy_socket_group.empty()) {
    return "socket-user, socket-group and socket-perms need socket";
  }
  if (options.legacy_port) options.listen.emplace_back(InetAddress{"127.0.0.1", *options.legacy_port});
  if (options.listen.empty() && options.milter.empty() && options.srs.addresses.empty()) {
    options.listens_by_default = true;
    for (const char* loopback : {"127.0.0.1", "::1"}) options.listen.emplace_back(InetAddress{loopback, 5970});
  }
  return {};
}

base::Result<DomainSection, StartError> make_section(const DomainSection& section) {
  Options options;
  for (const Setting& setting : section.settings) {
    if (const auto problem = setting.row->set(options, setting.values)) {
      return base::failure(StartError{fmt::format("{}: {}", setting.place, *problem), EX_CONFIG});
    }
  }
  DomainSection made = section;
  made.rules = std::move(options.rules);
  return made;
}

}  // namespace

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> table = [] {
    auto rows = make_table();
    auto policy = policy_rows();
    auto srs = srs_rows();
    policy.insert(policy.end(), std::make_move_iterator(srs.begin()), std::make_move_iterator(srs.end()));
    const auto dns = std::find_if(rows.begin(), rows.end(), [](const OptionRow& row) { return row.group == kDns; });
    rows.insert(dns, std::make_move_iterator(policy.begin()), std::make_move_iterator(policy.end()));
    return rows;
  }();
  return table;
}

std::string_view section_name(DomainSection::Kind kind) { return kind == DomainSection::Kind::sender ? "sender" : "recipient"; }

const OptionRow* find_option(std::string_view name) {
  for (const OptionRow& row : option_table()) {
    if (row.name == name || std::find(row.other_names.begin(), row.other_names.end(), name) != row.other_names.end()) return &row;
  }
  return nullptr;
}

base::Result<Options, StartError> make_options(const FileSettings& from_file, const std::vector<Setting>& from_command_line) {
  Options options;
  options.default_explanation = receiver::kDefaultExplanation;
  const auto on_command_line = [&](const OptionRow& row) {
    return std::any_of(from_command_line.begin(), from_command_line.end(),
                       [&](const Setting& setting) { return topic_of(*setting.row) == topic_of(row); });
  };
  const auto apply = [&](const Setting& setting, int exit_code) -> std::optional<StartError> {
    const auto problem = setting.row->set(options, setting.values);
    if (problem) return StartError{fmt::format("{}: {}", setting.place, *problem), exit_code};
    return {};
  };
  for (const Setting& setting : from_file.settings) {
    // A value of the file is checked also where the command line has a better one.
    Options unused;
    if (const auto problem = setting.row->set(unused, setting.values)) {
      return base::failure(StartError{fmt::format("{}: {}", setting.place, *problem), EX_CONFIG});
    }
    if (on_command_line(*setting.row)) continue;
    if (auto error = apply(setting, EX_CONFIG)) return base::failure(std::move(*error));
  }
  for (const Setting& setting : from_command_line) {
    if (auto error = apply(setting, EX_USAGE)) return base::failure(std::move(*error));
  }
  for (const DomainSection& section : from_file.sections) {
    auto made = make_section(section);
    if (!made) return base::failure(made.error());
    options.sections.push_back(std::move(*made));
  }
  if (auto problem = complete(options))
    return base::failure(StartError{*problem, from_command_line.empty() ? EX_CONFIG : EX_USAGE});
  return options;
}

}  // namespace spfd
