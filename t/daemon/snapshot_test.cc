// Each option has an effect on the snapshot that sessions use.
#include "spfd/make_snapshot.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

#include "common/base/printable.h"
#include "common/options/help.h"
#include "spfd/config/config_file.h"
#include "spfd/config/options.h"
#include "t/daemon/other_values.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

namespace {

using options::Kind;
using options::Row;
using options::When;
using Made = std::shared_ptr<const spfd::Snapshot>;

class Snapshots {
 public:
  Snapshots() {
    files_["why-key-file"] = secret("key", "a key\n");
    files_["srs-secret-file"] = secret("other", "another secret\n");
    files_["shadow-config"] = folder_.write("shadow.conf", "on-fail = \"tag\"\n");
    files_["zone"] = folder_.write("zone", "a.example. IN TXT \"v=spf1 -all\"\n");
  }

  // Makes a snapshot from a file with these lines and with the options that SRS options depend on. Sections come last.
  [[nodiscard]] Made of(const std::string& lines) const {
    const std::string needed = "srs-secret-file = " + base::quoted_string(secret_) + "\nsrs-domain = \"fwd.example\"\n";
    std::string text = needed + lines;
    for (const char* key : {"srs-secret-file = ", "srs-domain = "}) {
      if (lines.starts_with(key)) text.erase(text.find(key), text.find('\n', text.find(key)) + 1 - text.find(key));
    }
    const auto options = spfd::load_options({"--config", folder_.write("spfd.conf", text)});
    if (!options) FAIL(options.error().message);
    const auto made = spfd::make_snapshot(*options);
    if (!made) FAIL(made.error().message);
    return *made;
  }

  // Returns "key = value" with a value other than the default.
  [[nodiscard]] std::string changed(const Row& row) const {
    if (row.kind == Kind::flag) return options::toml_line(row, {"true"});
    if (row.kind == Kind::level) return std::string(row.name) + " = true\n";
    if (const auto file = files_.find(row.name); file != files_.end()) return options::toml_line(row, {file->second});
    for (const auto& [name, value] : options_test::kOtherValues) {
      if (name == row.name) return options::toml_line(row, {value});
    }
    return "";
  }

 private:
  [[nodiscard]] std::string secret(const std::string& name, std::string_view text) const {
    std::string path = folder_.write(name, text);
    ::chmod(path.c_str(), 0600);
    return path;
  }

  const support::TempFolder folder_;
  const std::string secret_ = secret("secret", "tops3cr3t\n");
  std::map<std::string, std::string, std::less<>> files_;
};

TEST_CASE("each option changes the snapshot, or requires a new start") {
  const Snapshots snapshots;
  const Made unchanged = snapshots.of("");
  REQUIRE(*snapshots.of("") == *unchanged);
  for (const Row* row : spfd::option_table()) {
    if (row->when == When::command_line) continue;
    CAPTURE(row->name);
    const std::string line = snapshots.changed(*row);
    if (options::access_of<spfd::Options>(*row).get == nullptr && line.empty()) {
      CHECK(row->when == When::start);  // legacy rows, which set other options
      continue;
    }
    REQUIRE(line != "");
    CHECK((*snapshots.of(line) == *unchanged) == (row->when == When::start));
  }
}

TEST_CASE("each option in a section for a domain changes the snapshot") {
  const Snapshots snapshots;
  for (const std::string section : {"[sender.\"example.com\"]\n", "[recipient.\"*\"]\n"}) {
    const Made empty = snapshots.of(section);
    CHECK(*empty != *snapshots.of(""));
    for (const Row* row : spfd::option_table()) {
      if (!row->for_domains) continue;
      CAPTURE(row->name);
      CHECK(*snapshots.of(section + snapshots.changed(*row)) != *empty);
    }
  }
}

}  // namespace
