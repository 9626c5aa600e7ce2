// The text of spfquery --help.
#include "common/options/help.h"

#include <fmt/format.h>

#include "spfquery/command_line.h"

namespace spfquery {

std::string help_text() {
  std::string text =
      "Usage: spfquery --ip ADDRESS --sender MAILBOX [--helo NAME] [OPTION]...\n"
      "       spfquery --ip ADDRESS --helo NAME [OPTION]...\n"
      "       spfquery --file FILE [OPTION]...\n"
      "       spfquery --lint DOMAIN [OPTION]...\n"
      "       spfquery --lint-file FILE [OPTION]...\n"
      "       spfquery --replay exim|postfix|sendmail FILE... [OPTION]...\n"
      "       spfquery ADDRESS MAILBOX [NAME]\n"
      "       spfquery DOMAIN\n"
      "Asks whether the mail client at ADDRESS may send for MAILBOX or NAME (SPF, RFC 7208).\n"
      "With --lint, or a domain alone: examines the SPF record of DOMAIN.\n"
      "With --replay: checks the mail in the log of a mail server again.\n"
      "\n"
      "Examples:\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org --helo mail.example.org\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org --trace\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org --why\n"
      "  spfquery --ip 192.0.2.1 --sender user@example.org \\\n"
      "           --record 'example.org=v=spf1 ip4:192.0.2.0/24 -all'\n"
      "  spfquery --ip 2001:db8::1 --helo mail.example.org --server /run/spfd/spfd.sock\n"
      "  spfquery --file requests.txt --json > answers.json\n"
      "  spfquery --lint example.org --record 'example.org=v=spf1 mx -all'\n"
      "  spfquery --replay postfix --config /etc/spfd/spfd.conf /var/log/mail.log\n"
      "\n" +
      options::help(option_table());
  options::Values without_effect;
  for (const options::Row* row : option_table()) {
    if (row->help.empty() && !row->name.empty()) without_effect.push_back(fmt::format("--{}", row->name));
  }
  text += "\nLong options may have one dash (-ip=192.0.2.1). TIME is a number with ms, s or m.\n\n";
  text += options::wrapped(fmt::format("Accepted for compatibility, without effect: {}", fmt::join(without_effect, ", ")));
  return text +
         "\n"
         "The answer is four lines: result, text for the SMTP client, text for people, header.\n"
         "Exit code: 0 pass, 1 fail, 2 softfail, 3 neutral, 4 permerror, 5 temperror, 6 none,\n"
         "255 bad usage. With --file: that of the last request, or 255 if a line was bad.\n"
         "With --lint and --replay: 0, 1 if --lint found errors, 75 incomplete, 64 bad usage.\n";
}

}  // namespace spfquery
