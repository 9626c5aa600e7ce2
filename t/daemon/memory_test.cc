// The formula of spfd-limits(7) for the memory of the process, against the real process with a full cache of each shape of answer
// and with checks that wait for DNS; and the limits of the sample unit, against the formula.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "spfd/config/options.h"
#include "t/daemon/control_world.h"
#include "t/support/sanitized.h"

namespace {

using control_world::World;
using support::Client;

constexpr double kMegabyte = 1 << 20;

// The formula of the manual page, in MB: "24M + 4M * workers + 2.5 * cache-size + 10K * connections + 16K * checks".
struct Formula {
  double base = 0, worker = 0, cache = 0, connection = 0, check = 0;

  [[nodiscard]] double megabytes(double workers, double cache_megabytes, double connections, double checks) const {
    return base + worker * workers + cache * cache_megabytes + (connection * connections + check * checks) / 1024;
  }
};

Formula formula_of_the_page() {
  static const std::regex kForm(
      R"(\n\.Dl (\d+)M \+ (\d+)M \* workers \+ ([\d.]+) \* cache-size \+ (\d+)K \* connections \+ (\d+)K \* checks\n)");
  const std::string page = support::slurp("man/spfd-limits.7");
  std::smatch found;
  REQUIRE(std::regex_search(page, found, kForm));
  return {std::stod(found[1]), std::stod(found[2]), std::stod(found[3]), std::stod(found[4]), std::stod(found[5])};
}

constexpr int kCacheMegabytes = 8;
constexpr int kWorkers = 2;

dns::Answer text(std::string record) {
  dns::Answer answer;
  answer.ttl = 3600;
  answer.texts = {std::move(record)};
  return answer;
}

std::string repeated(std::string_view term, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += term;
  return out;
}

// The names are NUMBER.SHAPE.test.
support::Reaction shaped(const dns::Question& question, bool /*tcp*/) {
  dns::Answer nothing;
  nothing.ttl = 3600;
  const auto labels = base::split(question.name.text(), '.');
  const std::string_view shape = labels.size() == 3 ? labels[1] : "missing";
  if (shape == "silent") return support::react(support::Reaction::Fault::silence);
  if (shape == "missing") nothing.status = dns::Status::name_error;
  if (shape == "addresses" && question.type == dns::Type::a) {
    for (std::uint8_t i = 0; i < 25; ++i) nothing.addresses.push_back(base::IpAddress::v4({192, 0, 2, i}));
  }
  if (question.type != dns::Type::txt) return support::react(nothing);
  if (shape == "short") return support::react(text("v=spf1 ip4:192.0.2.0/24 -all"));
  if (shape == "addresses") return support::react(text("v=spf1 a -all"));
  if (shape == "networks") return support::react(text("v=spf1 " + repeated("ip4:192.0.2.1 ", 8000) + "-all"));
  if (shape == "macros") return support::react(text("v=spf1 " + repeated("exists:%{i}.%{l}.%{d}.x.test ", 2000) + "-all"));
  if (shape == "large") {
    dns::Answer answer = text("v=spf1 -all");
    for (int i = 0; i < 80; ++i) answer.texts.push_back(std::string(250, 'x'));
    return support::react(answer);
  }
  return support::react(nothing);
}

std::size_t number_in(const std::string& stats, const std::string& key) {
  const std::size_t at = stats.find(" " + key + "=");
  REQUIRE(at != std::string::npos);
  return base::parse_number(stats.substr(at + key.size() + 2, stats.find_first_of(" \n", at + 1) - at - key.size() - 2),
                            1UL << 40U)
      .value_or(0);
}

// Fills the cache with answers of a shape until older ones are removed, through some connections, which are those of several
// workers.
void fill(const World& world, std::string_view shape, std::size_t connections = 1) {
  constexpr int kAtOnce = 50;
  const auto evictions = [&] { return number_in(world.output({"stats"}), "evictions"); };
  const std::size_t before = evictions();
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < connections; ++i) clients.push_back(std::make_unique<Client>(world.spfd().address()));
  int number = 0;
  for (bool is_full = false; !is_full && number < 60000;) {
    std::string questions;
    for (int i = 0; i < kAtOnce; ++i)
      questions += fmt::format("ip=198.51.100.1\nsender=u@{}.{}.test\nkeep=1\n\n", number++, shape);
    Client& client = *clients[static_cast<std::size_t>(number / kAtOnce) % connections];
    client.send(questions);
    for (int i = 0; i < kAtOnce; ++i) REQUIRE(client.read_answer().starts_with("result="));
    if (number % 1000 == 0) is_full = evictions() > before + 50;
  }
  CHECK(evictions() > before);
}

TEST_CASE("memory: the formula of spfd-limits(7) bounds a process whose cache is full of any shape of answer") {
  support::DnsServer dns(shaped);
  const World world({.arguments = {"--nameserver", dns.address(), "--workers", std::to_string(kWorkers), "--cache-size",
                                   fmt::format("{}M", kCacheMegabytes)}});
  const Formula formula = formula_of_the_page();
  // Sanitizers keep freed memory, and put more around each block.
  const double most = formula.megabytes(kWorkers, kCacheMegabytes, 1, 200) * (support::kIsSanitized ? 20 : 1);
  double peak = 0;
  for (const char* shape : {"networks", "macros", "large", "addresses", "missing", "short", "networks"}) {
    CAPTURE(shape);
    fill(world, shape);
    const double now = static_cast<double>(world.spfd().resident()) / kMegabyte;
    MESSAGE(fmt::format("{}: {:.1f} MB of {:.1f}", shape, now, most));
    CHECK(now <= most);
    peak = std::max(peak, now);
  }
  // A formula that allows several times of what is needed would be of no use.
  CHECK(peak * 3 > formula.megabytes(kWorkers, kCacheMegabytes, 1, 200));
}

TEST_CASE("memory: the formula bounds a process whose workers filled a large cache with answers of changing shapes") {
  constexpr int kLargeCache = 64;
  support::DnsServer dns(shaped);
  const World world({.arguments = {"--nameserver", dns.address(), "--workers", std::to_string(kWorkers), "--cache-size",
                                   fmt::format("{}M", kLargeCache)}});
  const double most = formula_of_the_page().megabytes(kWorkers, kLargeCache, 8, 400) * (support::kIsSanitized ? 20 : 1);
  for (const char* shape : {"networks", "large", "macros", "networks", "large"}) {
    CAPTURE(shape);
    fill(world, shape, 8);
    const double now = static_cast<double>(world.spfd().resident()) / kMegabyte;
    MESSAGE(fmt::format("{}: {:.1f} MB of {:.1f}", shape, now, most));
    CHECK(now <= most);
  }
}

TEST_CASE("memory: the formula bounds a process with many connections, and with checks that wait for DNS") {
  constexpr int kConnections = 300;
  constexpr int kChecks = 4;  // of each connection
  support::DnsServer dns(shaped);
  const World world({.arguments = {"--nameserver", dns.address(), "--workers", std::to_string(kWorkers), "--cache-size", "1M",
                                   "--timeout", "60s"}});
  const Formula formula = formula_of_the_page();
  const double factor = support::kIsSanitized ? 20 : 1;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kConnections; ++i) clients.push_back(std::make_unique<Client>(world.spfd().address()));
  const double idle = static_cast<double>(world.spfd().resident()) / kMegabyte;
  CHECK(idle <= formula.megabytes(kWorkers, 1, kConnections, 0) * factor);
  for (int i = 0; i < kConnections; ++i) {
    for (int check = 0; check < kChecks; ++check)
      clients[static_cast<std::size_t>(i)]->send(
          fmt::format("ip=198.51.100.1\nhelo=mail.{}.silent.test\nsender=u@{}.silent.test\nkeep=1\n\n", i, i * kChecks + check));
  }
  support::wait_until("the checks", [&] { return number_in(world.output({"stats"}), "running") == kConnections * kChecks; });
  const double busy = static_cast<double>(world.spfd().resident()) / kMegabyte;
  MESSAGE(fmt::format("{} connections {:.1f} MB, with {} checks {:.1f} MB", kConnections, idle, kConnections * kChecks, busy));
  CHECK(busy <= formula.megabytes(kWorkers, 1, kConnections, kConnections * kChecks) * factor);
}

TEST_CASE("memory: the limits of the sample unit have room for the defaults") {
  const std::string unit = support::slurp("etc/systemd/spfd.service");
  const auto value = [&](const std::string& name) {
    const std::size_t at = unit.find("\n" + name + "=");
    REQUIRE(at != std::string::npos);
    return std::stod(unit.substr(at + name.size() + 2));
  };
  const spfd::Options defaults;
  const double cache = static_cast<double>(defaults.cache_size) / kMegabyte;
  // At most four workers by default; each connection waits for a check.
  const double needed = formula_of_the_page().megabytes(4, cache, defaults.max_connections, defaults.max_connections);
  CAPTURE(needed);
  CHECK(value("MemoryHigh") >= needed);
  CHECK(value("MemoryHigh") < 1.25 * needed);
  // The bound for the bytes of all connections of four workers.
  CHECK(value("MemoryMax") >= value("MemoryHigh") + 4 * 64);
}

}  // namespace
