// A name server for the benchmarks: the domains of world.h, on a loopback port that it prints. dns [DELAY-MS]; ends with its
// input.
#include <cstdio>
#include <cstdlib>

#include "t/bench/world.h"
#include "t/support/dns_server.h"

int main(int argc, char** argv) {
  const std::chrono::milliseconds delay(argc > 1 ? std::atoi(argv[1]) : 0);
  support::DnsServer server([delay](const dns::Question& question, bool /*over_tcp*/) {
    support::Reaction reaction;
    reaction.answer = bench::answer(question);
    reaction.delay = delay;
    return reaction;
  });
  std::printf("%u\n", static_cast<unsigned>(server.port()));
  std::fflush(stdout);
  while (std::getchar() != EOF) {}
  std::fprintf(stderr, "questions=%llu\n", static_cast<unsigned long long>(server.count()));
  return 0;
}
