// spfquery: checks SPF on the command line, by itself or through a running spfd.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/printable.h"
#include "common/base/version.h"
#include "common/io/descriptor.h"
#include "spfquery/batch.h"
#include "spfquery/evaluator.h"
#include "spfquery/message.h"
#include "spfquery/question.h"
#include "spfquery/server.h"

namespace {

using namespace spfquery;

int bad_usage(std::string_view what) {
  say(fmt::format("spfquery: {}\n", what));
  return kExitUsage;
}

// False: it could not be written.
bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

int print_and_exit(std::string_view text, int exit_code) {
  return print(text) ? exit_code : bad_usage(fmt::format("the output cannot be written: {}", std::strerror(errno)));
}

int ask_one(io::Loop& loop, Asker& asker, const Options& options) {
  const protocol::Question question = make_question(options);
  if (!question.error.empty()) return bad_usage(question.error);
  std::optional<Answer> answer;
  const std::unique_ptr<Ask> ask = asker.ask(question, [&](Answer got) {
    answer = std::move(got);
    loop.stop();
  });
  if (!answer) loop.run();
  if (!answer) return kExitTemperror;
  say(answer->verbose);
  if (!answer->complaint.empty()) say(fmt::format("spfquery: {}\n", answer->complaint));
  return print_and_exit(answer->output, answer->exit_code);
}

int ask_all(io::Loop& loop, Asker& asker, const Options& options) {
  const bool is_standard_input = *options.file == "-";
  io::Descriptor file;
  if (!is_standard_input) {
    file = io::Descriptor(::open(options.file->c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open())
      return bad_usage(fmt::format("{}: cannot be read: {}", base::printable(*options.file), std::strerror(errno)));
  }
  Batch batch(loop, asker, options, is_standard_input ? "standard input" : base::printable(*options.file),
              is_standard_input ? STDIN_FILENO : file.get());
  return batch.run();
}

int run(int argc, char** argv) {
  const auto options = parse_command_line(std::vector<std::string>(argv + 1, argv + argc));
  if (!options) return bad_usage(options.error());
  switch (options->action) {
    case Options::Action::help: return print_and_exit(help_text(), 0);
    case Options::Action::version: return print_and_exit(fmt::format("spfquery {}\n", base::kVersion), 0);
    case Options::Action::ask: break;
  }
  io::Loop loop;
  std::unique_ptr<Asker> asker;
  if (options->server) {
    asker = std::make_unique<Server>(loop, *options);
  } else {
    auto made = make_zone(*options);
    if (!made) return bad_usage(made.error());
    for (const std::string& note : made->notes) say(fmt::format("spfquery: {}\n", note));
    asker = std::make_unique<Evaluator>(loop, *options, std::move(made->zone));
  }
  return options->file ? ask_all(loop, *asker, *options) : ask_one(loop, *asker, *options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return bad_usage(error.what());
  }
}
