#include "t/bench/world.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

#include "common/base/text.h"

namespace bench {

namespace {

constexpr std::uint32_t kTtl = 86400;

struct Kind {
  std::string_view record;
  std::string_view result;
};
constexpr std::array<Kind, 4> kKinds = {{
    {"v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 ip4:192.0.2.0/24 -all", "pass"},
    {"v=spf1 ip4:198.51.100.0/24 include:shared.bench.example -all", "fail"},
    {"v=spf1 include:shared.bench.example mx ~all", "softfail"},
    {"v=spf1 a mx include:shared.bench.example ?all", "neutral"},
}};

// Returns the number after a letter: "d17" -> 17.
std::optional<unsigned long> number_after(std::string_view label, char letter) {
  if (label.empty() || label.front() != letter) return std::nullopt;
  return base::parse_number(label.substr(1), 1'000'000'000);
}

dns::Answer text(std::string value) {
  dns::Answer answer;
  answer.ttl = kTtl;
  answer.texts.push_back(std::move(value));
  return answer;
}

dns::Answer nothing(dns::Status status) {
  dns::Answer answer;
  answer.status = status;
  answer.ttl = kTtl;
  return answer;
}

// "six-x" -> "six" and "-x".
struct Label {
  std::string_view name;
  std::string_view tag;
};
Label label_of(std::string_view label) {
  const auto dash = std::min(label.find('-'), label.size());
  return {label.substr(0, dash), label.substr(dash)};
}

std::string includes(std::initializer_list<std::string_view> labels, std::string_view tag) {
  std::string terms;
  for (const std::string_view label : labels) terms += fmt::format(" include:{}{}{}", label, tag, kZone);
  return terms;
}

// Returns the record of a domain with many commercial senders, or of one of those.
std::string market_record(std::string_view name, std::string_view tag) {
  constexpr std::string_view kNetworks = "v=spf1 ip4:198.51.100.0/25 ip4:203.0.113.0/24 ip6:2001:db8:1::/48 ~all";
  if (name == "market") return "v=spf1 a mx" + includes({"ga", "gb", "gc", "gd"}, tag) + " ~all";
  if (name == "ga") return "v=spf1" + includes({"gaa", "gab", "gac"}, tag) + " ~all";
  if (name == "gd") return "v=spf1 ip4:203.0.113.0/24" + includes({"gda"}, tag) + " -all";
  if (name == "gda") return "v=spf1 ip4:203.0.113.0/24 ip4:192.0.2.0/24 -all";
  return name == "gb" || name == "gc" || name == "gaa" || name == "gab" || name == "gac" ? std::string(kNetworks) : "";
}

std::string record_of(std::string_view label) {
  const auto [name, tag] = label_of(label);
  if (name == "shared") return "v=spf1 ip4:198.51.100.0/25 ip4:203.0.113.128/25 ip6:2001:db8:1::/48 -all";
  if (name == "six") return "v=spf1" + includes({"i0", "i1", "i2", "i3", "i4", "i5"}, tag) + " mx -all";
  if (name == "nested") return "v=spf1" + includes({"n1"}, tag) + " -all";
  if (const auto i = number_after(name, 'i')) return fmt::format("v=spf1 ip4:203.0.113.{} -all", *i);
  if (const auto n = number_after(name, 'n')) {
    return *n < 6 ? fmt::format("v=spf1 include:n{}{}{} -all", *n + 1, tag, kZone) : "v=spf1 ip4:192.0.2.0/24 -all";
  }
  if (const auto d = number_after(name, 'd')) return std::string(kKinds[*d % kKinds.size()].record);
  return market_record(name, tag);
}

int mx_hosts(std::string_view name) { return name == "six" ? 4 : name == "market" ? 2 : 1; }

}  // namespace

std::string domain(std::uint64_t number) { return fmt::format("d{}{}", number, kZone); }

Check check(std::uint64_t number) { return {domain(number), std::string(kClient), kKinds[number % kKinds.size()].result}; }

std::vector<dns::Question> questions_of(std::uint64_t number) {
  const std::string_view record = kKinds[number % kKinds.size()].record;
  const dns::Name name = *dns::Name::parse(domain(number));
  std::vector<dns::Question> questions = {{name, dns::Type::txt}};
  if (record.find(" a ") != std::string_view::npos) questions.push_back({name, dns::Type::a});
  if (record.find(" mx ") != std::string_view::npos) questions.push_back({name, dns::Type::mx});
  return questions;
}

const std::vector<Deep>& deep_records() {
  static const std::vector<Deep> records = {
      {"six", "six includes and an mx of four hosts", "fail"},
      {"nested", "six includes, one in the other", "pass"},
      {"market", "a, mx, and eight includes in two layers", "pass"},
  };
  return records;
}

dns::Answer answer(const dns::Question& question) {
  const std::string_view name = question.name.text();
  if (!name.ends_with(kZone)) return nothing(dns::Status::name_error);
  const std::string_view label = name.substr(0, name.size() - kZone.size());
  switch (question.type) {
    case dns::Type::txt: {
      std::string record = record_of(label);
      return record.empty() ? nothing(dns::Status::name_error) : text(std::move(record));
    }
    case dns::Type::mx: {
      dns::Answer answer = nothing(dns::Status::ok);
      for (int i = 0; i < mx_hosts(label_of(label).name); ++i)
        answer.names.push_back(fmt::format("m{}{}{}", i, label_of(label).tag, kZone));
      return answer;
    }
    case dns::Type::a: {
      dns::Answer answer = nothing(dns::Status::ok);
      answer.addresses.push_back(*base::IpAddress::parse("198.51.100.250"));
      return answer;
    }
    default: return nothing(dns::Status::ok);
  }
}

}  // namespace bench
