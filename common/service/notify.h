// Messages to a service manager (sd_notify(3)): READY=1, RELOADING=1, STOPPING=1, STATUS=..., WATCHDOG=1.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace service {

// Sends `state` to the socket that NOTIFY_SOCKET names; does nothing without one.
void notify(std::string_view state);
// Returns the interval in which WATCHDOG=1 must be sent (WATCHDOG_USEC, WATCHDOG_PID), if the service manager requires it.
std::optional<std::chrono::milliseconds> watchdog_interval();

}  // namespace service
