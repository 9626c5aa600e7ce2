// Rewrites random senders and reverses the results.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/srs/address.h"
#include "common/srs/fields.h"
#include "common/srs/rewriter.h"
#include "t/support/show.h"
#include "t/unit/srs_rewriter.h"

namespace {

using srs::Config;
using srs::Rewriter;
using srs_rewriter::kAlias;
using srs_rewriter::kDay;
using srs_rewriter::make;
using srs_rewriter::Outcome;
using srs_rewriter::reverse;

// Random local parts and domains from all allowed characters.
class RandomAddresses {
 public:
  std::string next() {
    std::string local;
    if (one_of(6) == 0) {
      local = base::quoted_string(characters("abcXYZ019 .=+-\"\\<>,;:()[]", 12));
    } else if (one_of(5) == 0) {
      local = std::string(one_of(2) == 0 ? "SRS0" : "srs1") + "=+-"[one_of(3)] + characters("abAB01=+-.", 14);
    } else {
      local = characters("abcXYZ019.=+-!#$%&'*/?^_`{|}~", 16) + (one_of(8) == 0 ? "\xc3\xa4" : "");
    }
    return local + "@" + characters("abcXYZ019-", 8) + "." + characters("abcXYZ", 3);
  }
  std::size_t one_of(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }
  std::string characters(std::string_view from, std::size_t most) {
    std::string out;
    for (std::size_t left = 1 + one_of(most); left > 0; --left) out += from[one_of(from.size())];
    return out;
  }

 private:
  std::mt19937 random_{20200101};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same addresses each time
};

TEST_CASE("SRS: random senders are restored with every configuration, until they expire") {
  RandomAddresses addresses;
  int rewritten = 0;
  for (int i = 0; i < 4000; ++i) {
    Config config;
    config.secrets = {addresses.characters("abc\n\xff", 100)};
    config.separator = "=+-"[addresses.one_of(3)];
    config.hash_length = 1 + static_cast<unsigned>(addresses.one_of(27));
    config.accept_exim = addresses.one_of(2) == 0;
    const Rewriter rewriter = make(config);
    const std::string sender = addresses.next();
    const std::uint64_t day = addresses.one_of(100'000);
    CAPTURE(sender);
    const auto result = rewriter.forward(sender, kAlias, day);
    REQUIRE(result.ok());
    if (result->outcome != Outcome::rewritten) continue;
    ++rewritten;
    const std::string& address = result->address;
    CAPTURE(address);
    const std::string content = srs::content_of(address.substr(0, address.rfind('@')));
    const bool is_guarded = content.starts_with("SRS1");
    std::string domain = sender.substr(sender.rfind('@') + 1);
    std::string expected = srs::content_of(sender.substr(0, sender.rfind('@')));
    if (const auto srs1 = srs::parse_srs1(expected); is_guarded && srs1) {
      domain = srs1->host;
      expected = "SRS0" + std::string(srs1->rest);
    } else if (is_guarded) {
      expected.replace(0, 4, "SRS0");
    }
    if (domain.ends_with('.')) domain.pop_back();
    expected = srs::local_part_of(expected) + "@" + domain;
    CHECK(reverse(rewriter, address, day) == expected);
    CHECK(reverse(rewriter, address, day + 21) == expected);
    CHECK(rewriter.reverse(address, day + 22).ok() == is_guarded);
    // Rewritten by a second host and reversed there.
    config.secrets = {"second"};
    const Rewriter second = make(config);
    const auto guarded = second.forward(address, "second.example", day);
    REQUIRE(guarded.ok());
    CHECK(srs::content_of(guarded->address).starts_with("SRS1"));
    if (!is_guarded) CHECK(base::lower(reverse(second, guarded->address, day)) == base::lower(address));
    // The case of letters was lost on the way.
    std::string smashed = address;
    for (char& c : smashed) c = base::to_lower(c);
    CHECK(base::lower(reverse(rewriter, smashed, day)) == base::lower(expected));
  }
  CHECK(rewritten > 3000);
}

TEST_CASE("SRS: an address with one changed character is not restored to another mailbox") {
  RandomAddresses addresses;
  Config config;
  config.secrets = {"tops3cr3t"};
  config.hash_length = 27;
  const Rewriter rewriter = make(config);
  for (int i = 0; i < 500; ++i) {
    const auto result = rewriter.forward(addresses.next(), kAlias, kDay);
    REQUIRE(result.ok());
    std::string changed = result->address;
    const std::size_t at = addresses.one_of(changed.find('@'));
    changed[at] = addresses.characters("aZ0=+-", 1).front();
    const auto turned = rewriter.reverse(changed, kDay);
    CAPTURE(changed);
    if (turned) CHECK(base::lower(*turned) == base::lower(reverse(rewriter, result->address)));
  }
}

TEST_CASE("SRS: one rewriter serves many threads") {
  Config config;
  config.secrets = {"tops3cr3t"};
  const Rewriter rewriter = make(config);
  std::atomic<int> right = 0;
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&rewriter, &right, i] {
      for (int j = 0; j < 500; ++j) {
        const std::string sender = fmt::format("{}.{}@otherdomain.com", i, j);
        const auto forwarded = rewriter.forward(sender, kAlias, kDay);
        const auto reversed = forwarded ? rewriter.reverse(forwarded->address, kDay) : base::failure(forwarded.error());
        right += reversed && *reversed == sender ? 1 : 0;
      }
    });
  }
  threads.clear();
  CHECK(right == 2000);
}

}  // namespace
