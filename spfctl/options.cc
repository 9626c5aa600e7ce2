#include "spfctl/options.h"

#include <fmt/core.h>

#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/io/socket.h"
#include "common/options/command_line.h"
#include "common/options/fields.h"
#include "common/options/help.h"

namespace spfctl {

namespace {

using options::Kind;
using options::Problem;
using options::Values;
using O = Options;

// Takes the path, also in the form of spfd's --control; mode, user and group are for the server.
Problem set_socket(O& o, const Values& values) {
  std::string_view path = values.back();
  if (path.starts_with("unix:")) {
    path.remove_prefix(5);
    path = path.substr(0, path.find(','));
  }
  if (path.empty()) return "the path is missing";
  if (path.size() > io::kMaxSocketPath) return fmt::format("the path is longer than {} bytes", io::kMaxSocketPath);
  o.socket = path;
  return {};
}

constexpr Option kRows[] = {
    {{.name = "socket",
      .letter = 's',
      .argument = "PATH",
      .heading = "Options",
      .help = "control socket of spfd (default: /run/spfd/control.sock)"},
     {set_socket}},
    {{.name = "timeout", .argument = "TIME", .help = "time to wait for the answer (default: 30s)"}, options::kTime<&O::timeout>},
    {{.name = "word", .kind = Kind::list}, options::kTexts<&O::words>},
    {{.name = "openmetrics", .kind = Kind::act, .help = "with stats: in the format of OpenMetrics"},
     options::kChoice<true, &O::is_openmetrics>},
    {{.name = "prometheus", .kind = Kind::act, .help = "with stats: in the older text format of Prometheus"},
     options::kChoice<true, &O::is_prometheus>},
    {{.name = "json", .kind = Kind::act, .help = "print the answer as one JSON object, also if spfd refuses the command"},
     options::kChoice<true, &O::is_json>},
    options::kVersionRow<&O::action, O::Action::version>,
    options::kHelpRow<&O::action, O::Action::help>,
};

// Words become one line, separated by blanks. A sender of explain may have blanks in quotes (RFC 5321 §4.1.2).
Problem check(const Options& options) {
  if (options.words.empty()) return "there is no command; see --help";
  const bool may_have_blanks = options.words.front() == "explain";
  for (const std::string& word : options.words) {
    if (word.empty() || !(may_have_blanks ? base::all_printable(word) : base::all_printable<' '>(word)))
      return fmt::format("{} cannot be part of a command", base::in_quotes(word));
  }
  std::vector<std::string_view> formats;
  if (options.is_openmetrics) formats.emplace_back("--openmetrics");
  if (options.is_prometheus) formats.emplace_back("--prometheus");
  if (!formats.empty() && options.words != std::vector<std::string>{"stats"})
    return fmt::format("{} needs the command stats", formats.front());
  if (options.is_json) formats.emplace_back("--json");
  if (formats.size() > 1) return fmt::format("{} and {} exclude each other", formats[0], formats[1]);
  return {};
}

}  // namespace

const options::Rows& option_table() { return options::rows_of<kRows>(); }

base::Result<Options, std::string> parse_command_line(const std::vector<std::string>& words) {
  return options::parse_words<Options>(option_table(), words, options::find(option_table(), "word"), check);
}

std::string help_text() {
  return "Usage: spfctl [OPTION]... COMMAND\n"
         "Controls a running spfd.\n\n"
         "Commands:\n"
         "  status                   show the state of the daemon\n"
         "  stats                    show its counters\n"
         "  reload                   read configuration and zone files again, as SIGHUP does\n"
         "  drain, undrain           end kept connections and report \"draining\" to request=health; or stop doing so\n"
         "  stop                     answer the requests under way and exit, as SIGTERM does\n"
         "  lookup NAME [TYPE]       show what the cache holds for a name\n"
         "  flush NAME | .ZONE | all remove the answers about a name, a zone or all names from the cache\n"
         "  explain ip=ADDRESS helo=NAME sender=ADDRESS\n"
         "                           check a message as it is checked for a mail server: steps, answer and reasons\n"
         "  dump_cache, load_cache   write the cache to the file of spfd's option cache-file, or add the content of that file\n"
         "  top slow | temperror | refused [N]\n"
         "                           show the domains with the most such checks since the start\n"
         "  peers [N]                show the clients with the most connections, and their processes\n"
         "  loglevel LEVEL           error, warning, info or debug, until the next reload\n"
         "  dry_run on | off         accept all mail and only report what would be done, until the next reload\n\n" +
         options::help(option_table(), '=') + "\nExit code: 0 done, 1 spfd refused the command, 2 no answer, 255 bad usage.\n";
}

}  // namespace spfctl
