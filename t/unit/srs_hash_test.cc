// The stamp, the hash and the secrets, which decide whether an SRS address is reversed.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "common/srs/hash.h"
#include "common/srs/rewriter.h"
#include "common/srs/secrets.h"
#include "common/srs/stamp.h"
#include "t/support/show.h"
#include "t/unit/srs_rewriter.h"

namespace {

using srs::Config;
using srs::Reason;
using srs::Rewriter;
using srs_rewriter::forward;
using srs_rewriter::kDay;
using srs_rewriter::make;
using srs_rewriter::reverse;
using srs_rewriter::sign;
using srs_rewriter::why_not_reverse;
using srs_rewriter::with_secret;

TEST_CASE("SRS: the day stamp counts days modulo 1024 in base32") {
  CHECK(kDay == 18262);
  CHECK(srs::make_stamp(kDay) == "2W");
  CHECK(srs::make_stamp(0) == "AA");
  CHECK(srs::make_stamp(1023) == "77");
  CHECK(srs::make_stamp(1024) == "AA");
  for (std::uint64_t day = 0; day < srs::kStampDays; ++day) {
    const std::string stamp = srs::make_stamp(day);
    CHECK(srs::parse_stamp(stamp) == day);
    CHECK(srs::parse_stamp(base::lower(stamp)) == day);
    CHECK(srs::stamp_age(static_cast<unsigned>(day), day + 21) == 21);
    CHECK(srs::stamp_age(static_cast<unsigned>(day), day + 1024) == 0);
  }
  CHECK(srs::stamp_age(5, 4) == 1023);
}

TEST_CASE("SRS: a stamp is exactly two characters of base32 (postsrsd, CVE-2020-35573)") {
  for (const std::string_view stamp : {"", "2", "2WW", "21", "08", "2=", "\xc3\xa4", "==", "2 "}) {
    CAPTURE(stamp);
    CHECK_FALSE(srs::parse_stamp(stamp).has_value());
  }
  CHECK_FALSE(srs::parse_stamp(std::string(1'000'000, 'A')).has_value());
  const Rewriter rewriter = make();
  for (const std::size_t size : {1U, 3U, 64U, 1000U, 1'000'000U}) {
    // Also with a right hash.
    const std::string stamp(size, 'A');
    const std::string hash = sign(stamp + "otherdomain.comtest").substr(0, 4);
    const std::string address = fmt::format("SRS0={}={}=otherdomain.com=test@example.com", hash, stamp);
    CHECK(why_not_reverse(rewriter, address) == Reason::stamp_form);
  }
}

TEST_CASE("SRS: an address is reversed for 21 days; one of the future never") {
  const Rewriter rewriter = make();
  CHECK(reverse(rewriter, "SRS0=qyfZ=2B=otherdomain.com=test@example.com") == "test@otherdomain.com");
  CHECK(why_not_reverse(rewriter, "SRS0=g4hs=2A=otherdomain.com=test@example.com") == Reason::stamp_age);
  CHECK(why_not_reverse(rewriter, "SRS0=te87=T7=otherdomain.com=test@example.com") == Reason::stamp_age);
  CHECK(why_not_reverse(rewriter, "SRS0=c1l4=2X=otherdomain.com=test@example.com") == Reason::stamp_future);
  CHECK(rewriter.reverse("SRS0=g4hs=2A=otherdomain.com=test@example.com", kDay).error().text ==
        "the day stamp is 22 days old; at most 21 are accepted");
  CHECK(rewriter.reverse("SRS0=c1l4=2X=otherdomain.com=test@example.com", kDay).error().text == "the day stamp is in the future");

  Config config = with_secret();
  for (const unsigned age : {1U, 21U, 100U, 1022U}) {
    config.max_age_days = age;
    const Rewriter one = make(config);
    for (std::uint64_t days = 0; days < srs::kStampDays; ++days) {
      CAPTURE(days);
      const auto result = one.reverse("SRS0=vmyz=2W=otherdomain.com=test@example.com", kDay + days);
      CHECK(result.ok() == (days <= age));
    }
  }
}

TEST_CASE("SRS: a forged or cut hash is refused, and so is a longer one with a wrong character") {
  const Rewriter rewriter = make();
  CHECK(why_not_reverse(rewriter, "SRS0=FAKE=2W=otherdomain.com=test@example.com") == Reason::hash);
  CHECK(why_not_reverse(rewriter, "SRS0=vmy=2W=otherdomain.com=test@example.com") == Reason::hash_length);
  CHECK(why_not_reverse(rewriter, "SRS0==2W=otherdomain.com=test@example.com") == Reason::hash_length);
  CHECK(why_not_reverse(rewriter, "SRS0=vmyzXXXX=2W=otherdomain.com=test@example.com") == Reason::hash);
  CHECK(why_not_reverse(rewriter, "SRS0=vmyz7BwaV7BFsJiaZTJeJaQF2Ys7=2W=otherdomain.com=test@example.com") == Reason::hash);
  CHECK(why_not_reverse(rewriter, "SRS0=" + std::string(100'000, 'v') + "=2W=otherdomain.com=test@example.com") == Reason::hash);
  CHECK(why_not_reverse(rewriter, "SRS1=FAKE=thirddomain.com==opaque+string@example.com") == Reason::hash);
  CHECK(why_not_reverse(rewriter, "SRS1=JIB=thirddomain.com==opaque+string@example.com") == Reason::hash_length);
  // A hashed field was changed.
  CHECK(why_not_reverse(rewriter, "SRS0=vmyz=2W=otherdomain.com=tess@example.com") == Reason::hash);
  CHECK(why_not_reverse(rewriter, "SRS0=vmyz=2W=otherdomain.con=test@example.com") == Reason::hash);
  CHECK(why_not_reverse(rewriter, "SRS0=vmyz=2V=otherdomain.com=test@example.com") == Reason::hash);
  CHECK(why_not_reverse(rewriter, "SRS1=JIBX=thirddomain.com=+opaque+string@example.com") == Reason::hash);

  Config config = with_secret();
  config.hash_length = 8;
  CHECK(why_not_reverse(make(config), "SRS0=vmyz=2W=otherdomain.com=test@example.com") == Reason::hash_length);
  config.hash_min = 4;
  CHECK(reverse(make(config), "SRS0=vmyz=2W=otherdomain.com=test@example.com") == "test@otherdomain.com");
}

TEST_CASE("SRS: hashes with any bit flipped are refused") {
  const std::string full = sign("2Wotherdomain.comtest");
  CHECK(full.size() == srs::kMaxHash);
  CHECK(srs::matches_ignoring_case("", full));
  CHECK(srs::matches_ignoring_case("VMYZ", full));
  CHECK(srs::matches_ignoring_case(full, full));
  CHECK_FALSE(srs::matches_ignoring_case(full + "A", full));
  CHECK(crypto::matches("vmyz", full));
  CHECK_FALSE(crypto::matches("vmyZ", full));
  CHECK_FALSE(crypto::matches(full + "A", full));
  for (std::size_t at = 0; at < full.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = full;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
      const bool only_case = base::lower(changed) == base::lower(full);
      CHECK(srs::matches_ignoring_case(changed, full) == only_case);
      CHECK_FALSE(crypto::matches(changed, full));
    }
  }
}

TEST_CASE("SRS: the first secret signs, all secrets verify") {
  Config config = with_secret();
  config.secrets = {"new", "tops3cr3t"};
  config.old_secrets = {"ancient"};
  const Rewriter rewriter = make(config);
  CHECK(forward(rewriter, "test@otherdomain.com") != "SRS0=vmyz=2W=otherdomain.com=test@example.com");
  CHECK(reverse(rewriter, forward(rewriter, "test@otherdomain.com")) == "test@otherdomain.com");
  CHECK(reverse(rewriter, "SRS0=vmyz=2W=otherdomain.com=test@example.com") == "test@otherdomain.com");
  config.secrets = {"ancient"};
  CHECK(reverse(rewriter, forward(make(config), "test@otherdomain.com")) == "test@otherdomain.com");
  config.secrets = {"of somebody else"};
  CHECK(why_not_reverse(rewriter, forward(make(config), "test@otherdomain.com")) == Reason::hash);
}

TEST_CASE("SRS: secrets of a file, read as srsd reads them") {
  const auto found = srs::parse_secrets("# the new one\ntops3cr3t\n\n  \r\nold \t\r\n inner blank \nlast");
  REQUIRE(found.ok());
  CHECK(found->secrets == std::vector<std::string>{"tops3cr3t", "old", " inner blank", "last"});
  CHECK(found->old_secrets == std::vector<std::string>{"tops3cr3t\n", "old \t\r\n", " inner blank \n"});
  for (const std::string_view text :
       {std::string_view(), std::string_view("\n\n"), std::string_view("# only\n#x"), std::string_view("a\0b", 3),
        std::string_view(" \t \r"), std::string_view(" # the new one\nsecret"), std::string_view("secret\n\t#old"),
        std::string_view("\xEF\xBB\xBF# the new one\nsecret"), std::string_view("secret\n\xEF\xBB\xBF# old"),
        std::string_view("\xC2\xA0# the new one\nsecret"), std::string_view("\v# the new one\nsecret")}) {
    CHECK_FALSE(srs::parse_secrets(text).ok());
  }
  CHECK_FALSE(srs::parse_secrets(std::string(srs::kMaxSecretFile + 1, 'a')).ok());

  // An address that srsd made with the same file is reversed.
  Config config;
  config.secrets = found->secrets;
  config.old_secrets = found->old_secrets;
  CHECK(reverse(make(config), "SRS0=FHfC=2W=otherdomain.com=test@example.com") == "test@otherdomain.com");
  CHECK(forward(make(config), "test@otherdomain.com") == "SRS0=vmyz=2W=otherdomain.com=test@example.com");
}

TEST_CASE("SRS: hashes without a slash, by option; both forms verify") {
  Config config = with_secret();
  config.hash_length = 27;
  config.hash_has_slash = false;
  config.always_rewrite = true;
  const Rewriter without = make(config);
  config.hash_has_slash = true;
  const Rewriter with = make(config);
  int slashes = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string sender = fmt::format("user{}@otherdomain.com", i);
    const std::string plain = forward(without, sender);
    std::string slash = forward(with, sender);
    CHECK(plain.find('/') == std::string::npos);
    for (const Rewriter& rewriter : {with, without}) {
      CHECK(reverse(rewriter, plain) == sender);
      CHECK(reverse(rewriter, slash) == sender);
      CHECK(reverse(rewriter, base::lower(plain)) == sender);
    }
    slashes += slash.find('/') != std::string::npos ? 1 : 0;
    std::replace(slash.begin(), slash.end(), '/', '_');
    CHECK(slash == plain);
  }
  CHECK(slashes > 20);
  CHECK(forward(with, "test@example.com").starts_with("SRS0=e/ne"));
  CHECK(forward(without, "test@example.com").starts_with("SRS0=e_ne"));
  CHECK(forward(without, "SRS0=opaque+string@otherdomain.com").find('/') == std::string::npos);
  // It does not verify for any other hash.
  CHECK(why_not_reverse(with, "SRS0=vmy_7BwaV7BFsJiaZTJeJaQF2Ys=2W=otherdomain.com=test@example.com") == Reason::hash);
}

TEST_CASE("SRS: Exim's native form is reversed by option") {
  Config config = with_secret();
  CHECK(why_not_reverse(make(config), "SRS0=5fea=2w=otherdomain.com=test@example.com") == Reason::hash);
  config.accept_exim = true;
  const Rewriter rewriter = make(config);
  CHECK(reverse(rewriter, "SRS0=5fea=2w=otherdomain.com=test@example.com") == "test@otherdomain.com");
  CHECK(reverse(rewriter, "SRS0=5fea=2w=OtherDomain.COM=Test@example.com") == "Test@OtherDomain.COM");
  CHECK(reverse(rewriter, "SRS0=e47a=2w=otherdomain.com=a=b+c@example.com") == "a=b+c@otherdomain.com");
  CHECK(reverse(rewriter, "\"SRS0=3730=2w=otherdomain.com=a b\"@example.com") == "\"a b\"@otherdomain.com");
  CHECK(reverse(rewriter, "SRS0=b3e1=2w=example.com=SRS0=vmyz=2W=otherdomain.com=test@forward.org") ==
        "SRS0=vmyz=2W=otherdomain.com=test@example.com");
  // Its hash and its stamp count in lower case only, and the address expires after 10 days.
  CHECK(why_not_reverse(rewriter, "SRS0=5FEA=2w=otherdomain.com=test@example.com") == Reason::hash);
  CHECK(why_not_reverse(rewriter, "SRS0=5fea=2W=otherdomain.com=test@example.com") == Reason::stamp_form);
  CHECK(why_not_reverse(rewriter, "SRS0=5fea=2ww=otherdomain.com=test@example.com") == Reason::stamp_form);
  CHECK(why_not_reverse(rewriter, "SRS0=5feb=2w=otherdomain.com=test@example.com") == Reason::hash);
  CHECK(why_not_reverse(rewriter, "SRS0=5fea0=2w=otherdomain.com=test@example.com") == Reason::hash);
  CHECK(reverse(rewriter, "SRS0=5fea=2w=otherdomain.com=test@example.com", kDay + 10) == "test@otherdomain.com");
  CHECK(why_not_reverse(rewriter, "SRS0=5fea=2w=otherdomain.com=test@example.com", kDay + 11) == Reason::stamp_age);
  CHECK(why_not_reverse(rewriter, "SRS0=5fea=2w=otherdomain.com=test@example.com", kDay - 1) == Reason::stamp_future);
  // Our own addresses are unchanged.
  CHECK(reverse(rewriter, "SRS0=vmyz=2W=otherdomain.com=test@example.com", kDay + 21) == "test@otherdomain.com");
}

}  // namespace
