#include "t/bench/dialect.h"

#include <fmt/core.h>

#include <array>

#include "common/base/text.h"

namespace bench {

namespace {

std::string query_lines(const Check& check, std::uint64_t /*serial*/, bool keep) {
  return fmt::format("ip={}\nhelo={}\nsender=user@{}\n{}\n", check.client, kHelo, check.domain, keep ? "keep=1\n" : "");
}

std::string policy_lines(const Check& check, std::uint64_t serial, bool /*keep*/) {
  // policyd-spf checks a message once, so each request is another message.
  return fmt::format(
      "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address={}\nhelo_name={}\nsender=user@{}\n"
      "recipient=user@example.org\ninstance={:x}\n\n",
      check.client, kHelo, check.domain, serial);
}

std::size_t to_empty_line(std::string_view input, bool /*at_end*/) {
  const auto end = input.find("\n\n");
  return end == std::string_view::npos ? 0 : end + 2;
}

std::size_t to_end(std::string_view input, bool at_end) { return at_end ? input.size() : 0; }

// Seven lines; the last one is "error=...".
std::size_t to_error_line(std::string_view input, bool /*at_end*/) {
  const auto line = input.find("\nerror=");
  const auto end = line == std::string_view::npos ? line : input.find('\n', line + 1);
  return end == std::string_view::npos ? 0 : end + 1;
}

bool opens_with_result(std::string_view answer, std::string_view result) {
  return answer.starts_with(fmt::format("result={}\n", result));
}
bool is_bare(std::string_view answer, std::string_view /*result*/) { return opens_with_result(answer, "bare"); }
bool has_result_line(std::string_view answer, std::string_view result) {
  const bool has_word = result == "pass" || result == "fail" || result == "softfail" || result == "neutral";
  return answer.find(fmt::format("\nresult={}\n", has_word ? result : "unknown")) != std::string_view::npos;
}
bool is_action(std::string_view answer, std::string_view result) {
  if (result == "fail") return answer.starts_with("action=550 5.7.23 ");
  const std::string_view start = "action=prepend Received-SPF: ";
  return base::starts_with_ignoring_case(answer, start) && base::starts_with_ignoring_case(answer.substr(start.size()), result);
}

constexpr std::array<Dialect, 5> kDialects = {{
    {"spfd", true, query_lines, to_empty_line, opens_with_result},
    {"bare", true, query_lines, to_empty_line, is_bare},
    {"mail-spf", true, query_lines, to_end, opens_with_result},
    {"libspf2", false, query_lines, to_error_line, has_result_line},
    {"policy", true, policy_lines, to_empty_line, is_action},
}};

}  // namespace

const Dialect* find_dialect(std::string_view name) {
  for (const Dialect& dialect : kDialects) {
    if (dialect.name == name) return &dialect;
  }
  return nullptr;
}

}  // namespace bench
