// Prints the zone of a wide world: wide_zone COUNT.
#include <cstdio>
#include <cstdlib>

#include "t/bench/wide_world.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: wide_zone COUNT\n", stderr);
    return 64;
  }
  bench::write_wide_zone(stdout, std::strtoull(argv[1], nullptr, 10));
  return std::ferror(stdout) == 0 ? 0 : 74;
}
