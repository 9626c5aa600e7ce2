#include "srs/options.h"

#include <fmt/format.h>
#include <getopt.h>

#include <chrono>

#include "common/base/text.h"
#include "common/srs/hash.h"
#include "common/srs/stamp.h"

namespace srs::cli {

namespace {

using Problem = std::optional<std::string>;

Problem set_number(unsigned& target, const std::string& value, unsigned long least, unsigned long most) {
  const auto number = base::parse_number(value, most);
  if (!number || *number < least) return fmt::format("{} is not a number from {} to {}", base::in_quotes(value), least, most);
  target = static_cast<unsigned>(*number);
  return {};
}

// YYYY-MM-DD
Problem set_date(Options& options, const std::string& value) {
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
  return fmt::format("{} is no day such as 2020-01-31", base::in_quotes(value));
}

Problem set_separator(Options& options, const std::string& value) {
  if (value.size() != 1 || std::string_view("=+-").find(value.front()) == std::string_view::npos) {
    return fmt::format("{} is not one of = + -", base::in_quotes(value));
  }
  options.config.separator = value.front();
  return {};
}

std::vector<OptionRow> make_table() {
  using O = Options;
  using V = std::string;
  return {
      {"forward", "", "rewrite senders (the default)",
       [](O& o, const V&) -> Problem {
         o.forward_given = true;
         return {};
       }},
      {"reverse", "", "turn rewritten addresses back",
       [](O& o, const V&) -> Problem {
         o.action = O::Action::reverse;
         return {};
       }},
      {"alias", "ALIAS", "the address, or its domain, whose mail is forwarded: rewritten senders are in this domain",
       [](O& o, const V& v) -> Problem {
         o.alias = v;
         return {};
       }},
      {"address", "ADDRESS", "an address, as the words without option are; may be given several times",
       [](O& o, const V& v) -> Problem {
         o.addresses.push_back(v);
         return {};
       }},
      {"secret", "SECRET", "signs and verifies; of several, and of those in a file, the first one signs",
       [](O& o, const V& v) -> Problem {
         o.config.secrets.push_back(v);
         return {};
       }},
      {"secretfile", "FILE", "secrets, one a line; empty lines and those that begin with # are skipped",
       [](O& o, const V& v) -> Problem {
         o.secret_file = v;
         return {};
       }},
      {"separator", "CHARACTER", "what follows SRS0 or SRS1: = + or - (default: =)", set_separator},
      {"hashlength", "N", "characters of the hash (default: 4)",
       [](O& o, const V& v) { return set_number(o.config.hash_length, v, 1, srs::kMaxHash); }},
      {"min-hash", "N", "characters of the hash that an address needs to be turned back (default: those of --hashlength)",
       [](O& o, const V& v) { return set_number(o.config.hash_min, v, 1, srs::kMaxHash); }},
      {"maxage", "DAYS", "how long an address is turned back (default: 21)",
       [](O& o, const V& v) { return set_number(o.config.max_age_days, v, 1, srs::kStampDays - 1); }},
      {"no-slash", "", "write _ where a hash would have a /, which some servers refuse; both are turned back",
       [](O& o, const V&) -> Problem {
         o.config.hash_has_slash = false;
         return {};
       }},
      {"max-local-part", "N",
       "rewrite no sender whose new local part would have more octets (default: 254, as many as an address)",
       [](O& o, const V& v) { return set_number(o.config.max_local_part, v, 1, srs::kMaxAddress); }},
      {"always-rewrite", "", "rewrite senders in the domain of the alias too",
       [](O& o, const V&) -> Problem {
         o.config.always_rewrite = true;
         return {};
       }},
      {"exim", "", "turn back what Exim's ${srs_encode} made, too",
       [](O& o, const V&) -> Problem {
         o.config.accept_exim = true;
         return {};
       }},
      {"date", "YYYY-MM-DD", "as if it were this day (default: today, UTC)", set_date},
      {"version", "", "print the version, and exit",
       [](O& o, const V&) -> Problem {
         o.action = O::Action::version;
         return {};
       }},
      {"help", "", "print this, and exit",
       [](O& o, const V&) -> Problem {
         o.action = O::Action::help;
         return {};
       }},
  };
}

constexpr int kFirstRow = 256;  // of getopt(3) codes, above all characters

}  // namespace

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> table = make_table();
  return table;
}

base::Result<Options, std::string> parse_command_line(int argc, char** argv) {
  std::vector<::option> names;
  for (const OptionRow& row : option_table()) {
    const int code = kFirstRow + static_cast<int>(names.size());
    names.push_back({row.name.data(), row.argument.empty() ? no_argument : required_argument, nullptr, code});
  }
  names.push_back({nullptr, 0, nullptr, 0});

  Options options;
  optind = 0;
  opterr = 0;
  for (;;) {
    // Stray words come as code 1; a missing value as ':'.
    const int code = ::getopt_long_only(argc, argv, "-:", names.data(), nullptr);
    if (code == -1) break;
    if (code == 1) {
      options.addresses.emplace_back(optarg);
      continue;
    }
    const std::string word = base::clip(argv[optind - 1], 100);
    if (code == ':') return base::failure(fmt::format("{}: the value is missing", word));
    if (code < kFirstRow) {
      if (optopt >= kFirstRow) return base::failure(fmt::format("{}: the option takes no value", word));
      return base::failure(fmt::format("{}: there is no such option, or it is short for several", word));
    }
    const OptionRow& row = option_table()[static_cast<std::size_t>(code - kFirstRow)];
    if (const auto problem = row.set(options, optarg == nullptr ? std::string() : optarg)) {
      return base::failure(fmt::format("--{}: {}", row.name, *problem));
    }
    if (options.action == Options::Action::help || options.action == Options::Action::version) return options;
  }
  while (optind < argc) options.addresses.emplace_back(argv[optind++]);

  if (options.action == Options::Action::reverse && options.forward_given) {
    return base::failure(std::string("--forward and --reverse exclude each other"));
  }
  if (options.action == Options::Action::forward && options.alias.empty()) {
    return base::failure(std::string("an alias is needed to rewrite senders (--alias); --help tells more"));
  }
  if (options.config.secrets.empty() && !options.secret_file) {
    return base::failure(std::string("there is no secret (--secret, --secretfile); --help tells more"));
  }
  return options;
}

std::string help_text() {
  std::string text =
      "Usage: srs --alias=ALIAS --secretfile=FILE [OPTION]... [ADDRESS]...\n"
      "       srs --reverse --secretfile=FILE [OPTION]... [ADDRESS]...\n"
      "Rewrites senders for forwarding (SRS), and turns rewritten addresses back. Without ADDRESS: those of standard input, one "
      "a\n"
      "line.\n\n";
  for (const OptionRow& row : option_table()) {
    text += fmt::format("  --{}{}{}\n        {}\n", row.name, row.argument.empty() ? "" : "=", row.argument, row.help);
  }
  return text + "\nExit code: 0 all addresses were done, 1 some were refused, 255 bad usage.\n";
}

}  // namespace srs::cli
