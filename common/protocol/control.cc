#include "common/protocol/control.h"

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/protocol/query_lines.h"

namespace protocol {

namespace {

constexpr std::string_view kExplain = "explain ";

// Puts each value of "key=value key=value" on a line of its own. Blanks within quotes do not separate values; a backslash there
// quotes the next character (RFC 5321 §4.1.2).
std::string on_lines(std::string_view words) {
  std::string lines;
  bool is_quoted = false, is_escaped = false;
  for (const char c : words) {
    lines += c == ' ' && !is_quoted ? '\n' : c;
    if (c == '"' && !is_escaped) is_quoted = !is_quoted;
    is_escaped = is_quoted && c == '\\' && !is_escaped;
  }
  return lines;
}

}  // namespace

bool ControlCodec::next(const Moment& moment, Request& request) {
  if (is_done_) return false;
  const auto line = lines_.next();
  if (!line) {
    if (!lines_.is_broken()) return false;
    refuse(fmt::format("the line is longer than {} bytes", kMaxLine), request);
    return true;
  }
  if (!base::all_printable(*line)) {
    refuse("a command is one line of printable US-ASCII", request);
    return true;
  }
  is_done_ = true;
  if (line->starts_with(kExplain)) {
    CheckRequest& check = request.become<CheckRequest>(Door::control);
    const std::string text = on_lines(line->substr(kExplain.size()));
    read_check(read_values(text), check);
    check.form = Format::lines;
    check.request.explain = true;
    check.request.time = moment.time;
  } else {
    request.become<ControlRequest>(Door::control).line = *line;
  }
  request.closes = true;
  return true;
}

void ControlCodec::encode(const CheckRequest& check, const receiver::Reply& reply, const DoorOptions& options, std::string& out) {
  ControlAnswer answer{.is_error = !check.error.empty(), .text = check.error};
  if (!answer.is_error) {
    for (const spf::TraceStep& step : reply.trace) answer.text += "trace=" + spf::line_of(step) + '\n';
    append_reply(reply, Format::lines, check.id, options, answer.text);
  }
  write_control(answer, out);
}

void ControlCodec::refuse(std::string_view why, Request& request) {
  is_done_ = true;
  Ready& ready = request.become<Ready>(Door::control);
  write_control({.is_error = true, .text = std::string(why)}, ready.answer);
  request.closes = true;
}

void ControlCodec::give_up(std::string_view why, Request& request) { refuse(why, request); }

void ControlCodec::write_control(const ControlAnswer& answer, std::string& out) {
  out += answer.is_error ? "error: " : "ok\n";
  std::string_view text = answer.text;
  const bool is_cut = text.size() > kMaxAnswer;
  // Whole lines only.
  if (is_cut) text = text.substr(0, text.rfind('\n', kMaxAnswer) + 1);
  out += text;
  if (!text.empty() && !text.ends_with('\n')) out += '\n';
  if (is_cut) out += kCut;
}

}  // namespace protocol
