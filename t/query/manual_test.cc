// The manual page names every option that has an effect, and no option that does not exist; its defaults are those of --help.
#include <doctest/doctest.h>

#include <string>

#include "spfquery/command_line.h"
#include "t/support/option_docs.h"
#include "t/support/spfd_process.h"

TEST_CASE("spfquery(1) has an entry for each option, with the default of --help") {
  const std::string page = support::slurp("man/spfquery.1");
  support::check_names_in_page(page, spfquery::option_table());
  CHECK(support::check_defaults_in_page(page, spfquery::option_table()) >= 4);
}

TEST_CASE("spfquery --help states the defaults in force") {
  spfquery::Options fresh;
  fresh.jobs = 64;  // 0 is the usual number for the task
  support::check_defaults_in_help(spfquery::option_table(), fresh);
}
