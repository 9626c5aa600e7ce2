// The command line of sender rewriting: options, addresses, secrets, exit codes.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <ctime>
#include <string>
#include <vector>

#include "common/base/version.h"
#include "common/io/secret_file.h"
#include "common/srs/rewriter.h"
#include "common/srs/secrets.h"
#include "spfsrs/options.h"
#include "t/srs/process.h"
#include "t/support/option_docs.h"

namespace {

using srs_test::Folder;
using srs_test::Outcome;
using srs_test::run_srs;
using Words = std::vector<std::string>;

const std::string kRewritten = "SRS0=vmyz=2W=otherdomain.com=test@example.com";

// Runs with the secret and the day of the known vectors.
Outcome run(const Words& words, std::string_view input = {}) {
  Words all = {"--secret=tops3cr3t", "--date=2020-01-01"};
  all.insert(all.end(), words.begin(), words.end());
  return run_srs(all, input);
}

std::string joined(const Words& words) {
  std::string out;
  for (const std::string& word : words) out += word + " ";
  return out;
}

TEST_CASE("spfsrs: the options of Mail::SRS' srs") {
  for (const Words& words : std::vector<Words>{
           {"--alias=example.com", "test@otherdomain.com"},
           {"--alias", "bob@example.com", "test@otherdomain.com"},
           {"--forward", "-alias", "example.com", "--address=test@otherdomain.com"},
           {"test@otherdomain.com", "--forw", "--alias=example.com", "--hashlength=4", "--separator=="},
           {"--alias=example.com", "--separator", "=", "--hashlength", "4", "--", "test@otherdomain.com"},
       }) {
    CAPTURE(joined(words));
    const Outcome got = run(words);
    CHECK(got.out == kRewritten + "\n");
    CHECK(got.err == "");
    CHECK(got.exit_code == 0);
  }
  CHECK(run({"--alias=example.com", "--separator=+", "test@otherdomain.com"}).out ==
        "SRS0+vmyz=2W=otherdomain.com=test@example.com\n");
  CHECK(run({"--alias=example.com", "--separator", "-", "test@otherdomain.com"}).out ==
        "SRS0-vmyz=2W=otherdomain.com=test@example.com\n");
  CHECK(run({"--alias=example.com", "--hashlength=8", "test@otherdomain.com"}).out ==
        "SRS0=vmyz7Bwa=2W=otherdomain.com=test@example.com\n");
  CHECK(run({"--alias=example.com", "--address", "a=b+c@otherdomain.com", "test@otherdomain.com", "test@example.com"}).out ==
        "SRS0=Oqla=2W=otherdomain.com=a=b+c@example.com\n" + kRewritten + "\ntest@example.com\n");
  CHECK(run({"--reverse", kRewritten}).out == "test@otherdomain.com\n");
  CHECK(run({"-reverse", "SRS1=JIBX=thirddomain.com==opaque+string@example.com"}).out == "SRS0=opaque+string@thirddomain.com\n");
}

TEST_CASE("spfsrs: options of our own") {
  CHECK(run({"--alias=example.com", "--always-rewrite", "test@example.com"}).out ==
        "SRS0=e/ne=2W=example.com=test@example.com\n");
  CHECK(run_srs({"--secret=tops3cr3t", "--date=2020-01-22", "--reverse", kRewritten}).exit_code == 0);
  CHECK(run_srs({"--secret=tops3cr3t", "--date=2020-01-23", "--reverse", kRewritten}).exit_code == 1);
  CHECK(run_srs({"--secret=tops3cr3t", "--date=2020-01-23", "--maxage=22", "--reverse", kRewritten}).exit_code == 0);
  CHECK(run_srs({"--secret=tops3cr3t", "--date=2019-12-31", "--reverse", kRewritten}).exit_code == 1);
  CHECK(run({"--reverse", "--hashlength=8", kRewritten}).exit_code == 1);
  CHECK(run({"--reverse", "--hashlength=8", "--min-hash=4", kRewritten}).exit_code == 0);
  CHECK(run({"--reverse", "SRS0=5fea=2w=otherdomain.com=test@example.com"}).exit_code == 1);
  CHECK(run({"--reverse", "--exim", "SRS0=5fea=2w=otherdomain.com=test@example.com"}).out == "test@otherdomain.com\n");
  const std::string longest = std::string(64, 'a') + "@otherdomain.com";
  CHECK(run({"--alias=example.com", longest}).err ==
        "spfsrs: " + longest + ": warning: the new local part has 93 octets; some servers accept only 64\n");
  CHECK(run({"--alias=example.com", "--max-local-part=93", longest}).exit_code == 0);
  CHECK(run({"--alias=example.com", "--max-local-part=92", longest}).err ==
        "spfsrs: " + longest + ": the local part would be 93 octets long; the limit is 92\n");
  CHECK(run({"--alias=example.com", "--always-rewrite", "--no-slash", "test@example.com"}).out ==
        "SRS0=e_ne=2W=example.com=test@example.com\n");
  CHECK(run({"--reverse", "SRS0=e_ne=2W=example.com=test@example.com"}).out == "test@example.com\n");
  CHECK(run({"--alias=example.com", "\"user.\"@otherdomain.com"}).out.starts_with("\"SRS0="));
}

TEST_CASE("spfsrs: without a date it uses today") {
  const auto today = [] { return srs::day_of(static_cast<std::uint64_t>(std::time(nullptr))); };
  srs::Config config;
  config.secrets = {"tops3cr3t"};
  const auto rewriter = srs::Rewriter::make(config);
  REQUIRE(rewriter.ok());
  std::string expected;
  Outcome got;
  for (std::uint64_t day = today();; day = today()) {
    expected = rewriter->forward("test@otherdomain.com", "example.com", day)->address;
    got = run_srs({"--secret=tops3cr3t", "--alias=example.com", "test@otherdomain.com"});
    if (day == today()) break;  // else it was midnight in between
  }
  CHECK(got.out == expected + "\n");
}

TEST_CASE("spfsrs: refused addresses are reported, the others are rewritten") {
  const Outcome got = run({"--reverse", "bob@example.com", kRewritten, "SRS0=FAKE=2W=otherdomain.com=test@example.com", "a\nb"});
  CHECK(got.out == "test@otherdomain.com\n");
  CHECK(got.err ==
        "spfsrs: bob@example.com: it is not an SRS address\n"
        "spfsrs: SRS0=FAKE=2W=otherdomain.com=test@example.com: the hash is wrong\n"
        "spfsrs: a\\x0ab: the address has no @\n");
  CHECK(got.exit_code == 1);
}

TEST_CASE("spfsrs: lines of standard input, each with its line in the output") {
  const Outcome got = run({"--alias=example.com"}, "test@otherdomain.com\nnobody\n\n<>\r\n" + std::string(5000, 'a') +
                                                       "\n\"a b\"@otherdomain.com\ntest@example.com");
  CHECK(got.out == kRewritten + "\n\n\n<>\n\n\"SRS0=Po3q=2W=otherdomain.com=a b\"@example.com\ntest@example.com\n");
  CHECK(got.err == "spfsrs: nobody: the address has no @\nspfsrs: a line is longer than 4096 bytes\n");
  CHECK(got.exit_code == 1);
  CHECK(run({"--reverse"}, kRewritten + "\r\n").out == "test@otherdomain.com\n");
  CHECK(run({"--reverse"}, "").exit_code == 0);
  CHECK(run({"--reverse"}, "").out == "");
  std::string many;
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    many += kRewritten + "\n";
    expected += "test@otherdomain.com\n";
  }
  const Outcome all = run({"--reverse"}, many);
  CHECK(all.exit_code == 0);
  CHECK(all.out == expected);
}

TEST_CASE("spfsrs: secrets of a file") {
  const Folder folder;
  const std::string file = folder.file("secrets", "# ours\n\ntops3cr3t\nold\n");
  const Words forward = {"--date=2020-01-01", "--alias=example.com", "test@otherdomain.com"};
  const auto with = [](Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const Outcome got = run_srs(with(forward, {"--secretfile=" + file}));
  CHECK(got.out == kRewritten + "\n");
  CHECK(got.err == "");
  // --secret comes before the file.
  const Outcome other = run_srs(with(forward, {"--secretfile", file, "--secret", "other"}));
  CHECK(other.out != kRewritten + "\n");
  const Words reverse = {"--date=2020-01-01", "--reverse", "--secretfile", file};
  CHECK(run_srs(with(reverse, {"--secret=other", kRewritten})).out == "test@otherdomain.com\n");
  // Signed by Mail::SRS with the same file, whose line ends it keeps.
  CHECK(run_srs(with(reverse, {"SRS0=FHfC=2W=otherdomain.com=test@example.com"})).out == "test@otherdomain.com\n");

  const Outcome open = run_srs(with(forward, {"--secretfile=" + folder.file("open", "tops3cr3t\n", 0644)}));
  CHECK(open.out == kRewritten + "\n");
  CHECK(open.err.find("mode 0644 lets others read or change the secrets") != std::string::npos);
  CHECK(run_srs(with(forward, {"--secretfile=" + folder.file("group", "tops3cr3t\n", 0640)})).err == "");

  const auto refused = [&](const std::string& path, std::string_view why) {
    const Outcome outcome = run_srs(with(forward, {"--secretfile=" + path}));
    CHECK(outcome.exit_code == 255);
    CHECK(outcome.out == "");
    CHECK(outcome.err.find(why) != std::string::npos);
  };
  refused(folder.path("none"), "none: cannot be read: No such file or directory");
  refused(folder.path("."), "cannot be read: Is a directory");
  refused(folder.file("empty", "# nothing\n"), "there is no secret in the file");
  refused(folder.file("binary", std::string("a\0b\n", 4)), "the file of secrets is not text");
  refused(folder.file("long", std::string(70'000, 'a')), "the file of secrets is longer than 64 KiB");
  refused(folder.file("line", std::string(2000, 'a')), "a secret must have 1 to 1024 bytes");
}

TEST_CASE("a new file of secrets holds one, is readable by its owner only, and replaces nothing") {
  const Folder folder;
  const std::string path = folder.path("new");
  CHECK_FALSE(io::create_secret_file(path).has_value());
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  const std::string text = srs_test::read_file(path);
  const auto secrets = srs::parse_secrets(text);
  REQUIRE(secrets.ok());
  REQUIRE(secrets->secrets.size() == 1);
  CHECK(secrets->secrets.front().size() == 32);
  const auto read = io::read_secret_file(path);
  REQUIRE(read.ok());
  CHECK(read->text == text);
  CHECK(read->warning == "");

  CHECK(io::create_secret_file(path) == "cannot be made: File exists");
  CHECK(srs_test::read_file(path) == text);
  CHECK_FALSE(io::create_secret_file(folder.path("second")).has_value());
  CHECK(srs_test::read_file(folder.path("second")) != text);
  CHECK(io::create_secret_file(folder.path("no/where")) == "cannot be made: No such file or directory");
}

TEST_CASE("spfsrs: bad usage") {
  const auto refused = [](const Words& words, std::string_view why) {
    CAPTURE(joined(words));
    const Outcome got = run_srs(words, "test@otherdomain.com\n");
    CHECK(got.exit_code == 255);
    CHECK(got.out == "");
    CHECK(got.err.starts_with("spfsrs: "));
    CAPTURE(got.err);
    CHECK(got.err.find(why) != std::string::npos);
  };
  refused({}, "an alias is needed");
  refused({"--alias=example.com"}, "there is no secret");
  refused({"--reverse"}, "there is no secret");
  refused({"--secret=s", "test@otherdomain.com"}, "an alias is needed");
  refused({"--secret=s", "--forward", "--reverse"}, "exclude each other");
  refused({"--secret=", "--reverse"}, "a secret must have 1 to 1024 bytes");
  refused({"--secret=s", "--reverse", "--separator=_"}, "is not one of: = + -");
  refused({"--secret=s", "--reverse", "--separator="}, "is not one of: = + -");
  refused({"--secret=s", "--reverse", "--separator==="}, "is not one of: = + -");
  refused({"--secret=s", "--reverse", "--hashlength=0"}, "not a number from 1 to 27");
  refused({"--secret=s", "--reverse", "--hashlength=28"}, "not a number from 1 to 27");
  refused({"--secret=s", "--reverse", "--hashlength=x"}, "not a number from 1 to 27");
  refused({"--secret=s", "--reverse", "--min-hash=5"}, "greater than the length that is written");
  refused({"--secret=s", "--reverse", "--maxage=0"}, "not a number from 1 to 1023");
  refused({"--secret=s", "--reverse", "--maxage=1024"}, "not a number from 1 to 1023");
  for (const char* date :
       {"", "today", "2020-13-01", "2020-02-30", "2020-1-01", "1969-12-31", "2020-01-01-01", "02020-01-01", "2020-01-+1"}) {
    refused({"--secret=s", "--reverse", std::string("--date=") + date}, "is not a day such as");
  }
  refused({"--nonsense"}, "--nonsense: there is no such option");
  refused({"--s=1"}, "it is ambiguous");
  refused({"--reverse=1"}, "the option takes no value");
  refused({"--alias"}, "--alias: the value is missing");
  refused({"-x"}, "there is no such option");
  const Outcome got = run({"--alias=a b", "test@otherdomain.com"});
  CHECK(got.exit_code == 1);
  CHECK(got.err == "spfsrs: test@otherdomain.com: the alias has no domain\n");
}

TEST_CASE("spfsrs: an output that cannot be written is an error") {
  const Outcome words = run_srs({"--secret=tops3cr3t", "--alias=example.com", "test@otherdomain.com"}, "", "/dev/full");
  CHECK(words.exit_code == 255);
  CHECK(words.err == "spfsrs: the output cannot be written\n");
  CHECK(run_srs({"--secret=tops3cr3t", "--alias=example.com"}, "test@otherdomain.com\n", "/dev/full").exit_code == 255);
  CHECK(run_srs({"--help"}, "", "/dev/full").exit_code == 255);
}

TEST_CASE("spfsrs: help, version, and a manual page with every option") {
  const Outcome help = run_srs({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.err == "");
  const std::string manual = srs_test::read_file("man/spfsrs.1");
  for (const options::Row* known : spfsrs::option_table()) {
    const options::Row& row = *known;
    CAPTURE(row.name);
    CHECK(help.out.find("\n  --" + std::string(row.name) + (row.argument.empty() ? "\n" : "=")) != std::string::npos);
    CHECK(manual.find("\n.It Fl Fl " + std::string(row.name) + (row.argument.empty() ? "\n" : " Ns = Ns Ar ")) !=
          std::string::npos);
  }
  support::check_defaults_in_help(spfsrs::option_table(), spfsrs::Options());
  CHECK(support::check_defaults_in_page(manual, spfsrs::option_table()) >= 3);
  std::size_t items = 0;
  for (std::size_t at = 0; (at = manual.find("\n.It Fl Fl ", at)) != std::string::npos; ++at) ++items;
  CHECK(items == spfsrs::option_table().size());
  const Outcome version = run_srs({"--version", "--nonsense"});
  CHECK(version.out == "spfsrs " + std::string(base::kVersion) + "\n");
  CHECK(version.exit_code == 0);
  // The examples of the manual page.
  CHECK(manual.find("$ spfsrs --secret=tops3cr3t --date=2020-01-01 --alias=example.com test@otherdomain.com\n" + kRewritten +
                    "\n") != std::string::npos);
}

}  // namespace
