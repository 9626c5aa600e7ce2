#include "spfd/verdict_log.h"

#include <limits.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/spf/result.h"
#include "spfd/log.h"

namespace spfd {

namespace {

// A pipe takes up to PIPE_BUF bytes in one piece. Lines of other workers might appear within a longer write.
constexpr std::size_t kFullBuffer = PIPE_BUF;

std::int64_t to_milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

}  // namespace

VerdictLog::VerdictLog(io::Loop& loop) : flush_(loop, [this] { flush(); }) {}

void VerdictLog::flush() { write_lines(lines_, lines_.size()); }

template <class Write>
void VerdictLog::collect(LogLevel level, Write&& write) {
  const std::size_t before = lines_.size();
  if (before == 0) flush_.set();
  {
    LogLine line(level, lines_);
    write(line);
  }
  if (lines_.size() > kFullBuffer) write_lines(lines_, before);
}

void VerdictLog::add(const protocol::CheckRequest& check, protocol::Door door, const receiver::Reply& reply, const Shadow& shadow,
                     std::chrono::steady_clock::duration elapsed) {
  if (!log_enabled(LogLevel::info)) return;
  collect(LogLevel::info, [&](LogLine& line) {
    const receiver::Request& request = check.request;
    line.word("result=", spf::result_name(reply.result));
    if (reply.identity) line.word(" identity=", spf::identity_name(*reply.identity));
    if (request.client) {
      base::IpAddress::TextBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written as far as used
      line.word(" ip=", request.client->text(buffer));
    }
    line.field(" helo=", request.helo);
    line.field(" sender=", request.sender);
    line.field_if_any(" mechanism=", reply.mechanism);
    line.field_if_any(" problem=", reply.problem);
    line.field_if_any(" error=", reply.error);
    if (reply.action != receiver::Action::accept) line.word(" action=", receiver::action_name(reply.action));
    if (reply.would) line.word(" would=", receiver::action_name(*reply.would));
    if (shadow.state == Shadow::State::unknown) {
      line.word(" shadow=", "unknown");
    } else if (shadow.state == Shadow::State::known && !shadow.agrees_with(reply)) {
      line.word(" shadow=", receiver::action_name(shadow.action));
      line.word(" shadow_result=", spf::result_name(shadow.result));
    }
    line.field_if_any(" local_policy=", reply.local_policy);
    if (reply.helo) line.word(" helo_result=", spf::result_name(reply.helo->result));
    if (reply.is_weak) line.number(" weak_pass=", 1);
    if (reply.is_stale) line.number(" stale=", 1);
    line.number(" lookups=", reply.lookups);
    line.number(" void=", reply.void_lookups);
    line.number(" ms=", to_milliseconds(elapsed));
    line.word(" door=", protocol::door_name(door));
    line.field_if_any(" id=", check.id);
  });
  if (!log_enabled(LogLevel::debug)) return;
  for (const spf::TraceStep& step : reply.trace) {
    collect(LogLevel::debug, [&](LogLine& line) { line.text("trace: " + spf::line_of(step)); });
  }
}

void VerdictLog::add(const receiver::SrsRequest& request, protocol::Door door, const receiver::SrsReply& reply,
                     std::chrono::steady_clock::duration elapsed) {
  if (!log_enabled(LogLevel::info)) return;
  collect(LogLevel::info, [&](LogLine& line) {
    line.word("srs=", receiver::srs_kind_name(request.kind));
    line.word(" reply=", receiver::srs_reply_name(reply.kind));
    line.field_if_any(" address=", request.address);
    line.field_if_any(" alias=", request.alias);
    if (reply.kind == receiver::SrsReply::Kind::ok) line.field(" answer=", reply.text);
    const bool is_address = reply.kind == receiver::SrsReply::Kind::ok || reply.kind == receiver::SrsReply::Kind::unchanged;
    line.field_if_any(" reason=", is_address ? reply.reason : reply.text);
    line.number(" ms=", to_milliseconds(elapsed));
    line.word(" door=", protocol::door_name(door));
  });
}

}  // namespace spfd
