// The common part of the command-line programs besides their options: messages on standard error, and exit codes.
#pragma once

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/version.h"

namespace options {

// Writes to standard error. A failure is ignored: there is no other place to report it.
inline void say(std::string_view text) { static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr)); }

class Program {
 public:
  static constexpr int kExitUsage = 255;

  // `exit_unwritten`: exit code if the output cannot be written.
  explicit constexpr Program(std::string_view name, int exit_unwritten = kExitUsage)
      : name_(name), exit_unwritten_(exit_unwritten) {}

  // Writes "NAME: what" to standard error.
  void complain(std::string_view what) const { say(fmt::format("{}: {}\n", name_, what)); }
  // Complains; returns the exit code.
  [[nodiscard]] int bad_usage(std::string_view what, int exit_code = kExitUsage) const {
    complain(what);
    return exit_code;
  }
  [[nodiscard]] int print_and_exit(std::string_view text, int exit_code = 0) const {
    const bool was_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (was_written) return exit_code;
    return bad_usage(fmt::format("the output cannot be written: {}", std::strerror(errno)), exit_unwritten_);
  }
  [[nodiscard]] int print_version() const { return print_and_exit(fmt::format("{} {}\n", name_, base::kVersion)); }

  // Runs the program with the words of its command line; returns its exit code.
  [[nodiscard]] int main(int argc, char** argv, int (*run)(const std::vector<std::string>& words)) const {
    try {
      return run(std::vector<std::string>(argv + 1, argv + argc));
    } catch (const std::exception& error) {
      return bad_usage(error.what());
    }
  }

 private:
  std::string_view name_;
  int exit_unwritten_;
};

}  // namespace options
