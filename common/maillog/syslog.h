// The prefix of a line that came through syslog, or that journalctl printed: time, host, program.
#pragma once

#include <optional>
#include <string_view>

namespace maillog {

struct SyslogLine {
  std::string_view program;  // "postfix/smtpd", without the process id
  std::string_view text;

  // Returns the last part of the program's name: "smtpd".
  [[nodiscard]] std::string_view daemon() const { return program.substr(program.rfind('/') + 1); }
};

// Divides a line in the form of BSD ("Nov 26 09:10:18 mx postfix/smtpd[274]: ..."), of RFC 3339
// ("2026-11-26T09:10:18+00:00 mx ...") or of "journalctl -o short-full" ("Thu 2026-11-26 09:10:18 UTC mx ..."); none: the line
// has no such prefix.
std::optional<SyslogLine> parse_syslog(std::string_view line);

// Returns whether the line is empty, or one of those that journalctl adds ("-- Boot 123 --").
bool is_journal_note(std::string_view line);

}  // namespace maillog
