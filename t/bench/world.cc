#include "t/bench/world.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "common/base/text.h"

namespace bench {

namespace {

constexpr std::string_view kZone = ".bench.example";
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

// The number behind a letter: "d17" -> 17.
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

std::string record_of(std::string_view label) {
  if (label == "shared") return "v=spf1 ip4:198.51.100.0/25 ip4:203.0.113.128/25 ip6:2001:db8:1::/48 -all";
  if (label == "six") {
    std::string record = "v=spf1";
    for (int i = 0; i < 6; ++i) record += fmt::format(" include:i{}{}", i, kZone);
    return record + " mx -all";
  }
  if (label == "nested") return fmt::format("v=spf1 include:n1{} -all", kZone);
  if (const auto i = number_after(label, 'i')) return fmt::format("v=spf1 ip4:203.0.113.{} -all", *i);
  if (const auto n = number_after(label, 'n')) {
    return *n < 6 ? fmt::format("v=spf1 include:n{}{} -all", *n + 1, kZone) : "v=spf1 ip4:192.0.2.0/24 -all";
  }
  if (const auto d = number_after(label, 'd')) return std::string(kKinds[*d % kKinds.size()].record);
  return {};
}

}  // namespace

std::string domain(std::uint64_t number) { return fmt::format("d{}{}", number, kZone); }

std::string_view expected_result(std::uint64_t number) { return kKinds[number % kKinds.size()].result; }

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
      for (int i = 0; i < (label == "six" ? 4 : 1); ++i) answer.names.push_back(fmt::format("m{}{}", i, kZone));
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
