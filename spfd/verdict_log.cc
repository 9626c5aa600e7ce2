#include "spfd/verdict_log.h"

#include <fmt/format.h>

#include <string>

#include "common/spf/result.h"
#include "spfd/log.h"

namespace spfd {

void log_verdict(const protocol::Item& item, const receiver::Reply& reply, std::chrono::steady_clock::duration elapsed) {
  if (!log_enabled(LogLevel::info)) return;
  const receiver::Request& request = item.request;
  std::string line = fmt::format("result={}", spf::result_name(reply.result));
  if (reply.identity) append_field(line, "identity", spf::identity_name(*reply.identity));
  if (request.client) append_field(line, "ip", request.client->text());
  append_field(line, "helo", request.helo);
  append_field(line, "sender", request.sender);
  if (!reply.mechanism.empty()) append_field(line, "mechanism", reply.mechanism);
  if (!reply.problem.empty()) append_field(line, "problem", reply.problem);
  if (!reply.error.empty()) append_field(line, "error", reply.error);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
  line += fmt::format(" lookups={} void={} ms={} door={}", reply.lookups, reply.void_lookups, milliseconds,
                      protocol::door_name(item.door));
  if (!item.id.empty()) append_field(line, "id", item.id);
  log_line(LogLevel::info, line);
  if (!log_enabled(LogLevel::debug)) return;
  for (const spf::TraceStep& step : reply.trace) {
    log(LogLevel::debug, "trace: {:{}}{} -> {} (lookups {}, void {})", "", step.depth * 2, step.text, step.outcome, step.lookups,
        step.void_lookups);
  }
}

}  // namespace spfd
