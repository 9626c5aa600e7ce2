#include "common/protocol/query_client.h"

#include <fmt/core.h>

#include "common/base/text.h"

namespace protocol {

void add_line(std::string& lines, std::string_view key, std::string_view value) {
  lines.append(key).append("=");
  for (const char c : value) lines += c == '\n' || c == '\r' || c == '\0' ? '?' : c;
  lines += '\n';
}

std::string query_lines(const QueryLines& asked, std::chrono::milliseconds timeout) {
  const receiver::Request& request = asked.request;
  std::string lines;
  add_line(lines, "ip", request.client ? request.client->text() : std::string());
  add_line(lines, "helo", request.helo);
  add_line(lines, "sender", request.sender);
  if (request.scope != receiver::Scope::automatic) {
    add_line(lines, "scope", request.scope == receiver::Scope::helo ? "helo" : "mfrom");
  }
  if (!request.receiver.empty()) add_line(lines, "receiver", request.receiver);
  if (!request.recipient.empty()) add_line(lines, "rcpt", request.recipient);
  if (asked.format == Format::json) add_line(lines, "format", "json");
  if (request.explain) add_line(lines, "explain", "1");
  if (!asked.id.empty()) add_line(lines, "id", asked.id);
  add_line(lines, "timeout", fmt::format("{:.3f}", static_cast<double>(timeout.count()) / 1000));
  return lines + '\n';
}

bool (*completion_of(Format format))(std::string_view answer) {
  if (format == Format::json) return [](std::string_view answer) { return answer.find('\n') != std::string_view::npos; };
  return [](std::string_view answer) {
    return answer.find("\n\n") != std::string_view::npos || answer.find("\n\r\n") != std::string_view::npos;
  };
}

std::string_view answer_value(std::string_view lines, std::string_view key) {
  for (const std::string_view line : base::split(lines, '\n')) {
    if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) return base::strip_right(line.substr(key.size() + 1));
  }
  return {};
}

}  // namespace protocol
