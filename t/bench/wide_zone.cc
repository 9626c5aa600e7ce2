// Prints the zone of a wide world: wide_zone COUNT. With --requests, prints lines of `spfquery --file` instead, and with
// --domains, those of `spfquery --lint-file`.
#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "t/bench/wide_world.h"

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  if (argc != 2 && what != "--requests" && what != "--domains") {
    std::fputs("usage: wide_zone [--requests | --domains] COUNT\n", stderr);
    return 64;
  }
  const std::uint64_t count = std::strtoull(argv[argc - 1], nullptr, 10);
  if (argc == 2) bench::write_wide_zone(stdout, count);
  for (std::uint64_t i = 0; argc == 3 && i < count; ++i) {
    const bench::Check check = bench::wide_check(i);
    if (what == "--requests") fmt::print("{} user@{} mail.{}\n", check.client, check.domain, check.domain);
    if (what == "--domains") fmt::print("{}\n", check.domain);
  }
  return std::ferror(stdout) == 0 ? 0 : 74;
}
