// The options for the daemon: addresses, process, clients, SPF's limits, DNS, log, configuration.
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/options/groups.h"
#include "common/options/shared_rows.h"
#include "common/receiver/default_explanation.h"
#include "spfd/config/health_name.h"
#include "spfd/config/option_rows.h"
#include "spfd/config/options.h"

namespace spfd {

namespace {

using options::kChoice;
using options::Kind;
using options::kNeededText;
using options::kNumber;
using options::kText;
using options::kTime;
using options::kTruth;
using options::kWord;
using options::Problem;
using options::Values;
using options::When;
using options::Word;
using protocol::DoorOptions;
using O = Options;
using S = Snapshot;

constexpr Word<LogTarget> kLogWords[] = {{"stderr", LogTarget::standard_error}, {"syslog", LogTarget::syslog}};
constexpr Word<LogFormat> kLogFormatWords[] = {{"text", LogFormat::text}, {"json", LogFormat::json}};
constexpr Word<CheckIds> kCheckIdWords[] = {
    {"client", CheckIds::client}, {"always", CheckIds::always}, {"header", CheckIds::header}};
constexpr Word<LogLevel> kLevelWords[] = {
    {"error", LogLevel::error}, {"warning", LogLevel::warning}, {"info", LogLevel::info}, {"debug", LogLevel::debug}};
constexpr Word<SandboxMode> kSandboxWords[] = {
    {"auto", SandboxMode::automatic}, {"require", SandboxMode::require}, {"off", SandboxMode::off}};
constexpr Word<spf::Result> kBadRequestWords[] = {
    {"permerror", spf::Result::permerror}, {"temperror", spf::Result::temperror}, {"none", spf::Result::none}};
constexpr Word<bool> kCheckAtWords[] = {{"mail", false}, {"rcpt", true}};
constexpr Word<bool> kYesWords[] = {{"yes", true}, {"no", false}};
constexpr Word<DoorOptions::Header> kHeaderWords[] = {{"received-spf", DoorOptions::Header::received_spf},
                                                      {"authentication-results", DoorOptions::Header::authentication_results},
                                                      {"none", DoorOptions::Header::none}};

// ---- values --------------------------------------------------------------------------------------------------------------

template <std::vector<ListenAddress> O::*addresses>
constexpr options::Access<O> kAddresses = {[](O& o, const Values& values) -> Problem {
                                             for (const std::string& value : values) {
                                               auto address = parse_listen_address(value);
                                               if (!address) return address.error();
                                               (o.*addresses).push_back(std::move(*address));
                                             }
                                             return {};
                                           },
                                           [](const O& o) {
                                             Values texts;
                                             for (const ListenAddress& address : o.*addresses)
                                               texts.push_back(listen_address_text(address));
                                             return texts;
                                           }};

Problem set_control(O& o, const Values& values) {
  o.control.reset();
  if (values.back().empty()) return {};
  auto address = parse_listen_address(values.back(), kControlMode);
  if (!address) return address.error();
  if (!std::holds_alternative<UnixAddress>(*address))
    return "must be a UNIX socket, since its peers are recognized by their user";
  o.control = std::move(*address);
  return {};
}
Values get_control(const O& o) { return {o.control ? listen_address_text(*o.control) : std::string()}; }

Problem set_port(O& o, const Values& v) { return options::read_number(o.legacy_port.emplace(), v, 0, 65535); }

Problem set_socket_mode(O& o, const Values& v) {
  o.legacy_socket_mode = parse_mode(v.back());
  return o.legacy_socket_mode ? Problem{} : bad_mode(v.back());
}

// The name becomes part of answers to Postfix, so it must be one word, and not the word that ends all restrictions.
Problem set_on_pass(O& o, const Values& values) {
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
  o.in_force.doors.policy_on_pass = name;
  return {};
}

// The explanation is a rule, since sections may have their own.
Problem set_explanation(O& o, const Values& v) {
  return options::read_explanation(o.in_force.policy.rules.explanation.emplace(), v);
}
Values get_explanation(const O& o) {
  const auto& explanation = o.in_force.policy.rules.explanation;
  return {explanation ? explanation->text() : std::string(receiver::kDefaultExplanation)};
}

// Numbers are for compatibility with libspf2's spfd.
Problem set_debug(O& o, const Values& v) {
  const auto number = base::parse_number(v.back(), 1000);
  bool is_on = number.value_or(0) != 0;
  if (!number) {
    if (auto problem = options::read_truth(is_on, v)) return problem;
  }
  if (is_on) o.in_force.log_level = LogLevel::debug;
  return {};
}

Problem set_serve_stale(O& o, const Values& v) {
  o.serve_stale = std::chrono::milliseconds::zero();
  if (v.back() == "0" || v.back() == "0s") return {};
  return options::read_time(o.serve_stale, v, std::chrono::hours{24});
}
Values get_serve_stale(const O& o) { return {options::time_text(o.serve_stale)}; }

Problem set_health_name(O& o, const Values& v) {
  // The latest time has the longest label.
  if (!health_name_at(v.back(), std::numeric_limits<std::uint64_t>::max()))
    return fmt::format("{} is not a domain name", base::in_quotes(v.back()));
  o.in_force.health_name = v.back();
  return {};
}

Problem set_facility(O& o, const Values& v) {
  const std::string_view facility = v.back();
  const bool is_local = facility.size() == 6 && facility.starts_with("local") && facility[5] >= '0' && facility[5] <= '7';
  if (!is_local && facility != "mail" && facility != "daemon" && facility != "user") {
    return fmt::format("{} is not one of: mail, daemon, user, local0 ... local7", base::in_quotes(facility));
  }
  o.syslog_facility = facility;
  return {};
}

Problem set_new_secret(O& o, const Values& v) {
  // --new-key and --new-srs-secret make one file.
  if (!o.new_secret.empty()) return "this option and an earlier one exclude each other";
  if (auto problem = options::choose(o.action, O::Action::new_secret)) return problem;
  return options::read_needed_text(o.new_secret, v);
}

// ---- rows ----------------------------------------------------------------------------------------------------------------

constexpr Option kDaemonRows[] = {
    {{.name = "listen",
      .kind = Kind::list,
      .argument = "ADDRESS",
      .heading = "Listening",
      .help = "address for query lines and Postfix's policy requests: unix:PATH[,mode=0660][,user=U][,group=G] or "
              "inet:HOST:PORT; may be given several times (default: inet:127.0.0.1:5970, if neither --milter nor --srs is given)",
      .when = When::start},
     kAddresses<&O::listen>},
    {{.name = "milter",
      .kind = Kind::list,
      .argument = "ADDRESS",
      .help = "address, as with --listen, for the milter protocol of Sendmail and Postfix; may be given several times",
      .when = When::start},
     kAddresses<&O::milter>},
    {{.name = "port",
      .aliases = "tcpport",
      .letter = 'p',
      .kind = Kind::number,
      .argument = "N",
      .help = "same as --listen inet:127.0.0.1:N --listen inet:[::1]:N",
      .when = When::start,
      .topic = "listen"},
     {set_port}},
    {{.name = "socket",
      .aliases = "path",
      .letter = 's',
      .argument = "FILE",
      .help = "same as --listen unix:FILE",
      .when = When::start,
      .topic = "listen"},
     {kNeededText<&O::legacy_socket>.set}},
    {{.name = "socket-user",
      .aliases = "pathuser",
      .argument = "USER",
      .help = "owner of the socket file of --socket",
      .when = When::start},
     {kText<&O::legacy_socket_user>.set}},
    {{.name = "socket-group",
      .aliases = "pathgroup",
      .argument = "GROUP",
      .help = "group of the socket file of --socket",
      .when = When::start},
     {kText<&O::legacy_socket_group>.set}},
    {{.name = "socket-perms",
      .aliases = "pathmode",
      .argument = "MODE",
      .help = "mode of the socket file of --socket, octal (default: 0666)",
      .when = When::start},
     {set_socket_mode}},

    {{.name = "control",
      .argument = "ADDRESS",
      .heading = "Process",
      .help = "UNIX socket for the commands of spfctl: unix:PATH[,mode=0600][,user=U][,group=G]",
      .when = When::start},
     {set_control, get_control}},
    {{.name = "control-users",
      .kind = Kind::list,
      .argument = "USER",
      .help = "user who may give commands, besides root and the user of spfd; may be given several times",
      .when = When::start},
     options::kTexts<&O::control_users>},
    {{.name = "stats-users",
      .kind = Kind::list,
      .argument = "USER",
      .help = "user who may give only the commands status and stats, as for metrics; may be given several times",
      .when = When::start},
     options::kTexts<&O::stats_users>},
    {{.name = "user",
      .aliases = "set-user setuser",
      .letter = 'u',
      .argument = "USER",
      .help = "the user to become after the sockets are open",
      .when = When::start},
     kText<&O::user>},
    {{.name = "group",
      .aliases = "set-group setgroup",
      .argument = "GROUP",
      .help = "the group to become (default: that of the user)",
      .when = When::start},
     kText<&O::group>},
    {{.name = "workers",
      .kind = Kind::number,
      .argument = "N",
      .help = "number of threads that answer requests; 0: one per core, at most 4 (default: 0)",
      .when = When::start},
     kNumber<0, 64, &O::workers>},
    {{.name = "pid-file", .argument = "FILE", .help = "file for the process id", .when = When::start}, kText<&O::pid_file>},
    {{.name = "take-over",
      .kind = Kind::flag,
      .help = "replace an spfd that listens on one of our UNIX sockets; no connection is refused meanwhile",
      .when = When::start},
     kTruth<&O::takes_over>},
    {{.name = "sandbox",
      .argument = "auto|require|off",
      .help = "which rights to give up after the start, by Landlock and seccomp: as many as the kernel allows, all that are "
              "not needed (or do not start), or none (default: auto)",
      .when = When::start},
     kWord<kSandboxWords, &O::sandbox>},

    {{.name = "timeout",
      .argument = "TIME",
      .heading = "Clients and their requests",
      .help = "time for one check, after which its result is temperror (default: 20s)"},
     kTime<&O::in_force, &S::timeouts, &Timeouts::check>},
    {{.name = "idle-timeout", .argument = "TIME", .help = "time for a client to send a complete request (default: 60s)"},
     kTime<&O::in_force, &S::timeouts, &Timeouts::idle>},
    {{.name = "mta-idle-timeout",
      .argument = "TIME",
      .help = "time that a connection kept open by Postfix or a milter's MTA may be idle (default: 2h)"},
     kTime<&O::in_force, &S::timeouts, &Timeouts::mta_idle>},
    {{.name = "write-timeout", .argument = "TIME", .help = "time for a client to take its answer (default: 20s)"},
     kTime<&O::in_force, &S::timeouts, &Timeouts::write>},
    {{.name = "max-connections",
      .kind = Kind::number,
      .argument = "N",
      .help = "connections at a time; further ones wait (default: 10000)",
      .when = When::start},
     kNumber<1, 1'000'000, &O::max_connections>},
    {{.name = "legacy-results",
      .kind = Kind::flag,
      .help = "answer \"unknown\" and \"error\" for permerror and temperror, as Mail::SPF::Query did"},
     kTruth<&O::in_force, &S::doors, &DoorOptions::legacy_results>},
    {{.name = "bad-question-result",
      .argument = "RESULT",
      .help = "result for a request that cannot be understood: permerror, temperror or none (default: temperror)"},
     kWord<kBadRequestWords, &O::in_force, &S::policy, &receiver::Policy::bad_request_result>},
    {{.name = "mta-header",
      .argument = "HEADER",
      .help = "header that Postfix and milters add: received-spf, authentication-results or none (default: received-spf)"},
     kWord<kHeaderWords, &O::in_force, &S::doors, &DoorOptions::header>},
    {{.name = "policy-defer-if-permit",
      .kind = Kind::flag,
      .help = "have Postfix defer after a temperror only if no later restriction refuses the mail"},
     kTruth<&O::in_force, &S::doors, &DoorOptions::policy_defer_if_permit>},
    {{.name = "on-pass",
      .argument = "NAME",
      .help = "Postfix's action for a pass, such as a restriction class that skips greylisting (default: DUNNO)"},
     {set_on_pass, kText<&O::in_force, &S::doors, &DoorOptions::policy_on_pass>.get}},
    {{.name = "milter-check-at",
      .argument = "mail|rcpt",
      .help = "when milters check: at MAIL, or at each recipient, which rules for recipients' domains require (default: mail)"},
     kWord<kCheckAtWords, &O::in_force, &S::doors, &DoorOptions::milter_at_recipient>},
    {{.name = "milter-remove-forged",
      .kind = Kind::flag,
      .help = "have milters remove Authentication-Results and Received-SPF headers in our own name from incoming mail"},
     kTruth<&O::in_force, &S::doors, &DoorOptions::milter_remove_forged>},

    {{.name = "hostname",
      .argument = "NAME",
      .heading = "SPF",
      .help = "name of this host in headers and texts (default: that of the machine)"},
     kText<&O::in_force, &S::policy, &receiver::Policy::hostname>},
    {options::kExplanationRow, {set_explanation, get_explanation}},
    options::kVoidLimitRow<&O::in_force, &S::policy>,
    options::kVoidIpv6Row<&O::in_force, &S::policy>,
    options::kPrefetchRow<&O::in_force, &S::policy>,
};

constexpr Option kTailRows[] = {
    {options::under("DNS", options::kNameServerRow), options::kNameServers<&O::in_force, &S::name_servers>},
    options::kZoneRow<&O::zones>,
    {{.name = "cache-size",
      .argument = "BYTES",
      .help = "memory for DNS answers, with K, M or G; 0 for none (default: 64M)",
      .when = When::start},
     options::kSize<&O::cache_size>},
    {{.name = "cache-file",
      .argument = "FILE",
      .help = "file that preserves the cache from a stop until the next start (default: none)",
      .when = When::start},
     kText<&O::cache_file>},
    {{.name = "refresh-ahead",
      .argument = "yes|no",
      .help = "whether to ask for an answer in use again before it expires; at most 5 % more questions (default: yes)",
      .when = When::start},
     kWord<kYesWords, &O::refresh_ahead>},
    {{.name = "serve-stale",
      .argument = "TIME",
      .help = "time after its expiry for which an answer may replace a failure, up to 24h; 0 for never (default: 0)",
      .when = When::start},
     {set_serve_stale, get_serve_stale}},
    {options::kDnsTimeoutRow, kTime<&O::dns, &io::ResolverOptions::try_timeout>},
    options::kDnsTriesRow<&O::dns>,

    {{.name = "log",
      .argument = "stderr|syslog",
      .heading = "Log",
      .help = "target of the log (default: stderr)",
      .when = When::start},
     kWord<kLogWords, &O::log>},
    {{.name = "log-format", .argument = "text|json", .help = "form of the lines of the log (default: text)", .when = When::start},
     kWord<kLogFormatWords, &O::log_format>},
    {{.name = "log-level", .argument = "LEVEL", .help = "error, warning, info (one line per verdict) or debug (default: info)"},
     kWord<kLevelWords, &O::in_force, &S::log_level>},
    {{.name = "health-name",
      .argument = "NAME",
      .help = "name to ask DNS for at request=health; a label * at its beginning is replaced by a new one (default: *.invalid)"},
     {set_health_name, kText<&O::in_force, &S::health_name>.get}},
    {{.name = "check-id",
      .argument = "client|always|header",
      .help = "ids in answers and log: of the client, always, or always and in the header's comment too (default: client)"},
     kWord<kCheckIdWords, &O::in_force, &S::check_ids>},
    {{.name = "debug", .kind = Kind::level, .help = "same as --log-level debug", .topic = "log-level"}, {set_debug}},
    {{.name = "syslog-facility",
      .argument = "NAME",
      .help = "mail, daemon, user, local0 ... local7 (default: mail)",
      .when = When::start},
     {set_facility, kText<&O::syslog_facility>.get}},

    {{.name = "config",
      .argument = "FILE",
      .heading = "Configuration",
      .help = "configuration file (default: /etc/spfd/spfd.conf if it exists)",
      .when = When::command_line},
     {kNeededText<&O::config>.set}},
    {{.name = "check-config",
      .kind = Kind::act,
      .help = "check configuration and zone files, and exit",
      .when = When::command_line},
     options::kTask<O::Action::check_config, &O::action>},
    {{.name = "dump-config",
      .kind = Kind::act,
      .help = "print a configuration file with the values in force, and exit",
      .when = When::command_line},
     options::kTask<O::Action::dump_config, &O::action>},
    {{.name = "new-srs-secret",
      .argument = "FILE",
      .help = "create a file with a new secret for --srs-secret-file, and exit",
      .when = When::command_line},
     {set_new_secret}},
    {{.name = "new-key",
      .argument = "FILE",
      .help = "create a file with a new secret for --why-key-file, and exit",
      .when = When::command_line},
     {set_new_secret}},
    options::kVersionRow<&O::action, O::Action::version>,
    options::kHelpRow<&O::action, O::Action::help>,
};

}  // namespace

void add_daemon_rows(options::Rows& rows) { options::add_rows(rows, kDaemonRows); }
void add_tail_rows(options::Rows& rows) { options::add_rows(rows, kTailRows); }

}  // namespace spfd
