#include "common/spf/trace.h"

#include <fmt/core.h>

#include "common/base/printable.h"

namespace spf {

namespace {

// Describes an answer in a few words.
std::string describe(const dns::Answer& answer) {
  constexpr std::size_t kMost = 400;  // bytes
  if (answer.status == dns::Status::failure) return answer.problem;
  if (answer.status == dns::Status::name_error) return "no such name";
  std::string out;
  const auto add = [&out](std::string_view piece) {
    if (out.size() > kMost) return;
    if (!out.empty()) out += ", ";
    out += piece;
  };
  for (const auto& address : answer.addresses) add(address.text());
  for (const auto& name : answer.names) add(name.empty() ? "." : name);
  for (const auto& text : answer.texts) add('"' + text + '"');
  return out.empty() ? "no record" : base::clip(out, kMost);
}

}  // namespace

std::string line_of(const TraceStep& step) {
  std::string line = fmt::format("{:{}}{}", "", step.depth * 2, step.text);
  if (!step.outcome.empty()) line += fmt::format(" -> {} (lookups {}, void {})", step.outcome, step.lookups, step.void_lookups);
  return line;
}

std::size_t Trace::add_open(TraceStep::Kind kind, std::string_view text, std::string_view more) {
  steps_.push_back({.kind = kind, .depth = depth_++, .text = base::printable(text), .outcome = {}});
  base::append_printable(steps_.back().text, more);
  return steps_.size() - 1;
}

void Trace::add_close(std::size_t place, std::string_view outcome, const Counters& counters) {
  TraceStep& step = steps_[place];
  depth_ = step.depth;
  step.outcome = outcome;
  step.lookups = counters.lookups;
  step.void_lookups = counters.void_lookups;
}

void Trace::add_record(std::string_view text) {
  steps_.push_back({.kind = TraceStep::Kind::record, .depth = depth_, .text = base::printable(text), .outcome = {}});
}

void Trace::add_note(std::string_view text) {
  steps_.push_back({.kind = TraceStep::Kind::note, .depth = depth_, .text = base::printable(text), .outcome = {}});
}

void Trace::add_question(const dns::Question& question, const dns::Answer& answer, const Counters& counters) {
  steps_.push_back({.kind = TraceStep::Kind::question,
                    .depth = depth_,
                    .text = fmt::format("{} {}", dns::type_name(question.type), question.name.text()),
                    .outcome = describe(answer),
                    .lookups = counters.lookups,
                    .void_lookups = counters.void_lookups});
}

void Trace::add_target(std::size_t place, std::string_view name) { steps_[place].text += fmt::format(" (= {})", name); }

}  // namespace spf
