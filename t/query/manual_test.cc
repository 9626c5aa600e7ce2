// The manual page names every option that has an effect, and no option that does not exist.
#include <doctest/doctest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "spfquery/options.h"

namespace {

TEST_CASE("spfquery(1) and the table of options name the same options") {
  std::ifstream file("man/spfquery.1");
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  REQUIRE_FALSE(text.empty());

  std::set<std::string> in_table;
  std::set<std::string> with_effect;
  for (const options::Row* row : spfquery::option_table()) {
    for (const std::string_view name : row->names()) {
      in_table.emplace(name);
      if (!row->help.empty()) with_effect.emplace(name);
    }
  }
  std::set<std::string> in_page;
  const std::regex option("Fl Fl ([a-z0-9-]+)");
  for (auto found = std::sregex_iterator(text.begin(), text.end(), option); found != std::sregex_iterator(); ++found) {
    in_page.insert((*found)[1]);
  }
  in_page.erase("listen");  // an option of spfd, mentioned by --server
  for (const auto& name : with_effect) {
    CAPTURE(name);
    CHECK(in_page.count(name) == 1);
  }
  for (const auto& name : in_page) {
    CAPTURE(name);
    CHECK(in_table.count(name) == 1);
  }
}

}  // namespace
