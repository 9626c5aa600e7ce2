#include "spfd/sandbox_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "common/base/printable.h"
#include "common/io/name_server.h"

namespace spfd {

namespace {

constexpr std::uint16_t kDnsPort = 53;

// Programs that write resolv.conf keep it in these folders, to which /etc/resolv.conf may lead later.
constexpr const char* kResolvConfFolders[] = {"/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/connman"};

std::vector<std::string> files_of(const Options& options) {
  std::vector<std::string> files = {options.config.value_or(kDefaultConfig)};
  files.insert(files.end(), options.zones.begin(), options.zones.end());
  for (const std::string& file : {options.srs.secret_file, options.why_key_file, options.shadow_config}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

}  // namespace

SandboxRules sandbox_rules(const Options& options) {
  SandboxRules rules;
  for (const std::string& file : files_of(options)) add_readable(file, rules.readable);
  add_readable(io::ResolvConfWatch::kPath, rules.readable);
  rules.readable.insert(rules.readable.end(), std::begin(kResolvConfFolders), std::end(kResolvConfFolders));
  // The C library reads the number of processors from it.
  rules.readable.emplace_back("/sys/devices/system/cpu/online");
  rules.tcp_ports.push_back(kDnsPort);
  for (const io::NameServer& server : options.in_force.name_servers) {
    if (std::find(rules.tcp_ports.begin(), rules.tcp_ports.end(), server.port) == rules.tcp_ports.end())
      rules.tcp_ports.push_back(server.port);
  }
  const char* const notify_socket = std::getenv("NOTIFY_SOCKET");
  rules.reaches_abstract_sockets = notify_socket != nullptr && notify_socket[0] == '@';
  return rules;
}

std::optional<std::string> sandbox_objection(const Options& options) {
  for (const std::string& file : files_of(options)) {
    if (!sandbox_forbids_reading(file)) continue;
    return fmt::format(
        "{}: the sandbox forbids this folder, which the configuration did not name when spfd started; "
        "a restart is needed",
        base::printable(file));
  }
  const SandboxState& state = sandbox_state();
  if (!state.tcp) return {};
  for (const io::NameServer& server : options.in_force.name_servers) {
    if (std::find(state.tcp_ports.begin(), state.tcp_ports.end(), server.port) != state.tcp_ports.end()) continue;
    return fmt::format(
        "nameserver {}: the sandbox forbids TCP to this port, which the configuration did not name when spfd "
        "started; a restart is needed",
        io::name_server_text(server));
  }
  return {};
}

}  // namespace spfd
