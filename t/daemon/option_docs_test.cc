// Manual pages and the sample configuration agree with the table of options, defaults included.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "common/options/help.h"
#include "spfctl/options.h"
#include "spfd/config/config_file.h"
#include "spfd/config/options.h"
#include "t/support/option_docs.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

namespace {

using options::Row;
using options::Values;
using options::When;

Values in_force(const Row& row, const spfd::Options& options) { return options::access_of<spfd::Options>(row).get(options); }
bool has_value(const Row& row) { return options::access_of<spfd::Options>(row).get != nullptr; }

// Empty if a row has no default.
Values default_of(const Row& row) {
  const auto options = spfd::make_options({}, {});
  REQUIRE(options.ok());
  return has_value(row) ? in_force(row, *options) : Values{};
}

bool is_empty(const Values& values) {
  return std::all_of(values.begin(), values.end(), [](const std::string& value) { return value.empty(); });
}

TEST_CASE("--help and spfd(8) state the defaults in force") {
  const auto options = spfd::make_options({}, {});
  REQUIRE(options.ok());
  support::check_defaults_in_help(spfd::option_table(), *options);
  CHECK(support::check_defaults_in_page(support::slurp("man/spfd.8"), spfd::option_table()) >= 25);
  CHECK(support::check_default_values_in_page(support::slurp("man/spfd.8"), spfd::option_table(), *options) >= 35);
}

TEST_CASE("spfctl(8) has an entry for each option, with the default of --help") {
  const std::string page = support::slurp("man/spfctl.8");
  support::check_names_in_page(page, spfctl::option_table());
  support::check_defaults_in_help(spfctl::option_table(), spfctl::Options());
  CHECK(support::check_defaults_in_page(page, spfctl::option_table()) >= 1);
}

// Removes the marks of "# key = value", a default, and of "## key = value", an example.
std::string_view uncommented(std::string_view line) {
  for (const std::string_view mark : {"# ", "## "}) {
    if (line.starts_with(mark)) return line.substr(mark.size());
  }
  return line;
}

TEST_CASE("options, manual pages and sample configuration name the same options") {
  const std::string spfd_page = support::slurp("man/spfd.8");
  const std::string conf_page = support::slurp("man/spfd.conf.5");
  const std::string sample = support::slurp("etc/spfd.conf");
  REQUIRE(!spfd_page.empty());
  REQUIRE(!conf_page.empty());
  REQUIRE(!sample.empty());

  const auto named = support::options_in(spfd_page);
  const std::set<std::string> in_spfd_page(named.begin(), named.end());
  for (const Row* row : spfd::option_table()) {
    for (const auto name : row->names()) {
      CAPTURE(name);
      CHECK(in_spfd_page.count(std::string(name)) == 1);
    }
    if (row->letter != 0) CHECK(spfd_page.find(std::string("Fl ") + row->letter + " ,") != std::string::npos);
  }
  for (const std::string& name : in_spfd_page) {
    CAPTURE(name);
    CHECK(options::find(spfd::option_table(), name) != nullptr);
  }

  // ".It Cm a , b , c" of the section KEYS.
  std::set<std::string> in_conf_page;
  const std::size_t keys = conf_page.find(".Sh KEYS");
  const std::string key_section = conf_page.substr(keys, conf_page.find(".Sh FILES") - keys);
  for (const auto line : base::split(key_section, '\n')) {
    if (!line.starts_with(".It Cm ")) continue;
    for (const auto word : base::split(line.substr(7), ' ')) {
      if (word != ",") in_conf_page.emplace(word);
    }
  }
  // Lines "key = value" and "# key = value".
  std::set<std::string> in_sample;
  for (auto line : base::split(sample, '\n')) {
    line = uncommented(line);
    const std::size_t equals = line.find(" = ");
    if (equals == std::string_view::npos || line.substr(0, equals).find(' ') != std::string_view::npos) continue;
    in_sample.emplace(line.substr(0, equals));
  }
  std::set<std::string> in_table;
  for (const Row* row : spfd::option_table()) {
    if (row->when != When::command_line) in_table.emplace(row->name);
  }
  CHECK(in_conf_page == in_table);
  CHECK(in_sample == in_table);
}

TEST_CASE("spfd.conf(5) names the options that a reload applies") {
  const std::string page = support::slurp("man/spfd.conf.5");
  const std::size_t begin = page.find(".Dv SIGHUP");
  REQUIRE(begin != std::string::npos);
  const std::string paragraph = page.substr(begin, page.find(".Sh", begin) - begin);
  for (const Row* known : spfd::option_table()) {
    const Row& row = *known;
    CAPTURE(row.name);
    const bool is_named = paragraph.find(" " + std::string(row.name) + " ") != std::string::npos ||
                          paragraph.find(" " + std::string(row.name) + "\n") != std::string::npos;
    CHECK(is_named == (row.when == When::reload));
  }
}

TEST_CASE("spfd.conf(5) names the options that a section for a domain may contain") {
  const std::string page = support::slurp("man/spfd.conf.5");
  const std::size_t begin = page.find("A section may contain\n");
  REQUIRE(begin != std::string::npos);
  const std::string paragraph = page.substr(begin, page.find(".Pp", begin) - begin);
  for (const Row* known : spfd::option_table()) {
    const Row& row = *known;
    CAPTURE(row.name);
    if (row.name.starts_with("on-")) {
      CHECK(row.for_domains == (row.name != "on-pass"));  // "and the other actions except on-pass"
      continue;
    }
    const bool is_named = paragraph.find(" " + std::string(row.name) + " ") != std::string::npos ||
                          paragraph.find(" " + std::string(row.name) + "\n") != std::string::npos;
    CHECK(is_named == row.for_domains);
  }
}

TEST_CASE("each line of the sample configuration is valid, also without its mark") {
  const support::TempFolder folder;
  const std::string sample = support::slurp("etc/spfd.conf");
  for (auto line : base::split(sample, '\n')) {
    CAPTURE(line);
    if (line.find(" = ") != std::string_view::npos) line = uncommented(line);
    std::string text(line);
    if (text.starts_with("socket-")) text += "\nsocket = \"/x\"";
    const std::string file = folder.write("spfd.conf", text + "\n");
    const auto options = spfd::load_options({"--config", file});
    CHECK_MESSAGE(options.ok(), (options.ok() ? "" : options.error().message));
  }
}

TEST_CASE("lines of the sample configuration with one # show the default") {
  const support::TempFolder folder;
  std::set<std::string_view> shown;
  const std::string sample = support::slurp("etc/spfd.conf");
  for (const std::string_view line : base::split(sample, '\n')) {
    const std::size_t equals = line.find(" = ");
    if (!line.starts_with("# ") || equals == std::string_view::npos) continue;
    const Row* row = options::find(spfd::option_table(), line.substr(2, equals - 2));
    if (row == nullptr || !has_value(*row)) continue;
    CAPTURE(line);
    const auto options = spfd::load_options({"--config", folder.write("spfd.conf", line.substr(2))});
    REQUIRE(options.ok());
    CHECK(in_force(*row, *options) == default_of(*row));
    CHECK(shown.insert(row->name).second);
  }
  for (const Row* row : spfd::option_table()) {
    CAPTURE(row->name);
    if (has_value(*row)) CHECK(shown.count(row->name) == 1);
  }
}

// Returns the entry of an option in the section KEYS of spfd.conf(5).
std::string key_entry(const Row& row) {
  std::string help(row.help);
  const Values defaults = default_of(row);
  if (const std::size_t at = help.find(" (default: "); at != std::string::npos && !is_empty(defaults)) help.erase(at);
  help.front() = help.front() >= 'a' && help.front() <= 'z' ? static_cast<char>(help.front() - 'a' + 'A') : help.front();
  std::string entry = ".It Cm " + std::string(row.name) + "\n" + help + ".\n";
  if (row.argument.find('|') != std::string_view::npos) {
    std::string words(row.argument);
    for (std::size_t at = 0; (at = words.find('|')) != std::string::npos;) words.replace(at, 1, ", ");
    entry += "One of: " + words + ".\n";
  }
  if (row.is_table) entry += "It may also be a table with domains as its keys.\n";
  if (!has_value(row)) return entry;
  const std::string line = options::toml_line(row, defaults);
  return entry + "Default: " + line.substr(line.find(" = ") + 3, line.size() - line.find(" = ") - 4) + ".\n";
}

TEST_CASE("the section KEYS of spfd.conf(5) has the words and the default of each option") {
  const std::string page = support::slurp("man/spfd.conf.5");
  const std::string keys = page.substr(page.find(".Sh KEYS"), page.find(".Sh SECTIONS") - page.find(".Sh KEYS"));
  std::size_t entries = 0;
  std::size_t at = 0;
  for (const Row* row : spfd::option_table()) {
    if (row->when == When::command_line) continue;
    ++entries;
    std::string expected = row->heading.empty() ? "" : ".Ss " + std::string(row->heading) + "\n.Bl -tag -width Ds\n";
    expected += key_entry(*row);
    INFO("expected in man/spfd.conf.5, in the order of the table:\n", expected);
    at = keys.find(expected, at);
    REQUIRE(at != std::string::npos);
  }
  std::size_t in_page = 0;
  for (std::size_t i = keys.find("\n.It Cm "); i != std::string::npos; i = keys.find("\n.It Cm ", i + 1)) ++in_page;
  CHECK(in_page == entries);
}

}  // namespace
