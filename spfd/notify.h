// What a service manager is told (sd_notify(3)): READY=1, RELOADING=1, STOPPING=1, STATUS=..., WATCHDOG=1.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace spfd {

// Sends to the socket of NOTIFY_SOCKET; does nothing without one.
void notify(std::string_view state);
// How often WATCHDOG=1 must come (WATCHDOG_USEC, WATCHDOG_PID); nothing when not asked for.
std::optional<std::chrono::milliseconds> watchdog_interval();

}  // namespace spfd
