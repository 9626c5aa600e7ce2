// The file of networks and platforms that many customers share. The input is the file.
#include <string>
#include <string_view>

#include "common/lint/known_networks.h"
#include "t/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto known = lint::parse_known_networks(text);
  if (!known) {
    fuzz::check(known.error().starts_with("line "), "an error names its line");
    return 0;
  }
  for (const auto& network : known->networks) {
    const auto* const found = known->network_of(network.interval, network.family);
    fuzz::check(found == &network, "each network is found, and none contains another");
    fuzz::check(lint::length_of(network.interval, network.family).has_value(), "each is a network");
  }
  for (const auto& platform : known->platforms) fuzz::check(known->platform_of(platform.domain) != nullptr, "and each platform");
  return 0;
}
