// Sender rewriting with one secret on one day, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "common/srs/hash.h"
#include "common/srs/rewriter.h"
#include "common/srs/stamp.h"

namespace srs_rewriter {

using srs::Config;
using srs::Reason;
using srs::Rewriter;
using Outcome = srs::Forwarded::Outcome;

inline constexpr std::uint64_t kDay = srs::day_of(1577836860);
inline constexpr std::string_view kAlias = "example.com";

inline Config with_secret() {
  Config config;
  config.secrets = {"tops3cr3t"};
  return config;
}

inline Rewriter make(const Config& config = with_secret()) {
  auto rewriter = Rewriter::make(config);
  REQUIRE(rewriter.ok());
  return *rewriter;
}

// Signs with the same secret.
inline std::string sign(std::string_view text) {
  const auto key = srs::Key::make(srs::Key::Form::mail_srs, "tops3cr3t");
  REQUIRE(key.has_value());
  return key->sign(text).value_or("");
}

inline std::string forward(const Rewriter& rewriter, std::string_view sender, std::string_view alias = kAlias,
                           std::uint64_t day = kDay) {
  const auto result = rewriter.forward(sender, alias, day);
  return result ? result->address : "refused: " + result.error().text;
}
inline std::string reverse(const Rewriter& rewriter, std::string_view address, std::uint64_t day = kDay) {
  const auto result = rewriter.reverse(address, day);
  return result ? *result : "refused: " + result.error().text;
}
inline Outcome outcome(const Rewriter& rewriter, std::string_view sender, std::string_view alias = kAlias) {
  const auto result = rewriter.forward(sender, alias, kDay);
  REQUIRE(result.ok());
  CHECK((result->outcome == Outcome::rewritten) == (result->address != sender));
  return result->outcome;
}
inline Reason why_not_forward(const Rewriter& rewriter, std::string_view sender, std::string_view alias = kAlias) {
  const auto result = rewriter.forward(sender, alias, kDay);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().text != "");
  return result.error().reason;
}
inline Reason why_not_reverse(const Rewriter& rewriter, std::string_view address, std::uint64_t day = kDay) {
  const auto result = rewriter.reverse(address, day);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().text != "");
  return result.error().reason;
}

}  // namespace srs_rewriter
