#include "common/io/failure.h"

#include <algorithm>

namespace io {

namespace {

using Phase = OpenQuestion::Phase;

// A SERVFAIL that takes at least this time shows that the zone's servers are silent. A resolver that has it in its cache, or
// finds an answer that does not verify, is faster.
constexpr std::chrono::milliseconds kSlowRefusal{1000};

bool is_over_tcp(const OpenQuestion& open) { return open.phase >= Phase::tcp_queued; }

// Returns whether the asker's patience ended before the servers had their full time.
bool is_cut_short(const OpenQuestion& open, const ResolverOptions& options) {
  if (!open.is_at_end) return false;
  if (open.phase == Phase::tcp_backing_off) return true;
  if (open.phase == Phase::tcp && open.end - open.tcp_begin < options.tcp_timeout) return true;
  if (open.sent.empty() && open.trouble->kind != Trouble::Kind::unreachable) return true;
  const auto since = open.sent.empty() ? open.begin : open.sent.front().at;
  return !open.is_brief && open.end - since < options.schedule();
}

}  // namespace

dns::Answer failure_of(const OpenQuestion& open, const ResolverOptions& options) {
  if (open.phase == Phase::queued) return dns::failure_answer("too many questions in flight", dns::Cause::local);
  if (open.phase == Phase::tcp_queued) return dns::failure_answer("too many questions over TCP", dns::Cause::local);
  if (!open.trouble) return dns::failure_answer("no server could be reached", dns::Cause::local);
  const Trouble& trouble = *open.trouble;
  if (is_cut_short(open, options)) return dns::failure_answer(trouble.text, dns::Cause::local);
  if (open.is_at_end && is_over_tcp(open)) return dns::failure_answer(trouble.text, dns::Cause::unavailable);
  switch (trouble.kind) {
    case Trouble::Kind::no_socket: return dns::failure_answer(trouble.text, dns::Cause::local);
    case Trouble::Kind::unreachable:
    case Trouble::Kind::tcp_failed: return dns::failure_answer(trouble.text, dns::Cause::unavailable);
    case Trouble::Kind::timed_out: break;
    default: return dns::failure_answer(trouble.text);
  }
  // Servers that answer no question at all say nothing about this name.
  const bool answers_others = std::any_of(open.servers->begin(), open.servers->end(),
                                          [&](const auto& server) { return server->health.last_answer() >= open.begin; });
  return dns::failure_answer(trouble.text, answers_others ? dns::Cause::no_answer : dns::Cause::unavailable);
}

bool is_silence_of_zone(const OpenQuestion& open, dns::Cause cause, std::chrono::steady_clock::time_point now) {
  if (open.sent.empty()) return false;
  const bool is_slow_refusal = cause == dns::Cause::reported && open.trouble && open.trouble->kind == Trouble::Kind::refused &&
                               now - open.sent.front().at >= kSlowRefusal;
  return cause == dns::Cause::no_answer || is_slow_refusal;
}

}  // namespace io
