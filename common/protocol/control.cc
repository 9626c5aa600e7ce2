#include "common/protocol/control.h"

#include <fmt/core.h>

#include <algorithm>

#include "common/base/json.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/protocol/query_lines.h"

namespace protocol {

namespace {

constexpr std::string_view kExplain = "explain";
constexpr std::string_view kJson = "json ";
// Bytes of the trace in JSON.
constexpr std::size_t kMaxTrace = 256U << 10U;

// Puts each value of "key=value key=value" on a line of its own. A value may begin with a quoted string, also after "<"; blanks
// within it do not separate values, and a backslash quotes the next character (RFC 5321 §4.1.2). A quotation mark elsewhere, such
// as in a HELO name, is an ordinary character.
std::string on_lines(std::string_view words) {
  std::string lines;
  bool in_key = true, may_begin = false, is_quoted = false, is_escaped = false;
  for (const char c : words) {
    const bool is_mark = c == '"' && !is_escaped;
    const bool separates = c == ' ' && !is_quoted;
    lines += separates ? '\n' : c;
    is_escaped = is_quoted && c == '\\' && !is_escaped;
    if (is_mark && (is_quoted || may_begin)) is_quoted = !is_quoted;
    may_begin = (c == '=' && in_key) || (c == '<' && may_begin);
    in_key = separates || (in_key && c != '=');
  }
  return lines;
}

void write_lines(const ControlAnswer& answer, std::string& out) {
  out += answer.is_error ? "error: " : "ok\n";
  std::string_view text = answer.text;
  const bool is_cut = text.size() > ControlCodec::kMaxAnswer;
  // The answer consists of whole lines only.
  if (is_cut) text = text.substr(0, text.rfind('\n', ControlCodec::kMaxAnswer) + 1);
  out += text;
  if (!text.empty() && !text.ends_with('\n')) out += '\n';
  if (is_cut) out += ControlCodec::kCut;
}

void write_json(const ControlAnswer& answer, std::string& out) {
  if (answer.is_error) {
    base::JsonMembers error;
    error.text("error", answer.text);
    base::append(out, "{\"ok\": false, ", error.members(), "}\n");
  } else {
    base::append(out, "{\"ok\": true", answer.text.empty() ? "" : ", ", answer.text, "}\n");
  }
}

// Returns the members "trace" and "answer".
std::string explained(const CheckRequest& check, const receiver::Reply& reply, const DoorOptions& options) {
  base::JsonMembers members;
  std::vector<std::string> steps;
  std::size_t bytes = 0;
  for (const spf::TraceStep& step : reply.trace) {
    steps.push_back(spf::line_of(step));
    bytes += steps.back().size();
    if (bytes <= kMaxTrace) continue;
    steps.emplace_back("(further steps are cut)");
    break;
  }
  members.list("trace", steps);
  std::string answer;
  append_reply(reply, Format::json, check.id, options, answer);
  answer.pop_back();  // the line end
  members.raw("answer", answer);
  return members.take();
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
  std::string_view command = *line;
  const Format format = command.starts_with(kJson) ? Format::json : Format::lines;
  if (format == Format::json) command.remove_prefix(kJson.size());
  command = base::strip(command);
  const std::string_view after = command.substr(std::min(kExplain.size(), command.size()));
  if (command.starts_with(kExplain) && (after.empty() || after.front() == ' ')) {
    CheckRequest& check = request.become<CheckRequest>(Door::control);
    const std::string text = on_lines(base::strip(after));
    read_check(read_values(text), check);
    // A word that is misspelled, or asks for something else, must not change what is explained.
    if (const std::string_view foreign = foreign_line(text); !foreign.empty())
      check.error = base::in_quotes(foreign) + " is not one of: ip=, helo=, sender=, recipient=";
    check.form = format;
    check.request.explain = true;
    check.request.time = moment.time;
  } else {
    ControlRequest& control = request.become<ControlRequest>(Door::control);
    control.line = command;
    control.format = format;
  }
  request.closes = true;
  return true;
}

void ControlCodec::encode(const CheckRequest& check, const receiver::Reply& reply, const DoorOptions& options, std::string& out) {
  const Format format = std::get<Format>(check.form);
  ControlAnswer answer{.is_error = !check.error.empty(), .text = check.error};
  if (!answer.is_error && format == Format::json) {
    answer.text = explained(check, reply, options);
  } else if (!answer.is_error) {
    for (const spf::TraceStep& step : reply.trace) answer.text += "trace=" + spf::line_of(step) + '\n';
    append_reply(reply, Format::lines, check.id, options, answer.text);
  }
  write_control(answer, format, out);
}

void ControlCodec::refuse(std::string_view why, Request& request) {
  is_done_ = true;
  Ready& ready = request.become<Ready>(Door::control);
  write_control({.is_error = true, .text = std::string(why)}, Format::lines, ready.answer);
  request.closes = true;
}

void ControlCodec::give_up(std::string_view why, Request& request) { refuse(why, request); }

void ControlCodec::write_control(const ControlAnswer& answer, Format format, std::string& out) {
  if (format == Format::lines) return write_lines(answer, out);
  if (answer.text.size() <= kMaxJson) return write_json(answer, out);
  write_json({.is_error = true, .text = fmt::format("the answer is longer than {} bytes", kMaxJson)}, out);
}

}  // namespace protocol
