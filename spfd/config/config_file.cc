#include "spfd/config/config_file.h"

#include <fmt/core.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "common/base/printable.h"
#include "common/io/file.h"
#include "common/options/file_settings.h"
#include "common/options/toml.h"
#include "common/receiver/domain_map.h"
#include "spfd/config/command_line.h"

namespace spfd {

#ifndef SPFD_SYSCONFDIR  // the Makefile defines it
#define SPFD_SYSCONFDIR "/etc"
#endif
const char* const kDefaultConfig = SPFD_SYSCONFDIR "/spfd/spfd.conf";

namespace {

using options::Row;
using options::Setting;
using options::TomlRow;

base::Failure<StartError> bad(std::string what) { return base::failure(StartError{std::move(what), EX_CONFIG}); }

std::string at(const std::string& path, const TomlRow& where) { return fmt::format("{}:{}", path, where.line); }

std::optional<DomainSection::Kind> section_kind(std::string_view name) {
  for (const auto kind : {DomainSection::Kind::sender, DomainSection::Kind::recipient}) {
    if (section_name(kind) == name) return kind;
  }
  return {};
}

// Reads the settings of a table.
// section: the name of the table for messages; empty: the whole file, whose sections are skipped.
base::Result<std::vector<Setting>, StartError> read_settings(const std::vector<TomlRow>& rows, const std::string& path,
                                                             const std::string& section) {
  std::vector<Setting> settings;
  for (const TomlRow& given : rows) {
    if (section.empty() && section_kind(given.key)) continue;
    const std::string place = fmt::format("{}: {}{}", at(path, given), section, base::printable(given.key));
    const Row* const row = options::find_key(option_table(), given.key);
    if (row == nullptr) {
      const bool is_domain = !section.empty() && given.kind == TomlRow::Kind::table;
      return bad(place + (is_domain ? ": the domain of a section must be in quotes" : ": there is no such option"));
    }
    if (!section.empty() && !row->for_domains)
      return bad(place + ": the option is for all mail, and is not allowed in a section");
    auto setting = options::read_setting(*row, given, place);
    if (!setting) return bad(setting.error());
    if (std::any_of(settings.begin(), settings.end(), [&](const Setting& other) { return other.row == row; }))
      return bad(place + ": the option is given twice, under two of its names");
    settings.push_back(std::move(*setting));
  }
  return settings;
}

// Reads the sections of a kind, such as "sender", which is a table of tables.
base::Result<std::vector<DomainSection>, StartError> read_sections(const TomlRow& of_kind, const std::string& path) {
  const std::string kind = base::printable(of_kind.key);
  if (of_kind.kind != TomlRow::Kind::table)
    return bad(fmt::format("{}: {}: this begins a section, [{}.\"example.com\"]", at(path, of_kind), kind, kind));
  std::vector<DomainSection> sections;
  for (const TomlRow& content : of_kind.rows) {
    const std::string name = fmt::format("[{}.\"{}\"]", kind, base::printable(content.key));
    const std::string place = fmt::format("{}: {}", at(path, content), name);
    const auto pattern = receiver::DomainPattern::parse(content.key);
    if (!pattern) return bad(place + ": this is not a domain name, with or without \"*.\" before it");
    if (content.kind != TomlRow::Kind::table) {
      return bad(fmt::format("{}: {}: {}: this is not a section; a section begins with [{}.\"example.com\"]", at(path, content),
                             kind, base::printable(content.key), kind));
    }
    auto settings = read_settings(content.rows, path, name + " ");
    if (!settings) return base::failure(settings.error());
    // Finds the same domain in another case. (TOML itself does not allow the same spelling twice.)
    const auto same = std::find_if(sections.begin(), sections.end(),
                                   [&](const DomainSection& other) { return other.pattern == pattern->text(); });
    if (same != sections.end()) return bad(fmt::format("{}: there is a section for this domain already, {}", place, same->place));
    sections.push_back({*section_kind(of_kind.key), pattern->text(), std::move(*settings), place});
  }
  return sections;
}

}  // namespace

base::Result<FileSettings, StartError> parse_config(const std::string& text, const std::string& path) {
  const auto rows = options::parse_toml(text);
  if (!rows) return bad(fmt::format("{}:{}: {}", path, rows.error().line, base::printable(rows.error().message)));
  FileSettings out;
  auto settings = read_settings(*rows, path, "");
  if (!settings) return base::failure(settings.error());
  out.settings = std::move(*settings);
  for (const TomlRow& row : *rows) {
    if (!section_kind(row.key)) continue;
    auto sections = read_sections(row, path);
    if (!sections) return base::failure(sections.error());
    std::move(sections->begin(), sections->end(), std::back_inserter(out.sections));
  }
  return out;
}

base::Result<Options, StartError> load_options(const std::vector<std::string>& words) {
  const auto from_command_line = parse_command_line(words);
  if (!from_command_line) return base::failure(from_command_line.error());
  // Reads the command line alone, to find out which file it names.
  auto first = make_options({}, *from_command_line);
  if (!first) return first;
  const bool needs_no_file = first->action == Options::Action::help || first->action == Options::Action::version;
  std::string path;
  if (first->config) {
    path = *first->config;
  } else if (::access(kDefaultConfig, F_OK) == 0) {
    path = kDefaultConfig;
  }
  if (needs_no_file || path.empty()) return first;
  const auto text = io::read_file(path, io::FileKind::regular);
  if (!text) return bad(text.error());
  const auto from_file = parse_config(*text, path);
  if (!from_file) return base::failure(from_file.error());
  auto options = make_options(*from_file, *from_command_line);
  if (options) options->config = path;
  return options;
}

}  // namespace spfd
