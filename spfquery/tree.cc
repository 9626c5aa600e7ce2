#include "spfquery/tree.h"

#include <fmt/core.h>
#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "common/base/json.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "spfquery/wrap.h"

namespace spfquery {

namespace {

using spf::TraceStep;

enum class Colour : std::uint8_t { none, good, bad, doubtful, broken, faint };

Colour colour_of(std::string_view result) {
  if (result == "pass") return Colour::good;
  if (result == "fail") return Colour::bad;
  if (result == "softfail" || result == "neutral") return Colour::doubtful;
  if (result == "temperror" || result == "permerror") return Colour::broken;
  return Colour::none;
}

std::string painted(std::string_view text, Colour colour, const TreeStyle& style) {
  if (!style.colour || colour == Colour::none) return std::string(text);
  std::string_view code;
  switch (colour) {
    case Colour::good: code = "1;32"; break;
    case Colour::bad: code = "1;31"; break;
    case Colour::doubtful: code = "1;33"; break;
    case Colour::broken: code = "1;35"; break;
    case Colour::faint: code = "2"; break;
    case Colour::none: break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

// Returns the result of a directive that matches (RFC 7208 §4.6.2).
std::string_view result_of(std::string_view directive) {
  switch (directive.empty() ? '+' : directive.front()) {
    case '-': return "fail";
    case '~': return "softfail";
    case '?': return "neutral";
    default: return "pass";
  }
}

struct Node {
  const TraceStep* step;
  bool has_children;
  bool is_last;  // the last child of its parent
};

// Makes the nodes. A record is left out if the previous line, which is its question, shows it as the only answer.
std::vector<Node> nodes_of(const std::vector<TraceStep>& steps) {
  std::vector<Node> nodes;
  for (const TraceStep& step : steps) {
    const TraceStep* const before = nodes.empty() ? nullptr : nodes.back().step;
    const bool is_known = step.kind == TraceStep::Kind::record && before != nullptr &&
                          before->kind == TraceStep::Kind::question && before->outcome == '"' + step.text + '"';
    if (!is_known) nodes.push_back({&step, false, false});
  }
  std::vector<bool> seen;  // by depth: another node follows
  for (std::size_t i = nodes.size(); i-- > 0;) {
    const auto depth = static_cast<std::size_t>(nodes[i].step->depth);
    nodes[i].has_children = seen.size() > depth + 1;
    seen.resize(depth + 1);  // deeper nodes have another parent
    nodes[i].is_last = !seen[depth];
    seen[depth] = true;
  }
  return nodes;
}

class TreeWriter {
 public:
  TreeWriter(const spf::Limits& limits, const TreeStyle& style) : limits_(limits), style_(style) {}

  void add(const Node& node) {
    std::string first;
    std::string others;
    indent(node, first, others);
    text_.clear();
    set_text(node);
    out_ += wrapped(text_, first, others, style_.width) + '\n';
  }

  void add_line(std::string_view text) { out_.append(wrapped(text, {}, "  ", style_.width)).append("\n"); }
  std::string finish() { return std::move(out_); }

 private:
  void set_text(const Node& node) {
    const TraceStep& step = *node.step;
    switch (step.kind) {
      case TraceStep::Kind::check:
        text_ += fmt::format("{}: {}", step.text, in_colour(step.outcome));
        if (step.depth == 0) add_counters(step);
        break;
      case TraceStep::Kind::term:
        text_ += fmt::format("{}: {}", step.text, in_colour(step.outcome));
        if (step.outcome == "match") text_ += fmt::format(" {} {}", arrow(), in_colour(result_of(step.text)));
        // Other terms do not change the counters.
        if (node.has_children || step.outcome.ends_with("error")) add_counters(step);
        break;
      case TraceStep::Kind::record: text_ += "record: " + step.text; break;
      case TraceStep::Kind::note: text_ += "note: " + step.text; break;
      case TraceStep::Kind::question:
        if (step.depth == 0) text_ += "explanation: ";
        text_ += painted(fmt::format("{} {} {}", step.text, arrow(), step.outcome), Colour::faint, style_);
        break;
    }
  }

  [[nodiscard]] std::string in_colour(std::string_view result) const { return painted(result, colour_of(result), style_); }
  [[nodiscard]] std::string_view arrow() const { return style_.utf8 ? "\u2192" : "->"; }

  // Appends the lines of the tree on the left of the node, and those on the left of its further lines.
  void indent(const Node& node, std::string& first, std::string& others) {
    const auto levels = static_cast<std::size_t>(node.step->depth);
    const std::string_view bar = style_.utf8 ? "\u2502  " : "|  ";
    open_.resize(levels + 1);
    for (std::size_t level = 1; level < levels; ++level) first += open_[level] ? bar : "   ";
    others = first;
    if (levels > 0) {
      const std::string_view fork = style_.utf8 ? "\u251c\u2500 " : "|- ";
      const std::string_view corner = style_.utf8 ? "\u2514\u2500 " : "`- ";
      first += node.is_last ? corner : fork;
      others += node.is_last ? "   " : bar;
    }
    others += node.has_children ? bar : "   ";
    open_[levels] = !node.is_last;
  }

  // Adds the counters at the end of the step, which include the steps below it.
  void add_counters(const TraceStep& step) {
    const std::string text =
        fmt::format("[lookups {}/{}, void {}/{}]", step.lookups, limits_.dns_terms, step.void_lookups, limits_.void_lookups);
    text_ += "  " + painted(text, Colour::faint, style_);
  }

  const spf::Limits& limits_;
  const TreeStyle& style_;
  std::string out_;
  std::string text_;        // of the node
  std::vector<bool> open_;  // by depth: the line on the left continues
};

std::string request_line(const receiver::Reply& reply, const receiver::Request& request) {
  std::string text = reply.identity == spf::Identity::helo ? "HELO " + request.helo : "MAIL FROM " + request.sender;
  if (reply.identity == spf::Identity::mailfrom && !request.helo.empty()) text += ", HELO " + request.helo;
  text += request.client ? ", client " + request.client->text() : ", no client";
  return base::printable(text);
}

std::string_view kind_name(TraceStep::Kind kind) {
  switch (kind) {
    case TraceStep::Kind::check: return "check";
    case TraceStep::Kind::record: return "record";
    case TraceStep::Kind::term: return "term";
    case TraceStep::Kind::note: return "note";
    case TraceStep::Kind::question: break;
  }
  return "question";
}

}  // namespace

TreeStyle tree_style(int fd) {
  TreeStyle style;
  style.utf8 = std::setlocale(LC_CTYPE, "") != nullptr && base::equals_ignoring_case(::nl_langinfo(CODESET), "UTF-8");
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  style.colour = ::isatty(fd) == 1 && (no_colour == nullptr || *no_colour == 0) && terminal != nullptr && *terminal != 0 &&
                 std::string_view(terminal) != "dumb";
  style.width = terminal_width(fd);
  return style;
}

std::string tree(const receiver::Reply& reply, const receiver::Request& request, const spf::Limits& limits,
                 const TreeStyle& style) {
  TreeWriter writer(limits, style);
  writer.add_line(request_line(reply, request));
  for (const Node& node : nodes_of(reply.trace)) writer.add(node);
  if (!reply.problem.empty()) {
    writer.add_line("problem: " + painted(base::printable(reply.problem), Colour::broken, style));
  } else if (reply.trace.empty()) {
    writer.add_line(reply.local_explanation);
  }
  return writer.finish();
}

std::string json_trace(const std::vector<TraceStep>& steps) {
  std::vector<std::string> objects;
  for (const TraceStep& step : steps) {
    base::JsonMembers json;
    json.number("depth", step.depth);
    json.text("kind", kind_name(step.kind));
    json.text("text", step.text);
    if (step.kind != TraceStep::Kind::record && step.kind != TraceStep::Kind::note) {
      json.text("outcome", step.outcome);
      json.number("lookups", step.lookups);
      json.number("void_lookups", step.void_lookups);
    }
    objects.push_back(json.object());
  }
  return base::json_array(objects);
}

}  // namespace spfquery
