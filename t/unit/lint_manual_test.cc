// spf-lint(7) is made from the table of findings.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/lint/finding_kinds.h"

namespace {

constexpr std::string_view kBegin = R"(.Dd November 26, 2026
.Dt SPF-LINT 7
.Os
.Sh NAME
.Nm spf-lint
.Nd findings of the examination of an SPF record
.Sh DESCRIPTION
.Ql spfquery --lint
examines the SPF record of a domain with all records that it leads to, for every IPv4 and IPv6 client, and reports findings.
Each finding has an id that does not change from version to version, and a severity:
.Bl -tag -width warning -compact
.It error
Legitimate mail fails, or every client may send mail for the domain.
.It warning
The record is weak or fragile.
.It info
A matter of tidiness.
.El
.Pp
DNS terms are counted as in RFC 7208 section 4.6.4: include, a, mx, ptr, exists and redirect count once each, wherever
they are; exp and the addresses of MX hosts are not DNS terms.
The counts are those of the client for which most terms are evaluated: one that no early term matches.
.Pp
The examination itself is bounded: 300 records, 1000 DNS questions, 5000 terms, 20,000 addresses of hosts, 500 findings,
20 hosts per mx, and 20 million steps over networks, per family and again to compare the terms.
Anything beyond these bounds is not looked up, and the report says so.
If there are more than 500 findings, the most severe are shown and the others counted.
DNS questions that no check asks, such as the one for records of type SPF, do not count; the report does not mention it if they
fail.
In the entries below, E, W and I are the severities error, warning and info.
The examples are records of example.com, or lines of its zone with the options that are needed.
)";

constexpr std::string_view kEnd = R"(.Sh FILES
.Bl -tag -width Ds
.It Pa /usr/local/share/spfd/lint-networks
Networks and platforms that many customers share: the findings K05 and K06.
The program looks for it in
.Pa ../share/spfd
from its own folder.
.Fl Fl networks Ar file
names another file.
A file that is older than 180 days is ignored, since networks change hands.
Each line is empty, a comment
.Pq # ,
or one of:
.Bl -tag -width Ds
.It Li date Ar 2026\-11\-26
The day on which the content was last verified; this line must occur exactly once.
.It Li platform Ar domain text
A sending platform whose record is
.Ar domain
or a name below it: any customer can send mail that passes for a domain that includes it.
.It Li network Ar address/length text
A network of a cloud, a proxy or a content delivery network.
.El
.Pp
A file may have 20,000 entries.
The text, of 120 bytes at most, is shown in findings.
.El
.Sh SEE ALSO
.Xr spfquery 1 ,
.Xr spfd 8
.Sh STANDARDS
RFC 7208, RFC 8616.
)";

std::string_view family_name(char family) {
  switch (family) {
    case 'P': return "Publication";
    case 'S': return "Syntax";
    case 'B': return "Limits of a check";
    case 'L': return "Logic of the terms";
    case 'K': return "Clients that pass";
    default: return "The site around the record";
  }
}

std::string escaped(std::string_view text) {
  constexpr std::string_view kSection = "\u00a7";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with(kSection)) {
      out += "section ";
      i += kSection.size() - 1;
    } else if (text.substr(i).starts_with(". ")) {  // mdoc begins each sentence on a line of its own
      out += ".\n";
      ++i;
    } else if (text[i] == '\\') {
      out += "\\e";
    } else if (text[i] == '-') {
      out += "\\-";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string example(std::string_view record) {
  if (record.find('\n') != std::string_view::npos || record.find(" TXT ") != std::string_view::npos) {
    std::string out = ".Bd -literal -offset indent -compact\n";
    for (std::string_view rest = record; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      out += fmt::format("\\&{}\n", escaped(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out + ".Ed\n";
  }
  std::string text = base::printable(record);
  if (text.starts_with(' ')) text = '"' + text + '"';
  return fmt::format(".Dl \\&{}\n", escaped(text));
}

std::string entry(const lint::FindingKind& kind) {
  std::string out = fmt::format(".It Sy {} Pq {} , {}\n{}.\n", kind.id, lint::severity_name(kind.severity), escaped(kind.section),
                                escaped(kind.what));
  if (!kind.note.empty()) out += escaped(kind.note) + '\n';
  out += fmt::format("Repair: {}.\n", escaped(kind.fix));
  if (!kind.example.empty()) out += example(kind.example) + "becomes\n" + example(kind.repaired);
  return out;
}

std::string manual() {
  std::string out(kBegin);
  out += ".Sh FINDINGS\n";
  char family = 0;
  for (const lint::FindingKind& kind : lint::finding_kinds()) {
    if (kind.id.front() != family) {
      if (family != 0) out += ".El\n";
      family = kind.id.front();
      out += fmt::format(".Ss {}\n.Bl -tag -width Ds\n", family_name(family));
    }
    out += entry(kind);
  }
  out += ".El\n";
  return out += kEnd;
}

TEST_CASE("spf-lint(7) and the table of findings are the same; the page of the table is in build/spf-lint.7") {
  std::ifstream file("man/spf-lint.7");
  std::stringstream page;
  page << file.rdbuf();
  const std::string expected = manual();
  if (page.str() != expected) {
    const char* const build = std::getenv("BUILD");
    std::ofstream(fmt::format("{}/spf-lint.7", build == nullptr ? "build" : build)) << expected;
  }
  CHECK(page.str() == expected);
}

}  // namespace
