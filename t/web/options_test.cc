// The options of spfweb: manual page, configuration file and errors.
#include <doctest/doctest.h>

#include <string>

#include "spfweb/options.h"
#include "t/support/option_docs.h"
#include "t/support/spfd_process.h"

TEST_CASE("spfweb(8) has an entry for each option, with the default of --help") {
  const std::string page = support::slurp("man/spfweb.8");
  support::check_names_in_page(page, spfweb::option_table());
  support::check_defaults_in_help(spfweb::option_table(), spfweb::Options());
  CHECK(support::check_defaults_in_page(page, spfweb::option_table()) >= 2);
}

TEST_CASE("the configuration file has the options, and the command line takes precedence") {
  const support::TempFolder folder;
  const std::string file =
      folder.write("spfweb.conf",
                   "listen = [\"inet:127.0.0.1:1\", \"inet:[::1]:2\"]\nprefix = \"/spf/\"\nhostname = \"a.test\"\n"
                   "spfd = \"inet:127.0.0.1:5970\"\n");
  const auto options = spfweb::load_options({"--config", file, "--hostname", "b.test"});
  REQUIRE(options.ok());
  CHECK(options->listen.size() == 2);
  CHECK(options->prefix == "/spf");
  CHECK(options->hostname == "b.test");
  CHECK(io::server_address_text(options->spfd) == "127.0.0.1:5970");
  CHECK(options->metrics.empty());
  CHECK(io::server_address_text(options->control) == "/run/spfd/control.sock");
  const auto other = spfweb::load_options({"--metrics", "inet:127.0.0.1:5981", "--control", "unix:/run/c"});
  REQUIRE(other.ok());
  REQUIRE(other->metrics.size() == 1);
  CHECK(service::listen_address_text(other->metrics.front()) == "inet:127.0.0.1:5981");
  CHECK(io::server_address_text(other->control) == "/run/c");
  const auto problem = [&](const std::string& text) {
    const auto bad = spfweb::load_options({"--config", folder.write("bad.conf", text)});
    return bad.ok() ? std::string("none") : bad.error();
  };
  CHECK(problem("listen = \"tcp\"\n").find("bad.conf:1: listen: \"tcp\"") != std::string::npos);
  CHECK(problem("\nhelp = true\n").ends_with("bad.conf:2: help: there is no such option"));
  CHECK(problem("prefix = \"/a b\"\n").find("needs an escape") != std::string::npos);
  CHECK(problem("[listen]\n").find("the value must be") != std::string::npos);
  CHECK_FALSE(spfweb::load_options({"stray"}).ok());
  CHECK_FALSE(spfweb::load_options({"--prefix", "spf"}).ok());
}
