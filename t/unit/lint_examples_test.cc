// The examples of the table of findings, which spf-lint(7) shows: each id has a faulty one and the most similar sound one.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <memory>
#include <set>
#include <string>
#include <variant>

#include "common/base/text.h"
#include "common/dns/zone.h"
#include "common/lint/finding_kinds.h"
#include "common/lint/known_networks.h"
#include "t/support/known_answers.h"
#include "t/unit/lint_world.h"

namespace {

using lint_test::Examination;
using lint_test::World;

// An example: lines of a zone, options of spfquery, and answers of servers.
class Example {
 public:
  explicit Example(std::string_view text) {
    if (text.find(" TXT") == std::string_view::npos) {
      world_.txt("example.com", std::string(text));
      return;
    }
    for (const std::string_view line : base::split(text, '\n')) read(line);
    const auto added = zone_.add_file(lines_);
    if (!added) FAIL(added.error().message);
  }

  Examination examine() {
    support::KnownAnswers known;
    Examination out;
    for (spf::Needs needs; !(needs = lint::examine(subject_, known, out.report)).empty();) {
      for (const dns::Question& question : needs.needed) known.add(question, answer(question));
    }
    return out;
  }

 private:
  static std::string_view after(std::string_view line, std::string_view begin) {
    return line.starts_with(begin) ? line.substr(begin.size()) : std::string_view();
  }

  void read(std::string_view line) {
    constexpr std::string_view kAnswers = " answers ";
    constexpr std::string_view kFailure = " TXT SERVFAIL";
    if (const auto value = after(line, "--from "); !value.empty()) {
      subject_.own.push_back(*base::IpAddress::parse(value));
    } else if (const auto helo = after(line, "--helo "); !helo.empty()) {
      subject_.helo = *dns::Name::parse(helo);
    } else if (const auto name = after(line, "--subdomains "); !name.empty()) {
      subject_.subdomains.push_back(*dns::Name::parse(name));
    } else if (const auto known = after(line, "--networks with "); !known.empty()) {
      auto parsed = lint::parse_known_networks(fmt::format("date 2026-11-26\n{}", known));
      REQUIRE(parsed.ok());
      subject_.known = std::make_shared<const lint::KnownNetworks>(*std::move(parsed));
    } else if (line.ends_with(kFailure)) {
      world_.failure(std::string(line.substr(0, line.size() - kFailure.size())), dns::Type::txt);
    } else if (const auto at = line.find(kAnswers); at != std::string_view::npos) {
      add_server(line.substr(0, at), line.substr(at + kAnswers.size()));
    } else if (const auto many = after(line, "$GENERATE 1-"); !many.empty()) {
      generate(many);
    } else {
      lines_.append(line).append("\n");
    }
  }

  // As name servers do: the line with each number instead of "$".
  void generate(std::string_view text) {
    const std::size_t blank = text.find(' ');
    const auto last = base::parse_number(text.substr(0, blank), 100);
    REQUIRE(last);
    for (unsigned long i = 1; i <= *last; ++i) {
      std::string line(text.substr(blank + 1));
      line.replace(line.find('$'), 1, std::to_string(i));
      lines_ += line + '\n';
    }
  }

  void add_server(std::string_view server, std::string_view says) {
    dns::Answer answer = dns::failure_answer("truncated; TCP failed: connection refused", dns::Cause::no_tcp);
    if (says.find('"') != std::string_view::npos) {
      answer = {};
      answer.ttl = 3600;
      const std::size_t quote = says.find('"') + 1;
      answer.texts.emplace_back(says.substr(quote, says.rfind('"') - quote));
      if (subject_.servers.empty()) lines_.append(says).append("\n");  // the resolver asked this one
    }
    subject_.servers.push_back({std::string(server), std::move(answer)});
  }

  dns::Answer answer(const dns::Question& question) {
    const auto found = zone_.find(question);
    if (const auto* const known = std::get_if<dns::Answer>(&found)) return *known;
    const auto& unknown = std::get<dns::Zone::Unknown>(found);
    dns::Answer out = world_.answer(unknown.question);
    out.cnames = unknown.cnames;
    return out;
  }

  World world_ = lint_test::world();
  dns::Zone zone_;
  std::string lines_;
  lint::Subject subject_ = {.domain = *dns::Name::parse("example.com")};
};

TEST_CASE("each finding of the table has an example that shows it, and a repaired one that does not") {
  std::set<std::string_view> ids;
  for (const lint::FindingKind& kind : lint::finding_kinds()) {
    CAPTURE(kind.id);
    CHECK(ids.insert(kind.id).second);
    CHECK(&lint::finding_kind(kind.id) == &kind);
    REQUIRE_FALSE(kind.example.empty());
    REQUIRE_FALSE(kind.repaired.empty());
    CHECK(Example(kind.example).examine().has(kind.id));
    CHECK_FALSE(Example(kind.repaired).examine().has(kind.id));
  }
}

}  // namespace
