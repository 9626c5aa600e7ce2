// spfquery: checks SPF on the command line, by itself or through a running spfd.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/printable.h"
#include "common/io/descriptor.h"
#include "spfquery/batch.h"
#include "spfquery/evaluator.h"
#include "spfquery/examiner.h"
#include "spfquery/request.h"
#include "spfquery/server.h"

namespace {

using namespace spfquery;

int ask_one(io::Loop& loop, Asker& asker, const Options& options) {
  const protocol::QueryLines asked = make_request(options);
  if (!asked.error.empty()) return kProgram.bad_usage(asked.error);
  std::optional<Answer> answer;
  const std::unique_ptr<Ask> ask = asker.ask(asked, [&](Answer got) {
    answer = std::move(got);
    loop.stop();
  });
  if (!answer) loop.run();
  if (!answer) return kExitTemperror;
  options::say(answer->verbose);
  if (!answer->complaint.empty()) kProgram.complain(answer->complaint);
  return kProgram.print_and_exit(answer->output, answer->exit_code);
}

int ask_all(io::Loop& loop, Asker& asker, const Options& options) {
  const bool is_standard_input = *options.file == "-";
  io::Descriptor file;
  if (!is_standard_input) {
    file = io::Descriptor(::open(options.file->c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open())
      return kProgram.bad_usage(fmt::format("{}: cannot be read: {}", base::printable(*options.file), std::strerror(errno)));
  }
  Batch batch(loop, asker, options, is_standard_input ? "standard input" : base::printable(*options.file),
              is_standard_input ? STDIN_FILENO : file.get());
  return batch.run();
}

int run(const std::vector<std::string>& words) {
  const auto options = parse_command_line(words);
  if (!options) {
    const int code = kProgram.bad_usage(options.error());
    return is_examination(words) ? kExitLintUsage : code;
  }
  switch (options->action) {
    case Options::Action::help: return kProgram.print_and_exit(help_text());
    case Options::Action::version: return kProgram.print_version();
    case Options::Action::ask:
    case Options::Action::examine: break;
  }
  io::Loop loop;
  std::unique_ptr<Asker> asker;
  if (options->server) {
    asker = std::make_unique<Server>(loop, *options);
  } else {
    const bool examines = options->action == Options::Action::examine;
    auto made = make_zone(*options);
    if (!made) {
      const int code = kProgram.bad_usage(made.error());
      return examines ? kExitLintUsage : code;
    }
    for (const std::string& note : made->notes) kProgram.complain(note);
    if (examines) return examine(loop, *options, std::move(made->zone));
    asker = std::make_unique<Evaluator>(loop, *options, std::move(made->zone));
  }
  return options->file ? ask_all(loop, *asker, *options) : ask_one(loop, *asker, *options);
}

}  // namespace

int main(int argc, char** argv) { return kProgram.main(argc, argv, run); }
