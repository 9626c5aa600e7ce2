// spfsrs: rewrites senders on the command line, and turns rewritten addresses back.
#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/printable.h"
#include "common/io/secret_file.h"
#include "common/srs/rewriter.h"
#include "common/srs/secrets.h"
#include "spfsrs/options.h"

namespace {

using spfsrs::kProgram;
using spfsrs::Options;

constexpr int kExitRefused = 1;
constexpr std::size_t kMaxLine = 4096;  // bytes

std::optional<std::string> add_secrets(Options& options) {
  const std::string& path = *options.secret_file;
  const std::string shown = base::printable(path);
  const auto file = io::read_secret_file(path);
  if (!file) return fmt::format("{}: {}", shown, file.error());
  if (!file->warning.empty()) kProgram.complain(fmt::format("{}: {}", shown, file->warning));
  const auto found = srs::parse_secrets(file->text);
  if (!found) return fmt::format("{}: {}", shown, found.error());
  auto& secrets = options.config.secrets;
  secrets.insert(secrets.end(), found->secrets.begin(), found->secrets.end());
  options.config.old_secrets = found->old_secrets;
  return std::nullopt;
}

void complain_about(std::string_view address, std::string_view what) {
  kProgram.complain(fmt::format("{}: {}", base::clip_middle(address, 200), what));
}

// Returns the result for one address. If the address is refused, prints a message and returns nothing.
std::optional<std::string> done(const srs::Rewriter& rewriter, const Options& options, std::string_view address) {
  const std::uint64_t day = options.day.value_or(srs::day_of(static_cast<std::uint64_t>(std::time(nullptr))));
  srs::Error error;
  if (options.action == Options::Action::reverse) {
    auto reversed = rewriter.reverse(address, day);
    if (reversed) return std::move(*reversed);
    error = reversed.error();
  } else {
    auto forwarded = rewriter.forward(address, options.alias, day);
    if (forwarded) {
      if (!forwarded->warning.empty()) complain_about(address, "warning: " + forwarded->warning);
      return std::move(forwarded->address);
    }
    error = forwarded.error();
  }
  complain_about(address, error.text);
  return std::nullopt;
}

int do_words(const srs::Rewriter& rewriter, const Options& options) {
  int exit_code = 0;
  for (const std::string& address : options.addresses) {
    if (const auto result = done(rewriter, options, address)) {
      std::puts(result->c_str());
    } else {
      exit_code = kExitRefused;
    }
  }
  return exit_code;
}

// Reads a line without its end, at most kMaxLine + 1 bytes of it. None: end of input.
std::optional<std::string> read_line() {
  std::string line;
  int c = std::getchar();
  if (c == EOF) return std::nullopt;
  for (; c != EOF && c != '\n'; c = std::getchar()) {
    if (line.size() <= kMaxLine) line += static_cast<char>(c);
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

// Prints one line per line of input, an empty one if the address was refused.
int do_lines(const srs::Rewriter& rewriter, const Options& options) {
  int exit_code = 0;
  // Line buffering, for programs that wait for each answer; its failure does no harm.
  static_cast<void>(std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ));
  while (const auto line = read_line()) {
    std::optional<std::string> result;
    if (line->size() > kMaxLine) {
      kProgram.complain(fmt::format("a line is longer than {} bytes", kMaxLine));
    } else {
      result = done(rewriter, options, *line);
    }
    if (!result) exit_code = kExitRefused;
    std::puts(result.value_or("").c_str());
    if (std::ferror(stdout) != 0) break;
  }
  if (std::ferror(stdin) != 0) return kProgram.bad_usage(fmt::format("standard input cannot be read: {}", std::strerror(errno)));
  return exit_code;
}

int run(const std::vector<std::string>& words) {
  auto options = spfsrs::parse_command_line(words);
  if (!options) return kProgram.bad_usage(options.error());
  if (options->action == Options::Action::help) return kProgram.print_and_exit(spfsrs::help_text());
  if (options->action == Options::Action::version) return kProgram.print_version();
  if (options->secret_file) {
    if (const auto problem = add_secrets(*options)) return kProgram.bad_usage(*problem);
  }
  const auto rewriter = srs::Rewriter::make(options->config);
  if (!rewriter) return kProgram.bad_usage(rewriter.error());
  const int exit_code = options->addresses.empty() ? do_lines(*rewriter, *options) : do_words(*rewriter, *options);
  const bool was_written = std::ferror(stdout) == 0;
  return std::fflush(stdout) == 0 && was_written ? exit_code : kProgram.bad_usage("the output cannot be written");
}

}  // namespace

int main(int argc, char** argv) { return kProgram.main(argc, argv, run); }
