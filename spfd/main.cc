// spfd: answers the requests of mail servers about SPF. See spfd(8).

#include <fcntl.h>
#include <fmt/core.h>
#include <sysexits.h>
#include <unistd.h>

#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "common/base/printable.h"
#include "common/io/descriptor.h"
#include "common/io/secret_file.h"
#include "common/options/program.h"
#include "common/service/privileges.h"
#include "spfd/config/command_line.h"
#include "spfd/config/config_file.h"
#include "spfd/make_snapshot.h"
#include "spfd/server.h"

namespace {

constexpr options::Program kProgram("spfd", EX_OSERR);

// Opens descriptors 0 to 2 if they are closed, so that no connection of a client gets the number of stderr.
void open_standard_descriptors() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  const io::Descriptor one_too_many(fd);
}

// Creates a secret file. With --user, root creates it for that user, who has to read it again at each SIGHUP.
int make_secret(const spfd::Options& options) {
  const std::string& path = options.new_secret;
  const auto identity = spfd::find_identity(options.user, options.group);
  if (!identity) return spfd::report(identity.error());
  std::optional<io::SecretOwner> owner;
  if (const auto& user = identity->user; user && ::geteuid() == 0) owner = {user->uid, identity->group.value_or(user->gid)};
  if (const auto problem = io::create_secret_file(path, owner))
    return spfd::report({fmt::format("{}: {}", base::printable(path), *problem), EX_CANTCREAT});
  return EX_OK;
}

int run(const std::vector<std::string>& words) {
  const auto options = spfd::load_options(words);
  if (!options) {
    const int code = spfd::report(options.error());
    if (code == EX_USAGE) options::say("Try \"spfd --help\".\n");
    return code;
  }
  using Action = spfd::Options::Action;
  switch (options->action) {
    case Action::help: return kProgram.print_and_exit(spfd::help_text());
    case Action::version: return kProgram.print_version();
    case Action::dump_config: return kProgram.print_and_exit(spfd::dump_config(*options));
    case Action::check_config: {
      const auto snapshot = spfd::make_snapshot(*options);
      if (!snapshot) return spfd::report(snapshot.error());
      for (const std::string& note : (*snapshot)->notes) kProgram.complain(note);
      return kProgram.print_and_exit(
          fmt::format("spfd: the configuration is fine{}\n", options->config ? ": " + *options->config : ""));
    }
    case Action::new_secret: return make_secret(*options);
    case Action::serve: break;
  }
  return spfd::run_server(*options, words);
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  try {
    return run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    return spfd::report({error.what(), EX_OSERR});
  }
}
