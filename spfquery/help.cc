#include <fmt/format.h>

#include "common/base/text.h"
#include "spfquery/options.h"

namespace spfquery {

namespace {

constexpr std::size_t kIndent = 8;
constexpr std::size_t kWidth = 79;

// Text in lines of at most kWidth, each indented.
std::string wrapped(std::string_view text) {
  std::string lines;
  std::size_t column = 0;
  for (const std::string_view word : base::split(text, ' ')) {
    const bool fits = column != 0 && column + 1 + word.size() <= kWidth;
    if (fits) {
      lines += ' ';
      ++column;
    } else {
      if (column != 0) lines += '\n';
      lines.append(kIndent, ' ');
      column = kIndent;
    }
    lines += word;
    column += word.size();
  }
  return lines + '\n';
}

std::string described(const OptionRow& row) {
  std::string text = "  ";
  if (row.letter != 0) text += fmt::format("-{}, ", row.letter);
  for (std::size_t i = 0; i < row.names.size(); ++i) text += fmt::format("{}--{}", i == 0 ? "" : ", ", row.names[i]);
  if (!row.argument.empty()) text += fmt::format(" {}", row.argument);
  return text + '\n' + wrapped(row.help);
}

}  // namespace

std::string help_text() {
  std::string text =
      "Usage: spfquery --ip ADDRESS --sender MAILBOX [--helo NAME] [OPTION]...\n"
      "       spfquery --ip ADDRESS --helo NAME [OPTION]...\n"
      "       spfquery --file FILE [OPTION]...\n"
      "Asks whether the mail client at ADDRESS may send for MAILBOX or NAME (SPF, RFC 7208).\n"
      "\n"
      "Examples:\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org --helo mail.example.org\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org --trace\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org \\\n"
      "           --record 'example.org=v=spf1 ip4:192.0.2.0/24 -all'\n"
      "  spfquery --ip 2001:db8::1 --helo mail.example.org --server /run/spfd/spfd.sock\n"
      "  spfquery --file questions.txt --json > answers.json\n";
  std::string_view group;
  std::string without_effect = "Accepted from scripts of old, without effect:";
  for (const OptionRow& row : option_table()) {
    if (row.group.empty()) {
      if (!row.names.empty())
        without_effect += fmt::format("{} --{}", without_effect.ends_with(':') ? "" : ",", row.names.front());
      continue;
    }
    if (row.group != group) {
      group = row.group;
      text += fmt::format("\n{}:\n", group);
    }
    text += described(row);
  }
  text += "\nLong options may have one dash (-ip=192.0.2.1). TIME is a number with ms, s or m.\n\n" + wrapped(without_effect);
  text +=
      "\n"
      "The answer is four lines: result, text for the SMTP client, text for people, header.\n"
      "Exit code: 0 pass, 1 fail, 2 softfail, 3 neutral, 4 permerror, 5 temperror, 6 none,\n"
      "255 bad usage. With --file: that of the last question, or 255 if a line was bad.\n";
  return text;
}

}  // namespace spfquery
