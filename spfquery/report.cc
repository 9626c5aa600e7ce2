#include "spfquery/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "spfquery/wrap.h"

namespace spfquery {

namespace {

using lint::Family;
using lint::Finding;
using lint::Severity;

constexpr std::size_t kMaxTermShown = 160;

std::string painted(std::string_view text, std::string_view code, const TreeStyle& style) {
  return style.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

// Returns the text as the character-strings of a TXT record (RFC 1035 §3.3.14, §5.1).
std::string character_strings(std::string_view text) {
  constexpr std::size_t kMost = 255;
  std::string out;
  do {
    if (!out.empty()) out += ' ';
    out += base::quoted_string(text.substr(0, kMost));
    text.remove_prefix(std::min(kMost, text.size()));
  } while (!text.empty());
  return out;
}

class ReportWriter {
 public:
  ReportWriter(const lint::Report& report, const TreeStyle& style) : report_(report), style_(style) {}

  std::string write() {
    add_tree();
    add_summary();
    for (const Finding& finding : report_.findings) add_finding(finding);
    if (report_.left_out > 0)
      out_ += fmt::format("\n{} not shown, none of which is more severe.\n",
                          report_.left_out == 1 ? "1 more finding is" : fmt::format("{} more findings are", report_.left_out));
    if (report_.findings.empty())
      out_ += !report_.is_complete()           ? "\nNo faults were found in the known parts.\n"
              : report_.tree.root().is_found() ? "\nNo faults were found.\n"
                                               : "\nThere is no SPF record to examine.\n";
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string painted(std::string_view text, std::string_view code) const {
    return spfquery::painted(text, code, style_);
  }
  [[nodiscard]] std::string in_colour(std::string_view text, Severity severity) const {
    switch (severity) {
      case Severity::error: return painted(text, "1;31");
      case Severity::warning: return painted(text, "1;33");
      case Severity::info: break;
    }
    return painted(text, "2");
  }

  void add_tree() {
    const auto& lines = report_.tree.lines;
    // Whether a line is the last one below its parent, by line.
    std::vector<bool> is_last(lines.size());
    std::vector<bool> seen;
    for (std::size_t i = lines.size(); i-- > 0;) {
      const auto depth = static_cast<std::size_t>(lines[i].depth);
      seen.resize(depth + 1);
      is_last[i] = !seen[depth];
      seen[depth] = true;
    }
    std::vector<std::vector<const Finding*>> findings(lines.size() + 1);
    for (const Finding& finding : report_.findings) findings[finding.line].push_back(&finding);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::string first = painted(fmt::format("{:3} ", i + 1), "2");
      std::string others = "    ";
      const bool has_children = i + 1 < lines.size() && lines[i + 1].depth > lines[i].depth;
      indent(static_cast<std::size_t>(lines[i].depth), is_last[i], has_children, first, others);
      std::string text = line_text(lines[i]);
      for (const Finding* finding : findings[i + 1])
        text += "  " + in_colour(fmt::format("[{}]", finding->kind->id), finding->severity);
      add_line(text, first, others);
    }
  }

  void add_line(std::string_view text, std::string_view first = {}, std::string_view others = "   ") {
    out_.append(wrapped(text, first, others, style_.width)).append("\n");
  }

  // Appends what is on the left of a line of the tree, and of its further lines.
  void indent(std::size_t levels, bool is_last, bool has_children, std::string& first, std::string& others) {
    const std::string_view bar = style_.utf8 ? "\u2502  " : "|  ";
    open_.resize(levels + 1);
    for (std::size_t level = 1; level < levels; ++level) {
      first += open_[level] ? bar : "   ";
      others += open_[level] ? bar : "   ";
    }
    if (levels > 0) {
      first += style_.utf8 ? (is_last ? "\u2514\u2500 " : "\u251c\u2500 ") : (is_last ? "`- " : "|- ");
      others += is_last ? "   " : bar;
    }
    others += has_children ? bar : "   ";
    open_[levels] = !is_last;
  }

  [[nodiscard]] std::string line_text(const lint::Line& line) const {
    const lint::Record& record = report_.tree.records[line.place.record];
    if (line.place.term != lint::kNone) return base::clip(record.terms[line.place.term].text(), kMaxTermShown);
    std::string domain(record.domain.text());
    if (line.see != lint::kNone) return fmt::format("{}: see line {}", domain, line.see);
    if (record.is_found()) return domain;
    if (const auto* const several = record.get<lint::Record::Several>())
      return fmt::format("{}: {} SPF records", domain, several->count);
    const auto* const none = record.get<lint::Record::None>();
    return domain + (none == nullptr ? ": not known" : none->has_no_name ? ": no such domain" : ": no SPF record");
  }

  void add_summary() {
    const lint::Summary& summary = report_.summary;
    out_ += '\n';
    add_line(fmt::format("DNS terms: {} for IPv4 clients, {} for IPv6 clients, of {}{}", summary.lookups[Family::ipv4],
                         summary.lookups[Family::ipv6], report_.limits.dns_terms,
                         summary.is_lower_bound ? "; at least, since some terms depend on the mail or are not known" : ""));
    add_line(fmt::format("void lookups: {} for IPv4 clients, {} for IPv6 clients, of {}", summary.voids[Family::ipv4],
                         summary.voids[Family::ipv6], report_.limits.void_lookups));
    add_line(fmt::format("record: {}; a check without a cache takes {}; {:.1f} seconds if an answer gets lost in each",
                         lint::counted(summary.octets, "octet"),
                         lint::counted(static_cast<std::uint64_t>(summary.rounds), "round trip"),
                         lint::worst_seconds(summary.rounds)));
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    add_line(fmt::format("passing: {}; {}", lint::counted(summary.addresses4, "IPv4 address"),
                         summary.networks6 == kMost
                             ? std::string("all IPv6 networks")
                             : fmt::format("addresses in {} of 64 bits", lint::counted(summary.networks6, "IPv6 network"))));
    add_line(fmt::format("errors: {}, warnings: {}, infos: {}", report_.count(Severity::error), report_.count(Severity::warning),
                         report_.count(Severity::info)));
    for (const std::string& gap : report_.tree.gaps) add_line(painted("not known: " + gap, "1;35"));
  }

  void add_finding(const Finding& finding) {
    out_ += '\n';
    const std::string place =
        finding.term.empty() ? finding.record_of
                             : fmt::format("{} in the record of {}", base::clip(finding.term, kMaxTermShown), finding.record_of);
    add_line(fmt::format("{} {}, line {}, {} ({})", in_colour(finding.kind->id, finding.severity),
                         lint::severity_name(finding.severity), finding.line, place, finding.section()));
    add_line(finding.message + '.', "   ");
    add_line(finding.fix + '.', "   ");
  }

  const lint::Report& report_;
  const TreeStyle& style_;
  std::string out_;
  std::vector<bool> open_;  // by depth: the line at the left continues
};

}  // namespace

std::string report_text(const lint::Report& report, const TreeStyle& style) { return ReportWriter(report, style).write(); }

std::string report_line(const lint::Report& report) {
  constexpr std::size_t kMaxShown = 1000;
  std::string out(report.domain.text());
  out += ':';
  for (const Severity severity : {Severity::error, Severity::warning, Severity::info}) {
    std::vector<std::string_view> ids;
    for (const Finding& finding : report.findings) {
      if (finding.severity == severity) ids.push_back(finding.kind->id);
    }
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (!ids.empty()) out += fmt::format(" {} {};", lint::severity_name(severity), fmt::join(ids, " "));
  }
  if (report.findings.empty()) out += " nothing was found;";
  out += fmt::format(" lookups {}", std::max(report.summary.lookups[Family::ipv4], report.summary.lookups[Family::ipv6]));
  if (!report.is_complete())
    out += fmt::format("; not known: {}", base::clip(fmt::format("{}", fmt::join(report.tree.gaps, ", ")), kMaxShown));
  return out + '\n';
}

std::string why_text(const lint::Why& why, const TreeStyle& style) {
  std::string out = "\n";
  const auto add = [&](std::string_view text) { base::append(out, wrapped(text, {}, "   ", style.width), "\n"); };
  for (const std::string& sentence : why.sentences) add(base::printable(sentence));
  for (const std::string& what : why.missing) add(painted("not known: " + base::printable(what), "1;35", style));
  if (why.change) {
    const std::string text = character_strings(base::printable(why.change->record));
    out += fmt::format("\n{}. TXT {}\n", base::printable(why.change->name), painted(text, "1", style));
  }
  return out;
}

}  // namespace spfquery
