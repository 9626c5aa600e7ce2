#include "common/lint/sarif.h"

#include <fmt/core.h>

#include "common/base/json.h"
#include "common/base/version.h"

namespace lint {

namespace {

std::string_view level_of(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::info: break;
  }
  return "note";
}

void add_rules(std::string& out) {
  bool is_first = true;
  for (const FindingKind& kind : finding_kinds()) {
    if (!is_first) out += ", ";
    is_first = false;
    Finding finding;
    finding.kind = &kind;
    out += fmt::format(
        "{{\"id\": \"{}\", \"shortDescription\": {{\"text\": {}}}, \"fullDescription\": {{\"text\": {}}}, \"help\": {{\"text\": "
        "{}}}, \"defaultConfiguration\": {{\"level\": \"{}\"}}}}",
        kind.id, base::json_string(kind.what), base::json_string(fmt::format("{} ({}).", kind.what, finding.section())),
        base::json_string(fmt::format("{}.", kind.fix)), level_of(kind.severity));
  }
}

void add_result(const Finding& finding, std::string& out) {
  out += fmt::format("{{\"ruleId\": \"{}\", \"level\": \"{}\", \"message\": {{\"text\": {}}}, ", finding.kind->id,
                     level_of(finding.severity), base::json_string(fmt::format("{}. {}.", finding.message, finding.fix)));
  const std::string snippet =
      finding.term.empty() ? std::string() : fmt::format(", \"snippet\": {{\"text\": {}}}", base::json_string(finding.term));
  out += fmt::format(
      "\"locations\": [{{\"physicalLocation\": {{\"artifactLocation\": {{\"uri\": {}}}, \"region\": {{\"startLine\": "
      "1{}}}}}}}]}}",
      base::json_string(fmt::format("dns:{}?type=TXT", finding.record_of)), snippet);
}

}  // namespace

std::string sarif_run(const Report& report) {
  std::string out = fmt::format("{{\"tool\": {{\"driver\": {{\"name\": \"spfquery\", \"version\": {}, \"rules\": [",
                                base::json_string(base::kVersion));
  add_rules(out);
  out += "]}}, \"results\": [";
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    if (i > 0) out += ", ";
    add_result(report.findings[i], out);
  }
  out +=
      fmt::format("], \"invocations\": [{{\"executionSuccessful\": {}, \"toolExecutionNotifications\": [", report.is_complete());
  for (std::size_t i = 0; i < report.tree.gaps.size(); ++i) {
    out += fmt::format("{}{{\"level\": \"error\", \"message\": {{\"text\": {}}}}}", i > 0 ? ", " : "",
                       base::json_string(fmt::format("{}: not known: {}", report.domain.text(), report.tree.gaps[i])));
  }
  return out + "]}]}";
}

}  // namespace lint
