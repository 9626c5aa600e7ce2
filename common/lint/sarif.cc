#include "common/lint/sarif.h"

#include <fmt/core.h>

#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/version.h"
#include "common/lint/finding_kinds.h"

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

// Returns a text as SARIF writes it.
std::string message_of(std::string_view text) {
  base::JsonMembers json;
  json.text("text", text);
  return json.object();
}

std::string rule_of(const FindingKind& kind) {
  Finding finding;
  finding.kind = &kind;
  base::JsonMembers configuration;
  configuration.text("level", level_of(kind.severity));
  base::JsonMembers rule;
  rule.text("id", kind.id);
  rule.raw("shortDescription", message_of(kind.what));
  rule.raw("fullDescription", message_of(fmt::format("{} ({}).", kind.what, finding.section())));
  rule.raw("help", message_of(fmt::format("{}.", kind.fix)));
  rule.raw("defaultConfiguration", configuration.object());
  return rule.object();
}

std::string location_of(const Finding& finding) {
  base::JsonMembers artifact;
  artifact.text("uri", fmt::format("dns:{}?type=TXT", finding.record_of));
  base::JsonMembers region;
  region.number("startLine", 1);
  if (!finding.term.empty()) region.raw("snippet", message_of(finding.term));
  base::JsonMembers place;
  place.raw("artifactLocation", artifact.object());
  place.raw("region", region.object());
  base::JsonMembers location;
  location.raw("physicalLocation", place.object());
  return location.object();
}

std::string result_of(const Finding& finding) {
  base::JsonMembers result;
  result.text("ruleId", finding.kind->id);
  result.text("level", level_of(finding.severity));
  result.raw("message", message_of(fmt::format("{}. {}.", finding.message, finding.fix)));
  result.array("locations", {location_of(finding)});
  return result.object();
}

std::string tool_object() {
  std::vector<std::string> rules;
  for (const FindingKind& kind : finding_kinds()) rules.push_back(rule_of(kind));
  base::JsonMembers driver;
  driver.text("name", "spfquery");
  driver.text("version", base::kVersion);
  driver.array("rules", rules);
  base::JsonMembers tool;
  tool.raw("driver", driver.object());
  return tool.object();
}

std::string invocation_of(const Report& report) {
  std::vector<std::string> notifications;
  for (const std::string& gap : report.tree.gaps) {
    base::JsonMembers notification;
    notification.text("level", "error");
    notification.raw("message", message_of(fmt::format("{}: not known: {}", report.domain.text(), gap)));
    notifications.push_back(notification.object());
  }
  base::JsonMembers invocation;
  invocation.flag("executionSuccessful", report.is_complete());
  invocation.array("toolExecutionNotifications", notifications);
  return invocation.object();
}

}  // namespace

std::string sarif_run(const Report& report) {
  std::vector<std::string> results;
  for (const Finding& finding : report.findings) results.push_back(result_of(finding));
  base::JsonMembers run;
  run.raw("tool", tool_object());
  run.array("results", results);
  run.array("invocations", {invocation_of(report)});
  return run.object();
}

}  // namespace lint
