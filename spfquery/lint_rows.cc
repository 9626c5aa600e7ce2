// The options of examinations.
#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/io/file.h"
#include "common/options/fields.h"
#include "spfquery/option_rows.h"

namespace spfquery {

namespace {

using options::kAny;
using options::Kind;
using options::Problem;
using options::Values;
using O = Options;

Problem add_own(O& o, const Values& values) {
  constexpr std::size_t kMost = 100;
  for (const std::string& value : values) {
    const auto address = base::IpAddress::parse(value);
    if (!address) return fmt::format("{} is not an IP address", base::in_quotes(value));
    if (o.own.size() == kMost) return fmt::format("more than {} addresses", kMost);
    o.own.push_back(*address);
  }
  return {};
}

Problem read_subdomains(O& o, const Values& v) {
  constexpr std::size_t kMost = 1000;
  const auto text = io::read_file(v.back(), io::FileKind::any);
  if (!text) return text.error();
  for (const std::string_view line : base::split(*text, '\n')) {
    const std::string_view name = base::strip(line);
    if (name.empty() || name.starts_with('#')) continue;
    if (o.subdomains.size() == kMost) return fmt::format("{} has more than {} names", base::in_quotes(v.back()), kMost);
    const auto parsed = parse_examined(name);
    if (!parsed) return parsed.error();
    o.subdomains.push_back(*parsed);
  }
  return {};
}

constexpr Option kLintRows[] = {
    {{.name = "lint",
      .kind = Kind::list,
      .argument = "DOMAIN",
      .heading = "Examining a record",
      .help = "examine the SPF record of DOMAIN, with all records that it leads to, and report its faults; may be given "
              "several times"},
     {add_examined}},
    {{.name = "lint-file",
      .argument = "FILE",
      .help = "examine the domain in each line of FILE, or of standard input (-), and print a line for each"},
     kAny<&O::examined_file>},
    {{.name = "diff",
      .argument = "TEXT",
      .help = "compare the record of the domain with TEXT: which networks gain or lose a pass, and the lookups before and after"},
     kAny<&O::new_record>},
    {{.name = "from",
      .kind = Kind::list,
      .argument = "ADDRESS",
      .help =
          "address from which the domain sends mail, which should pass; may be given several times. With --helo, the HELO name "
          "is checked too"},
     {add_own}},
    {{.name = "subdomains",
      .argument = "FILE",
      .help = "names, one per line, of which those below the domain should have a record if they have a mail server or address"},
     {read_subdomains}},
    {{.name = "authoritative", .kind = Kind::act, .help = "also ask each server of the domain's zone, and compare their records"},
     kOn<&O::authoritative>},
    {{.name = "networks",
      .argument = "FILE",
      .help = "networks and platforms that many customers share, instead of those of the package; see spf-lint(7)"},
     kAny<&O::networks>},
    {{.name = "sarif", .kind = Kind::act, .help = "print the reports as one log of SARIF 2.1.0, for CI systems"}, kOn<&O::sarif>},
};

}  // namespace

void add_lint_rows(options::Rows& rows) { options::add_rows(rows, kLintRows); }

Problem add_examined(O& o, const Values& values) {
  for (const std::string& value : values) {
    const auto name = parse_examined(value);
    if (!name) return name.error();
    o.examined.push_back(*name);
  }
  return {};
}

}  // namespace spfquery
