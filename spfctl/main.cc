// spfctl: controls a running spfd through its control socket.
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/printable.h"
#include "common/io/call.h"
#include "common/io/loop.h"
#include "spfctl/options.h"

namespace {

using spfctl::kProgram;
using spfctl::Options;

constexpr int kExitRefused = 1;
constexpr int kExitNoAnswer = 2;

// Returns the lines of an answer with bytes that are not printable US-ASCII as \xNN, since they could control a terminal.
std::string shown(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    base::append_printable(out, lines.substr(0, end));
    if (end < lines.size()) out += '\n';
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

int print_answer(std::string_view answer, bool is_json) {
  constexpr std::string_view kOk = "ok\n";
  constexpr std::string_view kError = "error: ";
  constexpr std::string_view kJsonOk = "{\"ok\": true";
  constexpr std::string_view kJsonError = "{\"ok\": false";
  if (answer.starts_with(kOk)) return kProgram.print_and_exit(shown(answer.substr(kOk.size())));
  if (answer.starts_with(kJsonOk)) return kProgram.print_and_exit(shown(answer));
  if (answer.starts_with(kJsonError)) {
    const int problem = kProgram.print_and_exit(shown(answer));
    return problem == 0 ? kExitRefused : problem;
  }
  if (!answer.starts_with(kError)) {
    kProgram.complain("that is not the control socket of an spfd");
    return kExitNoAnswer;
  }
  answer.remove_prefix(kError.size());
  answer = answer.substr(0, answer.find('\n'));
  // The daemon refuses some clients before it has read their command, and thus the word for JSON.
  if (is_json) {
    base::JsonMembers error;
    error.text("error", answer);
    const int problem = kProgram.print_and_exit(fmt::format("{{\"ok\": false, {}}}\n", error.members()));
    return problem == 0 ? kExitRefused : problem;
  }
  kProgram.complain(base::printable(answer));
  return kExitRefused;
}

int send(const Options& options) {
  std::string line = options.is_json ? "json" : "";
  for (const std::string& word : options.words) line += (line.empty() ? "" : " ") + word;
  if (options.is_openmetrics) line += " openmetrics";
  if (options.is_prometheus) line += " prometheus";
  const io::Server server(io::UnixServer{options.socket});
  io::Loop loop;
  int exit_code = kExitNoAnswer;
  const auto done = [&](const base::Result<std::string, std::string>& answer) {
    if (answer) {
      exit_code = print_answer(*answer, options.is_json);
    } else {
      kProgram.complain(answer.error());
    }
    loop.stop();
  };
  // The server closes the connection after its answer.
  const io::Call call(
      loop, server, line + "\n", [](std::string_view) { return false; }, options.timeout, done);
  loop.run();
  return exit_code;
}

int run(const std::vector<std::string>& words) {
  const auto options = spfctl::parse_command_line(words);
  if (!options) return kProgram.bad_usage(options.error());
  switch (options->action) {
    case Options::Action::help: return kProgram.print_and_exit(spfctl::help_text());
    case Options::Action::version: return kProgram.print_version();
    case Options::Action::command: break;
  }
  return send(*options);
}

}  // namespace

int main(int argc, char** argv) { return kProgram.main(argc, argv, run); }
