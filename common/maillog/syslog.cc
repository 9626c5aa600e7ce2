#include "common/maillog/syslog.h"

#include <cstddef>

#include "common/base/text.h"

namespace maillog {

namespace {

// The words before the program: three for the time of BSD, four for that of short-full, and the host.
constexpr int kMaxWordsBefore = 5;

bool has_digit(std::string_view text) { return text.find_first_of("0123456789") != std::string_view::npos; }

// Reads "program[123]" or "program"; empty: it is neither.
std::string_view program_of(std::string_view word) {
  if (word.ends_with(']')) {
    const std::size_t open = word.rfind('[');
    const std::string_view id = open == std::string_view::npos ? std::string_view() : word.substr(open + 1);
    if (id.size() < 2 || id.find_first_not_of("0123456789") != id.size() - 1) return {};
    word = word.substr(0, open);
  }
  for (const char c : word) {
    if (!base::is_alphanumeric(c) && c != '/' && c != '-' && c != '_' && c != '.') return {};
  }
  return word;
}

}  // namespace

std::optional<SyslogLine> parse_syslog(std::string_view line) {
  bool has_time = false;
  for (int words = 0; words <= kMaxWordsBefore; ++words) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    line.remove_prefix(begin);
    const std::size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    // A time has digits, and no word before it ends with a colon.
    if (words >= 2 && word.ends_with(':')) {
      const std::string_view program = program_of(word.substr(0, word.size() - 1));
      if (program.empty() || !has_time) return {};
      return SyslogLine{program, end == std::string_view::npos ? std::string_view() : line.substr(end + 1)};
    }
    if (end == std::string_view::npos) return {};
    has_time = has_time || (has_digit(word) && word.find(':') != std::string_view::npos);
    line.remove_prefix(end);
  }
  return {};
}

bool is_journal_note(std::string_view line) { return line.empty() || line.starts_with("-- "); }

}  // namespace maillog
