// The configuration of sender rewriting.
#include <doctest/doctest.h>

#include <string>

#include "common/srs/config.h"
#include "common/srs/rewriter.h"
#include "common/srs/secrets.h"
#include "common/srs/stamp.h"

namespace {

using srs::Config;

TEST_CASE("SRS: an unusable configuration is refused with a sentence") {
  const auto refused = [](auto change) {
    Config config;
    config.secrets = {"tops3cr3t"};
    change(config);
    const auto rewriter = srs::Rewriter::make(config);
    REQUIRE_FALSE(rewriter.ok());
    CHECK(rewriter.error() != "");
  };
  refused([](Config& c) { c.secrets.clear(); });
  refused([](Config& c) { c.secrets = {""}; });
  refused([](Config& c) { c.old_secrets = {""}; });
  refused([](Config& c) { c.secrets = {std::string(srs::kMaxSecret + 1, 'a')}; });
  refused([](Config& c) { c.separator = '_'; });
  refused([](Config& c) { c.separator = '\0'; });
  refused([](Config& c) { c.hash_length = 0; });
  refused([](Config& c) { c.hash_length = 28; });
  refused([](Config& c) { c.hash_min = 5; });
  refused([](Config& c) { c.max_age_days = 0; });
  refused([](Config& c) { c.max_age_days = srs::kStampDays; });
  refused([](Config& c) { c.rewriting_domain = "a b"; });
  refused([](Config& c) { c.rewriting_domain = ".example.com"; });
  refused([](Config& c) { c.rewriting_domains = {{"a b", "example.com"}}; });
  refused([](Config& c) { c.rewriting_domains = {{"example.com", ""}}; });
  refused([](Config& c) { c.local_domains = {"user@example.com"}; });
  refused([](Config& c) { c.excluded_domains = {"."}; });
}

}  // namespace
