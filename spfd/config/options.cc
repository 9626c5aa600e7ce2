#include "spfd/config/options.h"

#include <fmt/core.h>
#include <sysexits.h>

#include <algorithm>
#include <utility>

#include "common/io/socket.h"
#include "common/options/file_settings.h"
#include "spfd/config/option_rows.h"

namespace spfd {

namespace {

using options::Problem;
using options::Setting;

// Turns the options of the Perl spfds into listen addresses.
Problem complete(Options& options) {
  if (options.legacy_socket) {
    if (options.legacy_socket->size() > io::kMaxSocketPath) return "the path of --socket is too long";
    UnixAddress address{.path = *options.legacy_socket, .user = options.legacy_socket_user, .group = options.legacy_socket_group};
    if (options.legacy_socket_mode) address.mode = *options.legacy_socket_mode;
    options.listen.emplace_back(std::move(address));
  } else if (options.legacy_socket_mode || !options.legacy_socket_user.empty() || !options.legacy_socket_group.empty()) {
    return "socket-user, socket-group and socket-perms need socket";
  }
  if (options.legacy_port) {
    // Both addresses, since a host may have only one of them.
    for (const char* loopback : {"127.0.0.1", "::1"}) {
      const ListenAddress address = InetAddress{loopback, static_cast<std::uint16_t>(*options.legacy_port)};
      const auto is_same = [&](const ListenAddress& one) { return listen_address_text(one) == listen_address_text(address); };
      if (std::none_of(options.listen.begin(), options.listen.end(), is_same)) options.listen.push_back(address);
    }
  }
  if (options.listen.empty() && options.milter.empty() && options.srs_addresses.empty()) {
    options.listens_by_default = true;
    for (const char* loopback : {"127.0.0.1", "::1"}) options.listen.emplace_back(InetAddress{loopback, 5970});
  }
  return {};
}

}  // namespace

const options::Rows& option_table() {
  static const options::Rows table = options::joined({add_daemon_rows, add_policy_rows, add_srs_rows, add_tail_rows});
  return table;
}

std::string_view section_name(DomainSection::Kind kind) { return kind == DomainSection::Kind::sender ? "sender" : "recipient"; }

base::Result<Options, StartError> make_options(const FileSettings& from_file, const std::vector<Setting>& from_command_line) {
  Options options;
  if (auto problem = options::apply_file(from_file.settings, from_command_line, options))
    return base::failure(StartError{std::move(*problem), EX_CONFIG});
  for (const Setting& setting : from_command_line) {
    if (auto problem = apply(setting, options)) return base::failure(StartError{std::move(*problem), EX_USAGE});
  }
  for (DomainSection section : from_file.sections) {
    Options of_section;
    for (const Setting& setting : section.settings) {
      if (auto problem = apply(setting, of_section)) return base::failure(StartError{std::move(*problem), EX_CONFIG});
    }
    section.rules = std::move(of_section.in_force.policy.rules);
    options.sections.push_back(std::move(section));
  }
  if (auto problem = complete(options))
    return base::failure(StartError{std::move(*problem), from_command_line.empty() ? EX_CONFIG : EX_USAGE});
  return options;
}

}  // namespace spfd
