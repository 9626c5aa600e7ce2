#include "spfd/verdict_log.h"

#include <limits.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "common/spf/result.h"
#include "spfd/log.h"

namespace spfd {

namespace {

// A pipe takes up to PIPE_BUF bytes as one piece; of more, other workers' lines may stand in the middle. A line has about 200,
// and the time and level before it, and its end, less than 64.
constexpr std::size_t kFullBuffer = PIPE_BUF - 64;

void append_count(std::string& line, std::string_view key, std::int64_t count) {
  line += key;
  base::append_number(line, static_cast<unsigned long>(std::max<std::int64_t>(count, 0)));
}

}  // namespace

VerdictLog::VerdictLog(io::Loop& loop) : flush_(loop, [this] { flush(); }) {}

void VerdictLog::flush() { write_lines(lines_); }

void VerdictLog::collect(LogLevel level, std::string_view line) {
  if (lines_.size() + line.size() > kFullBuffer) flush();
  if (lines_.empty()) flush_.set();
  collect_line(level, line, lines_);
}

void VerdictLog::add(const protocol::Item& item, const receiver::Reply& reply, std::chrono::steady_clock::duration elapsed) {
  if (!log_enabled(LogLevel::info)) return;
  const receiver::Request& request = item.request;
  std::string& line = line_;
  line = "result=";
  line += spf::result_name(reply.result);
  if (reply.identity) append_field(line, "identity", spf::identity_name(*reply.identity));
  if (request.client) {
    line += " ip=";
    request.client->append_text(line);
  }
  append_field(line, "helo", request.helo);
  append_field(line, "sender", request.sender);
  if (!reply.mechanism.empty()) append_field(line, "mechanism", reply.mechanism);
  if (!reply.problem.empty()) append_field(line, "problem", reply.problem);
  if (!reply.error.empty()) append_field(line, "error", reply.error);
  if (reply.action != receiver::Action::accept) append_field(line, "action", receiver::action_name(reply.action));
  if (reply.would) append_field(line, "would", receiver::action_name(*reply.would));
  if (!reply.local_policy.empty()) append_field(line, "local_policy", reply.local_policy);
  if (reply.helo) append_field(line, "helo_result", spf::result_name(reply.helo->result));
  if (reply.is_weak) line += " weak_pass=1";
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
  append_count(line, " lookups=", reply.lookups);
  append_count(line, " void=", reply.void_lookups);
  append_count(line, " ms=", milliseconds);
  base::append(line, " door=", protocol::door_name(item.door));
  if (!item.id.empty()) append_field(line, "id", item.id);
  collect(LogLevel::info, line);
  if (!log_enabled(LogLevel::debug)) return;
  for (const spf::TraceStep& step : reply.trace) {
    collect(LogLevel::debug, fmt::format("trace: {:{}}{} -> {} (lookups {}, void {})", "", step.depth * 2, step.text,
                                         step.outcome, step.lookups, step.void_lookups));
  }
}

void VerdictLog::add(const protocol::Item& item, const protocol::SrsReply& reply, std::chrono::steady_clock::duration elapsed) {
  if (!log_enabled(LogLevel::info)) return;
  const protocol::SrsRequest& request = item.rewriting;
  std::string& line = line_;
  line.clear();
  base::append(line, "srs=", protocol::srs_kind_name(request.kind), " reply=", protocol::srs_reply_name(reply.kind));
  if (!request.address.empty()) append_field(line, "address", request.address);
  if (!request.alias.empty()) append_field(line, "alias", request.alias);
  if (reply.kind == protocol::SrsReply::Kind::ok) append_field(line, "answer", reply.text);
  const bool is_address = reply.kind == protocol::SrsReply::Kind::ok || reply.kind == protocol::SrsReply::Kind::unchanged;
  const std::string& reason = is_address ? reply.reason : reply.text;
  if (!reason.empty()) append_field(line, "reason", reason);
  append_count(line, " ms=", std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
  base::append(line, " door=", protocol::door_name(item.door));
  collect(LogLevel::info, line);
}

}  // namespace spfd
