#include "spfsrs/options.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/options/command_line.h"
#include "common/options/fields.h"
#include "common/options/help.h"
#include "common/srs/hash.h"
#include "common/srs/stamp.h"

namespace spfsrs {

namespace {

using options::Kind;
using options::kNumber;
using options::Problem;
using options::Values;
using O = Options;

// ---- values --------------------------------------------------------------------------------------------------------------

// Reads YYYY-MM-DD.
Problem set_date(Options& options, const Values& values) {
  const std::string& value = values.back();
  const auto parts = base::split(value, '-');
  const auto part = [&](std::size_t i, std::size_t digits, unsigned long most) -> std::optional<unsigned long> {
    if (parts.size() != 3 || parts[i].size() != digits) return std::nullopt;
    return base::parse_number(parts[i], most);
  };
  const auto year = part(0, 4, 9999);
  const auto month = part(1, 2, 12);
  const auto day = part(2, 2, 31);
  if (year && *year >= 1970 && month && day) {
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (date.ok()) {
      options.day = static_cast<std::uint64_t>(std::chrono::sys_days(date).time_since_epoch().count());
      return {};
    }
  }
  return fmt::format("{} is not a day such as 2020-01-31", base::in_quotes(value));
}

Problem set_separator(O& o, const Values& v) { return options::read_character(o.config.separator, v, "=+-"); }

// ---- rows ----------------------------------------------------------------------------------------------------------------

constexpr Option kRows[] = {
    {{.name = "forward", .kind = Kind::act, .heading = "Options", .help = "rewrite senders (the default)"},
     options::kChoice<true, &O::forward_given>},
    {{.name = "reverse", .kind = Kind::act, .help = "turn rewritten addresses back"},
     options::kChoice<O::Action::reverse, &O::action>},
    {{.name = "alias",
      .argument = "ALIAS",
      .help = "the address, or its domain, whose mail is forwarded: rewritten senders are in this domain"},
     options::kAny<&O::alias>},
    {{.name = "address",
      .kind = Kind::list,
      .argument = "ADDRESS",
      .help = "an address, like the words without option; may be given several times"},
     options::kTexts<&O::addresses>},
    {{.name = "secret",
      .kind = Kind::list,
      .argument = "SECRET",
      .help = "secret that signs and verifies; of several, and of those in a file, the first one signs"},
     options::kTexts<&O::config, &srs::Config::secrets>},
    {{.name = "secretfile",
      .argument = "FILE",
      .help = "secrets, one a line; empty lines and those that begin with # are skipped"},
     options::kAny<&O::secret_file>},
    {{.name = "separator", .argument = "CHARACTER", .help = "what follows SRS0 or SRS1: = + or - (default: =)"}, {set_separator}},
    {{.name = "hashlength", .kind = Kind::number, .argument = "N", .help = "characters of the hash (default: 4)"},
     kNumber<1, srs::kMaxHash, &O::config, &srs::Config::hash_length>},
    {{.name = "min-hash",
      .kind = Kind::number,
      .argument = "N",
      .help = "characters of the hash that are required to turn an address back (default: those of --hashlength)"},
     kNumber<1, srs::kMaxHash, &O::config, &srs::Config::hash_min>},
    {{.name = "maxage",
      .kind = Kind::number,
      .argument = "DAYS",
      .help = "days for which an address is turned back (default: 21)"},
     kNumber<1, srs::kStampDays - 1, &O::config, &srs::Config::max_age_days>},
    {{.name = "no-slash",
      .kind = Kind::act,
      .help = "write _ instead of / in hashes, since some servers refuse /; both are turned back"},
     options::kChoice<false, &O::config, &srs::Config::hash_has_slash>},
    {{.name = "max-local-part",
      .kind = Kind::number,
      .argument = "N",
      .help = "octets that a new local part may have; a sender that would need more is not rewritten (default: 254, the limit of "
              "an address)"},
     kNumber<1, srs::kMaxAddress, &O::config, &srs::Config::max_local_part>},
    {{.name = "always-rewrite", .kind = Kind::act, .help = "rewrite senders in the domain of the alias too"},
     options::kChoice<true, &O::config, &srs::Config::always_rewrite>},
    {{.name = "exim", .kind = Kind::act, .help = "also turn back addresses that Exim's ${srs_encode} has made"},
     options::kChoice<true, &O::config, &srs::Config::accept_exim>},
    {{.name = "date", .argument = "YYYY-MM-DD", .help = "use this day instead of today (UTC)"}, {set_date}},
    options::kVersionRow<&O::action, O::Action::version, 0>,
    options::kHelpRow<&O::action, O::Action::help, 0>,
};

Problem check(const Options& options) {
  if (options.action == Options::Action::reverse && options.forward_given) return "--forward and --reverse exclude each other";
  if (options.action == Options::Action::forward && options.alias.empty())
    return "an alias is needed to rewrite senders (--alias); see --help";
  if (options.config.secrets.empty() && !options.secret_file) return "there is no secret (--secret, --secretfile); see --help";
  return {};
}

}  // namespace

const options::Rows& option_table() { return options::rows_of<kRows>(); }

base::Result<Options, std::string> parse_command_line(const std::vector<std::string>& words) {
  return options::parse_words<Options>(option_table(), words, options::find(option_table(), "address"), check);
}

std::string help_text() {
  return "Usage: spfsrs --alias=ALIAS --secretfile=FILE [OPTION]... [ADDRESS]...\n"
         "       spfsrs --reverse --secretfile=FILE [OPTION]... [ADDRESS]...\n"
         "Rewrites senders for forwarding (SRS), and turns rewritten addresses back.\n"
         "Without ADDRESS, addresses are read from standard input, one per line.\n\n" +
         options::help(option_table(), '=') +
         "\nExit code: 0 all addresses were rewritten, 1 some were refused, 255 bad usage.\n";
}

}  // namespace spfsrs
