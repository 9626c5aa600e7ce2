// spfd: answers the SPF questions of mail servers. See spfd(8).

#include <fcntl.h>
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "common/base/version.h"
#include "spfd/command_line.h"
#include "spfd/config_file.h"
#include "spfd/server.h"
#include "spfd/snapshot.h"

namespace {

// Whoever starts us with stderr closed must not find a client's connection in its place.
void open_standard_descriptors() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

int run(const std::vector<std::string>& words) {
  const auto options = spfd::load_options(words);
  if (!options) {
    const int code = spfd::report(options.error());
    if (code == EX_USAGE) fmt::print(stderr, "Try \"spfd --help\".\n");
    return code;
  }
  using Action = spfd::Options::Action;
  switch (options->action) {
    case Action::help: fmt::print("{}", spfd::help_text()); return EX_OK;
    case Action::version: fmt::print("spfd {}\n", base::kVersion); return EX_OK;
    case Action::dump_config: fmt::print("{}", spfd::dump_config(*options)); return EX_OK;
    case Action::check_config: {
      const auto snapshot = spfd::make_snapshot(*options);
      if (!snapshot) return spfd::report(snapshot.error());
      fmt::print("spfd: the configuration is fine{}\n", options->config ? ": " + *options->config : "");
      return EX_OK;
    }
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
