#include "spfd/config_file.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "common/base/text.h"
#include "spfd/command_line.h"

namespace spfd {

namespace {

using Shape = OptionRow::Shape;

std::string at(const std::string& path, const toml::source_region& where) { return fmt::format("{}:{}", path, where.begin.line); }

// The text that the row's `set` takes; nothing for what no option can be.
std::optional<std::string> value_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return {};
}

std::optional<std::vector<std::string>> value_texts(const toml::node& node, const OptionRow& row) {
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

}  // namespace

base::Result<std::vector<Setting>, StartError> parse_config(const std::string& text, const std::string& path) {
  const auto bad = [](std::string what) { return base::failure(StartError{std::move(what), EX_CONFIG}); };
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return bad(fmt::format("{}: {}", at(path, error.source()), base::printable(error.description())));
  }
  std::vector<std::pair<std::uint32_t, Setting>> settings;  // with their lines
  for (const auto& [key, node] : table) {
    const std::string name = base::printable(key.str());
    const std::string place = fmt::format("{}: {}", at(path, key.source()), name);
    const OptionRow* row = find_option(key.str());
    if (row == nullptr || !row->in_file) return bad(place + ": there is no such option");
    auto values = value_texts(node, *row);
    if (!values) {
      return bad(fmt::format("{}: the value must be a {}", place,
                             row->shape == Shape::list ? "string or a list of strings" : "single value"));
    }
    if (values->empty()) continue;
    settings.emplace_back(key.source().begin.line, Setting{row, std::move(*values), place});
  }
  // toml++ sorts by name; the order of the file is what a reader expects where keys work together.
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
