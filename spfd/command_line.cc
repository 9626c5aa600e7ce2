#include "spfd/command_line.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <utility>

#include "common/base/text.h"

namespace spfd {

namespace {

using Shape = OptionRow::Shape;

// "-port=5970" and "-path" become "--port=5970" and "--path"; "-p5970" stays.
std::string with_two_dashes(const std::string& word) {
  if (word.size() < 3 || word[0] != '-' || word[1] == '-') return word;
  const std::string_view name = std::string_view(word).substr(1, word.find('=') - 1);
  return name.size() > 1 && find_option(name) != nullptr ? "-" + word : word;
}

std::string cli_names(const OptionRow& row) {
  std::string names;
  if (row.letter != 0) names = fmt::format("-{},", row.letter);
  names += fmt::format("--{}", row.name);
  for (const std::string_view name : row.other_names) names += fmt::format(",--{}", name);
  return names;
}

std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string toml_line(const OptionRow& row, const std::vector<std::string>& values) {
  std::string written;
  switch (row.shape) {
    case Shape::list:
      for (const std::string& value : values) {
        if (!written.empty()) written += ", ";
        written += toml_string(value);
      }
      written.insert(0, 1, '[');
      written += ']';
      break;
    case Shape::flag:
    case Shape::number: written = values.back(); break;
    case Shape::text: written = toml_string(values.back()); break;
  }
  return fmt::format("{} = {}\n", row.name, written);
}

// Text in lines of at most `width`, the later ones indented.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
  std::string lines;
  std::size_t column = indent;
  for (const std::string_view word : base::split(text, ' ')) {
    if (column + 1 + word.size() > width && column > indent) {
      lines += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += word.size();
  }
  return lines;
}

}  // namespace

base::Result<std::vector<Setting>, StartError> parse_command_line(const std::vector<std::string>& words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::map<const OptionRow*, CLI::Option*> given;
  for (const OptionRow& row : option_table()) {
    CLI::Option* option = app.add_option(cli_names(row));
    option->allow_extra_args(false);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    // --debug may be followed by a number (libspf2's spfd).
    if (row.shape == Shape::flag) option->expected(0, row.name == "debug" ? 1 : 0);
    given[&row] = option;
  }
  std::vector<std::string> arguments;
  std::transform(words.rbegin(), words.rend(), std::back_inserter(arguments), with_two_dashes);
  try {
    app.parse(arguments);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();
    return base::failure(StartError{what.substr(0, what.find(':')) + ": a value is missing", EX_USAGE});
  } catch (const CLI::ParseError& error) {
    return base::failure(StartError{base::printable(error.what()), EX_USAGE});
  }
  if (const auto extra = app.remaining(); !extra.empty()) {
    return base::failure(StartError{fmt::format("{}: there is no such option", base::printable(extra.front())), EX_USAGE});
  }
  std::vector<Setting> settings;
  for (const OptionRow& row : option_table()) {
    if (given[&row]->empty()) continue;
    std::vector<std::string> values = given[&row]->results();
    // A flag without a value is there as an empty one.
    if (row.shape == Shape::flag) std::replace(values.begin(), values.end(), std::string(), std::string("true"));
    settings.push_back({&row, std::move(values), fmt::format("--{}", row.name)});
  }
  return settings;
}

std::string help_text() {
  constexpr std::size_t kIndent = 8;
  constexpr std::size_t kWidth = 100;
  std::string text =
      "Usage: spfd [OPTION]...\n"
      "Answers the SPF questions of mail servers. It stays in the foreground.\n";
  std::string_view group;
  for (const OptionRow& row : option_table()) {
    if (row.group != group) {
      group = row.group;
      text += fmt::format("\n{}:\n", group);
    }
    text += "  ";
    if (row.letter != 0) text += fmt::format("-{}, ", row.letter);
    text += fmt::format("--{}", row.name);
    for (const std::string_view name : row.other_names) text += fmt::format(", --{}", name);
    if (!row.argument.empty()) text += fmt::format(" {}", row.argument);
    text += fmt::format("\n{}{}\n", std::string(kIndent, ' '), wrap(row.help, kIndent, kWidth));
  }
  text +=
      "\n"
      "TIME is a number with ms, s, m or h. Each option but those of the last group is also a key of\n"
      "the configuration file: see spfd.conf(5). The protocol: spfd-protocol(7).\n"
      "Signals: TERM and INT finish what is under way and stop; HUP reads configuration and zone files\n"
      "again; USR1 logs counters.\n";
  return text;
}

std::string dump_config(const Options& options) {
  std::string text;
  std::string_view group;
  for (const OptionRow& row : option_table()) {
    if (row.get == nullptr || !row.in_file) continue;
    if (row.group != group) {
      group = row.group;
      text += fmt::format("{}# {}\n", text.empty() ? "" : "\n", group);
    }
    text += toml_line(row, row.get(options));
  }
  for (const DomainSection& section : options.sections) {
    text += fmt::format("\n[{}.{}]\n", section_name(section.kind), toml_string(section.pattern));
    Options of_section;
    of_section.rules = section.rules;
    if (const auto& explanation = section.rules.explanation) of_section.default_explanation = explanation->text();
    for (const Setting& setting : section.settings) text += toml_line(*setting.row, setting.row->get(of_section));
  }
  return text;
}

}  // namespace spfd
