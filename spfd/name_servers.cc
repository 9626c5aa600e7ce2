#include "spfd/name_servers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "spfd/log.h"
#include "spfd/sandbox.h"

namespace spfd {

namespace {

constexpr std::chrono::minutes kMinute{1};

std::string list(const NameServers::List& servers) {
  std::string text;
  for (const io::NameServer& server : servers) text += (text.empty() ? "" : ", ") + io::name_server_text(server);
  return text;
}

}  // namespace

NameServers::NameServers(List configured) : configured_(std::move(configured)) {
  in_force_ = follows_system() ? io::system_name_servers() : configured_;
  if (follows_system()) static_cast<void>(read_system());
  if (!is_unreadable_) log_in_force();
}

std::optional<NameServers::List> NameServers::look_again() {
  if (!follows_system() || !watch_.has_changed()) return {};
  return use_system();
}

std::optional<NameServers::List> NameServers::reload(List configured) {
  configured_ = std::move(configured);
  return follows_system() ? use_system() : use(configured_);
}

std::optional<NameServers::List> NameServers::use_system() {
  // libresolv would use 127.0.0.1 instead of a file that cannot be read.
  if (sandbox_forbids_reading(io::ResolvConfWatch::kPath)) {
    log(LogLevel::warning, "name servers stay as they are: {} leads to a folder that the sandbox forbids; a restart is needed",
        io::ResolvConfWatch::kPath);
    return {};
  }
  auto servers = read_system();
  return servers ? use(std::move(*servers)) : std::nullopt;
}

// Returns the servers of resolv.conf, or nothing if it cannot be read. The log reports that once, until it can be read again.
std::optional<NameServers::List> NameServers::read_system() {
  auto servers = io::read_system_name_servers();
  const bool was_unreadable = std::exchange(is_unreadable_, !servers);
  if (servers) return std::move(*servers);
  if (!was_unreadable) log(LogLevel::warning, "{}; the name servers in force are {}", servers.error(), list(in_force_));
  return {};
}

std::optional<NameServers::List> NameServers::use(List servers) {
  if (servers == in_force_) return {};
  in_force_ = std::move(servers);
  watched_.with([&](std::vector<Watched>& all) {
    std::erase_if(
        all, [&](const Watched& one) { return std::find(in_force_.begin(), in_force_.end(), one.server) == in_force_.end(); });
  });
  log_in_force();
  return in_force_;
}

void NameServers::log_in_force() const {
  log(LogLevel::info, "name servers: {}{}", list(in_force_),
      follows_system() ? std::string(" from ") + io::ResolvConfWatch::kPath : "");
}

std::string NameServers::text() {
  return watched_.with([&](const std::vector<Watched>& all) {
    std::string text;
    for (const io::NameServer& server : in_force_) {
      const bool is_down =
          std::any_of(all.begin(), all.end(), [&](const Watched& one) { return one.server == server && one.down > 0; });
      text += (text.empty() ? "" : ", ") + io::name_server_text(server) + (is_down ? " (silent)" : "");
    }
    return text;
  });
}

void NameServers::on_change(const io::NameServer& server, bool is_down) {
  const auto now = std::chrono::steady_clock::now();
  const int line = watched_.with([&](std::vector<Watched>& all) {
    auto found = std::find_if(all.begin(), all.end(), [&](const Watched& one) { return one.server == server; });
    if (found == all.end()) {
      found = all.insert(all.end(), {.server = server, .minute_begin = now});
    }
    const int before = found->down;
    found->down = std::max(0, before + (is_down ? 1 : -1));
    // Only the first worker that gets no answers is logged, and the last one that gets answers again.
    if ((before > 0) == (found->down > 0)) return 0;
    if (now - found->minute_begin > kMinute) {
      found->minute_begin = now;
      found->lines = 0;
    }
    return ++found->lines;
  });
  if (line == 0 || line > kMaxLines) return;
  const char* const more = line == kMaxLines ? " (further changes within this minute are not logged)" : "";
  if (is_down) {
    log(LogLevel::warning, "name server {} does not answer{}", io::name_server_text(server), more);
  } else {
    log(LogLevel::info, "name server {} answers again{}", io::name_server_text(server), more);
  }
}

}  // namespace spfd
