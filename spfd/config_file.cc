#include "spfd/config_file.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>

#include "common/base/text.h"
#include "common/receiver/domain_map.h"
#include "spfd/command_line.h"

namespace spfd {

#ifndef SPFD_SYSCONFDIR  // the Makefile says it
#define SPFD_SYSCONFDIR "/etc"
#endif
const char* const kDefaultConfig = SPFD_SYSCONFDIR "/spfd/spfd.conf";

namespace {

using Shape = OptionRow::Shape;

std::string at(const std::string& path, const toml::source_region& where) { return fmt::format("{}:{}", path, where.begin.line); }

std::optional<DomainSection::Kind> section_kind(std::string_view name) {
  for (const auto kind : {DomainSection::Kind::sender, DomainSection::Kind::recipient}) {
    if (section_name(kind) == name) return kind;
  }
  return {};
}

// The text that the row's `set` takes; nothing for what no option can be.
std::optional<std::string> value_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return {};
}

// [fallback] "example.com" = "v=spf1 ...": as a list of "example.com=v=spf1 ...".
std::optional<std::vector<std::string>> table_texts(const toml::table& table) {
  std::vector<std::string> texts;
  for (const auto& [key, node] : table) {
    const auto text = value_text(node);
    if (!text) return {};
    texts.push_back(std::string(key.str()) + "=" + *text);
  }
  return texts;
}

std::optional<std::vector<std::string>> value_texts(const toml::node& node, const OptionRow& row) {
  if (const auto* table = node.as_table(); table != nullptr && row.is_table) return table_texts(*table);
  std::vector<std::string> texts;
  const auto* array = node.as_array();
  if (array == nullptr) {
    auto text = value_text(node);
    if (!text) return {};
    texts.push_back(std::move(*text));
    return texts;
  }
  if (row.shape != Shape::list) return {};
  for (const toml::node& element : *array) {
    auto text = value_text(element);
    if (!text) return {};
    texts.push_back(std::move(*text));
  }
  return texts;
}

base::Failure<StartError> bad(std::string what) { return base::failure(StartError{std::move(what), EX_CONFIG}); }

// The settings of a table, in the order of the file: toml++ sorts by name, and keys may work together.
// section: whose settings they are, for messages; empty: the whole file's, and the sections are not among them.
base::Result<std::vector<Setting>, StartError> read_settings(const toml::table& table, const std::string& path,
                                                             const std::string& section) {
  std::vector<std::pair<std::uint32_t, Setting>> settings;  // with their lines
  for (const auto& [key, node] : table) {
    if (section.empty() && section_kind(key.str())) continue;
    const std::string name = base::printable(key.str());
    const std::string place = fmt::format("{}: {}{}", at(path, key.source()), section, name);
    const OptionRow* row = find_option(key.str());
    if (row == nullptr || !row->in_file) {
      if (!section.empty() && node.is_table()) return bad(place + ": the domain of a section stands in quotes");
      return bad(place + ": there is no such option");
    }
    if (!section.empty() && !row->for_domains) return bad(place + ": the option is for all mail, and cannot stand in a section");
    auto values = value_texts(node, *row);
    if (!values) {
      return bad(fmt::format("{}: the value must be a {}", place,
                             row->is_table               ? "list of strings, or a table with domains in quotes"
                             : row->shape == Shape::list ? "string or a list of strings"
                                                         : "single value"));
    }
    settings.emplace_back(key.source().begin.line, Setting{row, std::move(*values), place});
  }
  std::stable_sort(settings.begin(), settings.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Setting> ordered;
  for (auto& [line, setting] : settings) {
    const bool twice =
        std::any_of(ordered.begin(), ordered.end(), [&row = setting.row](const Setting& s) { return s.row == row; });
    if (twice) return bad(fmt::format("{}: the option stands twice, under two of its names", setting.place));
    ordered.push_back(std::move(setting));
  }
  return ordered;
}

// The sections of a kind: "sender", a table of tables.
base::Result<std::vector<DomainSection>, StartError> read_sections(const toml::key& kind_key, const toml::node& node,
                                                                   const std::string& path) {
  const std::string kind = base::printable(kind_key.str());
  const auto* const table = node.as_table();
  if (table == nullptr)
    return bad(fmt::format("{}: {}: this begins a section, [{}.\"example.com\"]", at(path, kind_key.source()), kind, kind));
  std::vector<DomainSection> sections;
  for (const auto& [key, content] : *table) {
    const std::string name = fmt::format("[{}.\"{}\"]", kind, base::printable(key.str()));
    const std::string place = fmt::format("{}: {}", at(path, key.source()), name);
    const auto pattern = receiver::DomainPattern::parse(key.str());
    if (!pattern) return bad(place + ": this is no domain name, with or without \"*.\" before it");
    if (!content.is_table()) {
      return bad(fmt::format("{}: {}: {}: this is no section; one begins with [{}.\"example.com\"]", at(path, key.source()), kind,
                             base::printable(key.str()), kind));
    }
    auto settings = read_settings(*content.as_table(), path, name + " ");
    if (!settings) return base::failure(settings.error());
    // The same domain in other letters. (In the same letters it is an error of TOML.)
    const auto same = std::find_if(sections.begin(), sections.end(),
                                   [&](const DomainSection& other) { return other.pattern == pattern->text(); });
    if (same != sections.end()) {
      return bad(fmt::format("{}: there is a section for this domain already, {}", place, same->place));
    }
    sections.push_back({*section_kind(kind_key.str()), pattern->text(), std::move(*settings), place});
  }
  return sections;
}

}  // namespace

base::Result<FileSettings, StartError> parse_config(const std::string& text, const std::string& path) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return bad(fmt::format("{}: {}", at(path, error.source()), base::printable(error.description())));
  }
  FileSettings out;
  auto settings = read_settings(table, path, "");
  if (!settings) return base::failure(settings.error());
  out.settings = std::move(*settings);
  for (const auto& [key, node] : table) {
    if (!section_kind(key.str())) continue;
    auto sections = read_sections(key, node, path);
    if (!sections) return base::failure(sections.error());
    std::move(sections->begin(), sections->end(), std::back_inserter(out.sections));
  }
  return out;
}

base::Result<std::string, StartError> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  // An empty file sets failbit of `text`; a folder can be opened, but not read.
  if (!file || (text.fail() && errno != 0)) {
    const int problem = errno != 0 ? errno : EIO;
    return base::failure(
        StartError{fmt::format("{}: cannot be read: {}", base::printable(path), std::strerror(problem)), EX_CONFIG});
  }
  return text.str();
}

base::Result<Options, StartError> load_options(const std::vector<std::string>& words) {
  const auto from_command_line = parse_command_line(words);
  if (!from_command_line) return base::failure(from_command_line.error());
  // Of the command line alone, to learn which file it names.
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
  const auto text = read_file(path);
  if (!text) return base::failure(text.error());
  const auto from_file = parse_config(*text, path);
  if (!from_file) return base::failure(from_file.error());
  auto options = make_options(*from_file, *from_command_line);
  if (options) options->config = path;
  return options;
}

}  // namespace spfd
