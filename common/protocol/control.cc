#include "common/protocol/control.h"

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace protocol {

bool ControlCodec::next(const Moment& /*moment*/, Request& request) {
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
  request.become<ControlRequest>(Door::control).line = *line;
  request.closes = true;
  return true;
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
