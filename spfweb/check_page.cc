#include "spfweb/check_page.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "common/lint/reach.h"
#include "common/lint/work.h"

namespace spfweb {

namespace {

using lint::Family;

constexpr std::size_t kMaxNetworks = 100;  // per family

std::string_view class_of(lint::Severity severity) { return lint::severity_name(severity); }

Text text_of(lint::Severity severity) {
  switch (severity) {
    case lint::Severity::error: return Text::severity_error;
    case lint::Severity::warning: return Text::severity_warning;
    case lint::Severity::info: break;
  }
  return Text::severity_info;
}

// Returns the number of the line with the term that decided; 0: none did, or the tree does not have it.
std::size_t deciding_line(const lint::Report& report, const std::optional<Present>& present) {
  if (!present || present->term.empty()) return 0;
  const auto& lines = report.tree.lines;
  const auto found = std::ranges::find_if(lines, [&](const lint::Line& line) {
    return line.place.term != lint::kNone && report.tree.term(line.place).text() == present->term &&
           report.tree.records[line.place.record].domain.text() == present->record_of;
  });
  return found == lines.end() ? 0 : static_cast<std::size_t>(found - lines.begin()) + 1;
}

// Writes the tree as nested lists.
class TreeWriter {
 public:
  TreeWriter(const View& view, const Examined& examined, bool has_findings)
      : view_(view), report_(examined.report), deciding_(deciding_line(report_, examined.present)), findings_(line_count() + 1) {
    if (!has_findings) return;
    for (const lint::Finding& finding : report_.findings) {
      if (finding.line < findings_.size()) findings_[finding.line].push_back(&finding);
    }
  }

  Html write() {
    Html out;
    out << "<button type=\"button\" id=\"fold\" hidden>"_html << view_.say(Text::unfold)
        << "</button>\n<ul class=\"tree\">\n"_html;
    while (next_ < line_count()) add_item(out);
    return out << "</ul>\n"_html;
  }

 private:
  [[nodiscard]] std::size_t line_count() const { return report_.tree.lines.size(); }

  // Adds a line and all below it.
  void add_item(Html& out) {
    const lint::Line& line = report_.tree.lines[next_++];
    const bool has_more = next_ < line_count() && report_.tree.lines[next_].depth > line.depth;
    out << "<li>"_html;
    if (has_more) out << "<details open><summary>"_html;
    add_line(line, out);
    if (has_more) {
      out << "</summary><ul>\n"_html;
      while (next_ < line_count() && report_.tree.lines[next_].depth > line.depth) add_item(out);
      out << "</ul></details>"_html;
    }
    out << "</li>\n"_html;
  }

  void add_line(const lint::Line& line, Html& out) {
    const std::size_t number = next_;
    out << "<span class=\"line\">"_html << number << "</span> "_html;
    const lint::Record& record = report_.tree.records[line.place.record];
    if (line.place.term != lint::kNone) {
      const Html term = shown(record.terms[line.place.term].text());
      if (number == deciding_) {
        out << "<strong>"_html << term << "</strong> <span class=\"decides\">← "_html << view_.say(Text::tree_decides)
            << "</span>"_html;
      } else {
        out << term;
      }
    } else {
      out << shown(record.domain.text());
      if (line.see != lint::kNone) {
        out << view_.say(Text::colon) << view_.say(Text::tree_see, {spfweb::number(line.see)});
      } else if (record.get<lint::Record::None>() != nullptr) {
        out << view_.say(Text::colon) << view_.say(Text::tree_none);
      } else if (const auto* const several = record.get<lint::Record::Several>()) {
        out << view_.say(Text::colon) << view_.say(Text::tree_several, {spfweb::number(several->count)});
      } else if (!record.is_found()) {
        out << view_.say(Text::colon) << view_.say(Text::tree_unknown);
      }
    }
    for (const lint::Finding* const finding : findings_[number])
      out << "<span class=\"id "_html << class_of(finding->severity) << "\">"_html << finding->kind->id << "</span>"_html;
  }

  const View& view_;
  const lint::Report& report_;
  const std::size_t deciding_;
  std::vector<std::vector<const lint::Finding*>> findings_;  // by line
  std::size_t next_ = 0;
};

void add_row(const Html& name, const Html& value, Html& out) {
  out << "<tr><th scope=\"row\">"_html << name << "</th><td>"_html << value << "</td></tr>\n"_html;
}

Html counted(std::uint64_t count, const View& view) {
  if (count == std::numeric_limits<std::uint64_t>::max()) return view.say(Text::sum_all);
  return number(count);
}

void add_summary(const View& view, const lint::Report& report, Html& out) {
  const lint::Summary& summary = report.summary;
  const auto of = [&](int count, int limit) {
    return view.say(Text::sum_of, {number(static_cast<std::uint64_t>(count)), number(static_cast<std::uint64_t>(limit))});
  };
  out << "<table>\n"_html;
  for (const Family family : lint::kFamilies) {
    const Html name = Html() << (family == Family::ipv4 ? "IPv4" : "IPv6");
    add_row(view.say(Text::sum_lookups, {name}), of(summary.lookups[family], report.limits.dns_terms), out);
    add_row(view.say(Text::sum_voids, {name}), of(summary.voids[family], report.limits.void_lookups), out);
  }
  add_row(view.say(Text::sum_size), view.say(Text::octets, {number(summary.octets)}), out);
  add_row(view.say(Text::sum_rounds), number(static_cast<std::uint64_t>(summary.rounds)), out);
  add_row(view.say(Text::sum_v4), counted(summary.addresses4, view), out);
  add_row(view.say(Text::sum_v6), counted(summary.networks6, view), out);
  out << "</table>\n"_html;
  if (summary.is_lower_bound) out << paragraph(view.say(Text::sum_least));
}

// Lists the networks that pass.
void add_networks(const View& view, const lint::Report& report, Html& out) {
  Html list;
  std::size_t left_out = 0;
  for (const Family family : lint::kFamilies) {
    const std::function<bool()> never;
    lint::Work work(Engine::limits().work, never);
    const lint::Reach reach = lint::reach_of(report.tree, family, report.limits, work, lint::Malformed::permerror);
    const auto& intervals = reach.of(spf::Result::pass).intervals();
    for (std::size_t i = 0; i < std::min(intervals.size(), kMaxNetworks); ++i)
      list << "<li>"_html << lint::text_of(intervals[i], family) << "</li>\n"_html;
    left_out += intervals.size() - std::min(intervals.size(), kMaxNetworks);
  }
  if (list.empty()) return;
  out << "<details>\n<summary>"_html << view.say(Text::networks_title) << "</summary>\n<ul class=\"columns\">\n"_html << list
      << "</ul>\n"_html;
  if (left_out > 0) out << paragraph(view.say(Text::networks_more, {number(left_out)}));
  out << "</details>\n"_html;
}

}  // namespace

Html tree_of(const View& view, const Examined& examined) { return TreeWriter(view, examined, false).write(); }

Html findings_of(const View& view, const lint::Report& report) {
  Html out;
  out << heading(view.say(Text::findings_title));
  if (!report.tree.gaps.empty()) {
    out << paragraph(view.say(Text::gaps)) << "<ul>\n"_html;
    for (const std::string& gap : report.tree.gaps) out << "<li>"_html << english(gap) << "</li>\n"_html;
    out << "</ul>\n"_html;
  }
  if (report.findings.empty()) return out << paragraph(view.say(Text::findings_none));
  if (view.language != Language::en) out << paragraph(view.say(Text::english));
  out << "<ol class=\"findings\">\n"_html;
  for (const lint::Finding& finding : report.findings) {
    out << "<li><strong class=\""_html << class_of(finding.severity) << "\">"_html << view.say(text_of(finding.severity))
        << " "_html << finding.kind->id << "</strong> ("_html
        << view.say(Text::finding_at, {number(finding.line), shown(finding.record_of)}) << ", "_html << finding.section()
        << ")<br>\n<span lang=\"en\">"_html << shown(finding.message) << ". "_html << shown(finding.fix)
        << ".</span></li>\n"_html;
  }
  out << "</ol>\n"_html;
  if (report.left_out > 0) out << paragraph(view.say(Text::findings_more, {number(report.left_out)}));
  return out;
}

Html report_of(const View& view, const Examined& examined) {
  const lint::Report& report = examined.report;
  Html out;
  out << findings_of(view, report) << heading(view.say(Text::tree_title)) << TreeWriter(view, examined, true).write();
  if (report.tree.root().is_found()) out << block({std::string(report.tree.root().text())});
  add_summary(view, report, out);
  add_networks(view, report, out);
  return out << paragraph(view.say(Text::timing, {number(static_cast<std::uint64_t>(examined.took.count())),
                                                  number(static_cast<std::uint64_t>(examined.questions))}));
}

std::string check_form_page(const View& view, std::string_view domain, std::string_view ip, const Html& note) {
  Html out;
  if (!note.empty()) out << "<div class=\"box bad\" role=\"alert\">"_html << paragraph(note) << "</div>\n"_html;
  out << paragraph(view.say(Text::check_intro)) << check_form(view, domain, ip);
  return page(view, view.say(Text::check_title), out);
}

std::string check_page(const View& view, std::string_view ip, const Examined& examined) {
  const std::string domain(examined.report.domain.text());
  Html out;
  if (examined.present) {
    const bool is_good = examined.present->result == "pass";
    out << (is_good ? "<div class=\"box good\">"_html : "<div class=\"box bad\">"_html)
        << paragraph(view.say(Text::check_result, {shown(domain), shown(ip), Html() << examined.present->result}))
        << "</div>\n"_html;
  }
  out << report_of(view, examined) << "<p><a href=\""_html << view.url("/wizard?domain=" + url_encoded(domain)) << "\">"_html
      << view.say(Text::nav_wizard) << "</a></p>\n"_html << check_form(view, domain, ip);
  return page(view, Html() << view.say(Text::check_title) << view.say(Text::colon) << domain, out);
}

}  // namespace spfweb
