// spfweb: the web pages that explain refusals, examine SPF records and create them. See spfweb(8).
#include <event2/event.h>
#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include <ctime>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/base/version.h"
#include "common/io/loop.h"
#include "common/io/name_server.h"
#include "common/io/secret_file.h"
#include "common/io/zone_file.h"
#include "common/service/listen_address.h"
#include "common/service/notify.h"
#include "common/service/privileges.h"
#include "common/service/sockets.h"
#include "spfweb/engine.h"
#include "spfweb/http_server.h"
#include "spfweb/metrics.h"
#include "spfweb/options.h"
#include "spfweb/site.h"

namespace {

using service::StartError;
using spfweb::kProgram;
using spfweb::Options;

int report(const StartError& error) {
  kProgram.complain(error.message);
  return error.exit_code;
}

// Everything that a start reads from files.
struct Prepared {
  spfweb::SiteOptions site;
  spfweb::EngineOptions engine;
  std::vector<std::string> notes;
};

base::Result<Prepared, StartError> prepare(const Options& options, const service::Identity& identity) {
  const auto bad = [](std::string what) { return base::failure(StartError{std::move(what), EX_CONFIG}); };
  Prepared made{.site = {.host = options.hostname,
                         .prefix = options.prefix,
                         .keys = {},
                         .now = [] { return static_cast<std::uint64_t>(std::time(nullptr)); }},
                .engine = {.spfd = options.spfd, .dns = options.dns, .zone = nullptr},
                .notes = {}};
  if (!options.key_file.empty()) {
    const auto user = identity.user ? std::optional(identity.user->uid) : std::nullopt;
    const auto secrets = io::read_secrets(options.key_file, user);
    if (!secrets) return bad(fmt::format("{}: {}", base::printable(options.key_file), secrets.error()));
    auto keys = token::Keys::make(secrets->secrets);
    if (!keys) return bad("key-file: " + keys.error());
    made.site.keys = std::move(*keys);
  }
  if (made.engine.dns.servers.empty()) made.engine.dns.servers = io::system_name_servers();
  if (!options.zones.empty()) {
    auto zone = std::make_shared<dns::Zone>();
    auto notes = io::add_zone_files(*zone, options.zones, io::FileKind::regular);
    if (!notes) return bad(notes.error());
    made.notes = std::move(*notes);
    made.engine.zone = std::move(zone);
  }
  return made;
}

// Stops the loop at SIGTERM and SIGINT.
class Signals {
 public:
  explicit Signals(io::Loop& loop)
      : term_(loop, SIGTERM, kSignal, [&loop] { loop.stop(); }), interrupt_(loop, SIGINT, kSignal, [&loop] { loop.stop(); }) {
    event_add(term_.get(), nullptr);
    event_add(interrupt_.get(), nullptr);
  }

 private:
  static constexpr short kSignal = EV_SIGNAL | EV_PERSIST;
  io::Callback term_, interrupt_;
};

int serve(const Options& options) {
  const auto identity = service::find_identity(options.user, options.group);
  if (!identity) return report(identity.error());
  auto prepared = prepare(options, *identity);
  if (!prepared) return report(prepared.error());
  for (const std::string& note : prepared->notes) kProgram.complain(note);
  if (options.action == Options::Action::check_config) return kProgram.print_and_exit("spfweb: the configuration is fine\n");

  static_cast<void>(::signal(SIGPIPE, SIG_IGN));
  static_cast<void>(::signal(SIGXFSZ, SIG_IGN));  // a log that has reached a limit on its size does not end the process
  auto sockets = service::open_sockets(options.listen);
  if (!sockets) return report(sockets.error());
  auto metrics_sockets = service::open_sockets(options.metrics);
  if (!metrics_sockets) return report(metrics_sockets.error());
  if (auto error = service::drop_privileges(*identity)) return report(*error);
  if (!options.key_file.empty()) service::write_no_core();
  if (::geteuid() == 0) kProgram.complain("running as root; --user names the user to become");

  io::Loop loop;
  loop.on_exception([](const std::exception& error) { kProgram.complain(error.what()); });
  const Signals signals(loop);
  spfweb::Engine engine(loop, std::move(prepared->engine));
  spfweb::Site site(std::move(prepared->site), engine);
  spfweb::HttpServer server(loop, [&site](spfweb::HttpRequest request, const spfweb::HttpServer::Answer& answer) {
    site.handle(std::move(request), answer);
  });
  spfweb::Metrics metrics(loop, options.control);
  spfweb::HttpServer metrics_server(loop,
                                    [&metrics](const spfweb::HttpRequest& request, const spfweb::HttpServer::Answer& answer) {
                                      metrics.handle(request, answer);
                                    });
  std::string names;
  const auto listen = [&names](spfweb::HttpServer& of, const std::vector<service::Socket>& at, std::string_view what) {
    for (const service::Socket& socket : at) {
      of.listen(socket.fd());
      base::append(names, names.empty() ? "" : ", ", what, socket.name());
    }
  };
  listen(server, *sockets, "");
  listen(metrics_server, *metrics_sockets, "metrics ");
  kProgram.complain(fmt::format("{} ready: listening on {}", base::kVersion, names));
  service::notify("READY=1\nSTATUS=Listening on " + names);
  loop.run();
  return EX_OK;
}

int run(const std::vector<std::string>& words) {
  const auto options = spfweb::load_options(words);
  if (!options) {
    kProgram.complain(options.error());
    return EX_USAGE;
  }
  switch (options->action) {
    case Options::Action::help: return kProgram.print_and_exit(spfweb::help_text());
    case Options::Action::version: return kProgram.print_version();
    case Options::Action::check_config:
    case Options::Action::serve: break;
  }
  try {
    return serve(*options);
  } catch (const std::system_error& error) {
    return report({error.what(), EX_OSERR});
  }
}

}  // namespace

int main(int argc, char** argv) { return kProgram.main(argc, argv, run); }
