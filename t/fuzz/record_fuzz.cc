// SPF records. Input: one TXT string per line; "\n" in a line is a line feed.
#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "common/spf/record.h"
#include "t/fuzz/target.h"

namespace {

std::string unescaped(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line.substr(i, 2) == "\\n") {
      out += '\n';
      ++i;
    } else {
      out += line[i];
    }
  }
  return out;
}

void check_directive(const spf::Directive& directive, const spf::Record& record) {
  fuzz::check(directive.prefix4 <= 32, "an IPv4 prefix has at most 32 bits");
  fuzz::check(directive.prefix6 <= 128, "an IPv6 prefix has at most 128 bits");
  const std::string_view text = record.text_of(directive);
  fuzz::check(!text.empty() && text.find(' ') == std::string_view::npos, "a directive is one word of the record");
  fuzz::check(fuzz::is_printable(text), "a directive is printable");
  const bool is_network = directive.mechanism == spf::Mechanism::ip4 || directive.mechanism == spf::Mechanism::ip6;
  if (is_network) {
    fuzz::check(directive.network.is_v6() == (directive.mechanism == spf::Mechanism::ip6),
                "a network is of its mechanism's family");
  }
  const bool needs_domain = directive.mechanism == spf::Mechanism::include || directive.mechanism == spf::Mechanism::exists;
  if (needs_domain) fuzz::check(record.domain_spec(directive.domain_spec) != nullptr, "include and exists have a domain-spec");
}

void check_record(const spf::Record& record, const std::string& text) {
  fuzz::check(record.text == text, "a record is stored as published");
  for (const auto& directive : record.directives) check_directive(directive, record);
  const bool has_all = std::any_of(record.directives.begin(), record.directives.end(),
                                   [](const auto& directive) { return directive.mechanism == spf::Mechanism::all; });
  if (has_all) fuzz::check(record.redirect == 0, "redirect does not count together with all");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> texts;
  fuzz::Cutter input(data, size);
  while (!input.empty()) texts.push_back(unescaped(input.line()));
  std::size_t good = 0;
  for (const std::string& text : texts) {
    const auto record = spf::parse_record(text);
    if (record) {
      ++good;
      check_record(*record, text);
    } else {
      fuzz::check(!record.error().message.empty(), "a syntax error has a reason");
      fuzz::check(text.find(record.error().term) != std::string::npos, "a syntax error quotes the record");
    }
  }
  const auto policy = spf::select_record(texts);
  if (std::holds_alternative<spf::Record>(policy)) fuzz::check(good == 1, "a record is selected only if it is the only one");
  if (std::holds_alternative<spf::NoRecord>(policy)) fuzz::check(good == 0, "a valid record is found");
  return 0;
}
