// A spfd that rewrites senders, for its tests.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "common/srs/rewriter.h"
#include "t/support/spfd_process.h"

namespace srs_world {

inline constexpr std::string_view kSecret = "tops3cr3t";

// Writes a file that only its owner may read.
inline std::string write_secret(const support::TempFolder& folder, std::string_view text, mode_t mode = 0600) {
  const std::string path = folder.write("secret", text);
  REQUIRE(::chmod(path.c_str(), mode) == 0);
  return path;
}

inline std::uint64_t today() { return srs::day_of(static_cast<std::uint64_t>(std::time(nullptr))); }

// Returns the rewriter of another implementation with the same secret.
inline srs::Rewriter rewriter(std::string_view secret = kSecret, const std::string& domain = "fwd.example") {
  srs::Config config;
  config.secrets = {std::string(secret)};
  config.rewriting_domain = domain;
  auto made = srs::Rewriter::make(config);
  REQUIRE(made.ok());
  return *made;
}
inline std::string signed_address(const std::string& sender, std::uint64_t day = today(), std::string_view secret = kSecret) {
  const auto made = rewriter(secret).forward(sender, "fwd.example", day);
  REQUIRE(made.ok());
  return made->address;
}
// Returns the original of one of our addresses; empty if it does not verify.
inline std::string turned_back(const std::string& address, std::string_view secret = kSecret) {
  const auto made = rewriter(secret).reverse(address, today());
  return made ? *made : "";
}

inline std::string netstring(std::string_view content) {
  return std::to_string(content.size()) + ":" + std::string(content) + ",";
}

class World {
 public:
  explicit World(std::vector<std::string> arguments = {}, const std::string& zone = "", bool has_domain = true)
      : secret_(write_secret(folder_, std::string(kSecret) + "\n")), spfd_(settings(std::move(arguments), zone, has_domain)) {}

  [[nodiscard]] const support::SpfdProcess& spfd() const { return spfd_; }
  [[nodiscard]] const support::TempFolder& folder() const { return folder_; }
  [[nodiscard]] std::string forward() const { return "unix:" + (folder_ / "forward"); }
  [[nodiscard]] std::string reverse() const { return "unix:" + (folder_ / "reverse"); }

  // Opens one connection, sends the whole input at once, then its end.
  [[nodiscard]] std::string talk(const std::string& address, std::string_view input) const {
    support::Client client(address);
    client.send(input);
    client.end_of_input();
    return client.read_to_end();
  }
  [[nodiscard]] std::string line(const std::string& request) const { return talk(forward(), request + "\n"); }

 private:
  support::SpfdProcess::Settings settings(std::vector<std::string> arguments, const std::string& zone, bool has_domain) {
    arguments.insert(arguments.end(), {"--srs", forward(), "--srs", reverse() + ",map=reverse", "--srs-secret-file", secret_});
    if (has_domain) arguments.insert(arguments.end(), {"--srs-domain", "fwd.example"});
    return {.arguments = std::move(arguments), .zone = zone};
  }

  support::TempFolder folder_;
  std::string secret_;
  support::SpfdProcess spfd_;
};

}  // namespace srs_world
