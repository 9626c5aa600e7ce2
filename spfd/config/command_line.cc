#include "spfd/config/command_line.h"

#include <fmt/core.h>
#include <sysexits.h>

#include <utility>

#include "common/base/printable.h"
#include "common/options/command_line.h"
#include "common/options/help.h"

namespace spfd {

base::Result<std::vector<options::Setting>, StartError> parse_command_line(const std::vector<std::string>& words) {
  options::CommandLine line = options::read_command_line(option_table(), words);
  for (const options::Setting& setting : line.settings) {
    if (setting.row != nullptr) continue;
    return base::failure(StartError{fmt::format("{}: there is no such option", base::printable(setting.place)), EX_USAGE});
  }
  if (line.error) return base::failure(StartError{std::move(*line.error), EX_USAGE});
  return std::move(line.settings);
}

std::string help_text() {
  return "Usage: spfd [OPTION]...\n"
         "Answers the requests of mail servers about SPF. It stays in the foreground.\n"
         "\n" +
         options::help(option_table()) +
         "\n"
         "TIME is a number with ms, s, m or h. Each option except those of the last group is also a key\n"
         "of the configuration file: see spfd.conf(5). The protocol: spfd-protocol(7).\n"
         "Signals: TERM and INT finish the requests under way and stop; HUP reads configuration and\n"
         "zone files again; USR1 logs counters.\n";
}

std::string dump_config(const Options& options) {
  std::string text;
  for (const options::Row* row : option_table()) {
    const auto get = options::access_of<Options>(*row).get;
    if (get == nullptr || row->when == options::When::command_line) continue;
    if (!row->heading.empty()) text += fmt::format("{}# {}\n", text.empty() ? "" : "\n", row->heading);
    text += options::toml_line(*row, get(options));
  }
  for (const DomainSection& section : options.sections) {
    text += fmt::format("\n[{}.{}]\n", section_name(section.kind), base::quoted_string(section.pattern));
    Options of_section;
    of_section.in_force.policy.rules = section.rules;
    for (const options::Setting& setting : section.settings) {
      text += options::toml_line(*setting.row, options::access_of<Options>(*setting.row).get(of_section));
    }
  }
  return text;
}

}  // namespace spfd
