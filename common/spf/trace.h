// A trace of an evaluation: each domain, record, term and DNS question with its outcome, as a tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/answer.h"

namespace spf {

// One line of the trace. Steps are in the order of evaluation; `depth` is that in the tree. All texts are printable US-ASCII.
struct TraceStep {
  enum class Kind : std::uint8_t {
    check,     // text: domain;                            outcome: result
    record,    // text: the record
    term,      // text: directive or modifier (= target);  outcome: match, no match, temperror, permerror
    question,  // text: "TXT example.com";                 outcome: the answer
    note,      // text: a remark about the enclosing step, such as a term that has no effect
  };
  Kind kind = Kind::check;
  int depth = 0;
  std::string text;
  std::string outcome;
  int lookups = 0;       // DNS terms used, including this one
  int void_lookups = 0;  // void lookups so far

  friend bool operator==(const TraceStep&, const TraceStep&) = default;
};

// Returns a step as one line, indented by its depth.
std::string line_of(const TraceStep& step);

struct Counters {
  int lookups = 0;
  int void_lookups = 0;
};

// Records steps. Does nothing while it is off.
class Trace {
 public:
  explicit Trace(bool on) : on_(on) {}

  void stop() { on_ = false; }

  // Adds a step that contains the steps up to close(); returns its place. `more` is appended to `text`.
  std::size_t open(TraceStep::Kind kind, std::string_view text, std::string_view more = {}) {
    return on_ ? add_open(kind, text, more) : 0;
  }
  void close(std::size_t place, std::string_view outcome, const Counters& counters) {
    if (on_) add_close(place, outcome, counters);
  }
  // Adds a record; no step is nested in it.
  void record(std::string_view text) {
    if (on_) add_record(text);
  }
  [[nodiscard]] bool is_on() const { return on_; }
  void note(std::string_view text) {
    if (on_) add_note(text);
  }
  void question(const dns::Question& question, const dns::Answer& answer, const Counters& counters) {
    if (on_) add_question(question, answer, counters);
  }
  // Adds the expanded target name to the term at `place`.
  void target(std::size_t place, std::string_view name) {
    if (on_) add_target(place, name);
  }

  std::vector<TraceStep> take() { return std::move(steps_); }

 private:
  std::size_t add_open(TraceStep::Kind kind, std::string_view text, std::string_view more);
  void add_close(std::size_t place, std::string_view outcome, const Counters& counters);
  void add_record(std::string_view text);
  void add_note(std::string_view text);
  void add_question(const dns::Question& question, const dns::Answer& answer, const Counters& counters);
  void add_target(std::size_t place, std::string_view name);

  bool on_;
  int depth_ = 0;
  std::vector<TraceStep> steps_;
};

}  // namespace spf
