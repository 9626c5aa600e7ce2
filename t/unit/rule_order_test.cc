// The rules act in the order in which spfd(8) lists them.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/receiver/judge.h"

namespace {

// The options of the list "The rules act in this order", in their order.
std::vector<std::string> listed_options() {
  std::ifstream file("man/spfd.8");
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const auto begin = text.find("The rules act in this order:");
  REQUIRE(begin != std::string::npos);
  std::istringstream list(text.substr(begin, text.find("\n.El", begin) - begin));
  constexpr std::string_view kOption = ".Fl Fl ";
  std::vector<std::string> options;
  for (std::string line; std::getline(list, line);) {
    if (line.starts_with(kOption))
      options.push_back(line.substr(kOption.size(), line.find(' ', kOption.size()) - kOption.size()));
  }
  return options;
}

}  // namespace

TEST_CASE("the rules about a result act in the order of spfd(8)") {
  std::vector<std::string> listed = listed_options();
  // check-helo chooses the identity; the rules then act on it one by one.
  REQUIRE(listed.front() == "check-helo");
  listed.erase(listed.begin());
  const std::vector<std::string_view> rules = receiver::Judge::rule_names();
  CHECK(rules.size() == 5);
  CHECK(std::equal(rules.begin(), rules.end(), listed.begin(), listed.end()));
}
