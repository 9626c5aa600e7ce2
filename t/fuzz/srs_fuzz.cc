// Senders, SRS addresses and secrets. Input: a byte that chooses the configuration, a number of days, then lines: an alias, and
// addresses. All lines together are also read as a file of secrets.
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/srs/address.h"
#include "common/srs/fields.h"
#include "common/srs/hash.h"
#include "common/srs/rewriter.h"
#include "common/srs/secrets.h"
#include "t/fuzz/srs_checks.h"
#include "t/fuzz/target.h"

namespace {

using Outcome = srs::Forwarded::Outcome;

srs::Rewriter make_rewriter(std::uint8_t choice) {
  srs::Config config;
  config.secrets = {"tops3cr3t"};
  config.separator = srs::kSeparators[choice % 3];
  config.hash_length = (choice & 0x10) != 0 ? 27 : 4;
  config.accept_exim = (choice & 0x20) != 0;
  config.always_rewrite = (choice & 0x40) != 0;
  config.hash_has_slash = (choice & 0x08) == 0;
  if ((choice & 0x80) != 0) {
    config.rewriting_domain = "example.com";
    config.local_domains = {".example.org"};
    config.excluded_domains = {"example.net"};
  }
  auto made = srs::Rewriter::make(config);
  fuzz::check(made.ok(), "the configuration is good");
  return *made;
}

// Created once for each choice, because libcrypto takes long to make the keys.
const srs::Rewriter& rewriter_of(std::uint8_t choice) {
  static std::array<std::optional<srs::Rewriter>, 256> made;
  std::optional<srs::Rewriter>& its = made.at(choice);
  if (!its) its = make_rewriter(choice);
  return *its;
}

void check_error(const srs::Error& error) {
  fuzz::check(!error.text.empty() && fuzz::is_printable(error.text), "an error is a printable sentence");
}

std::string local_part(std::string_view address) {
  const auto parsed = srs::parse_address(address);
  fuzz::check(parsed.ok(), "it is an address");
  fuzz::check(srs::local_part_of(srs::content_of(parsed->local)) == parsed->local,
              "RFC 5321 §4.1.2: a dot-string or a quoted-string");
  return std::string(parsed->local);
}

void check_forward(const srs::Rewriter& rewriter, std::string_view sender, std::string_view alias, std::uint64_t day) {
  const auto forwarded = rewriter.forward(sender, alias, day);
  if (!forwarded) {
    check_error(forwarded.error());
    return;
  }
  if (forwarded->outcome != Outcome::rewritten) {
    fuzz::check(forwarded->address == sender, "a sender that is not rewritten is unchanged");
    return;
  }
  const std::string& address = forwarded->address;
  fuzz::check(address.size() <= srs::kMaxAddress, "RFC 5321 §4.5.3.1.3");
  const std::string local = local_part(address);
  fuzz::check(forwarded->warning.empty() == (local.size() <= 64), "RFC 5321 §4.5.3.1.1");
  const bool is_guarded = srs::content_of(local).starts_with("SRS1");
  const auto reversed = rewriter.reverse(address, day);
  fuzz::check(reversed.ok(), "a rewritten address is restored");
  const std::string home = srs::content_of(local_part(*reversed));
  const std::string before = srs::content_of(srs::parse_address(sender)->local);
  fuzz::check(is_guarded ? home.starts_with("SRS0") && before.ends_with(home.substr(5)) : home == before, "to the same mailbox");
  const auto again = rewriter.forward(address, alias, day);
  fuzz::check(again.ok() && again->outcome != Outcome::rewritten, "a rewritten address is not rewritten again");
  fuzz::check(rewriter.original_sender(address, day).has_value(), "a rewritten address is one of ours");
  const bool is_late = rewriter.reverse(address, day + 22).ok();
  fuzz::check(is_late == is_guarded, "SRS0 expires after 21 days");
}

void check_reverse(const srs::Rewriter& rewriter, const std::string& address, std::uint64_t day) {
  const auto reversed = rewriter.reverse(address, day);
  if (reversed) {
    fuzz::check(!fuzz::has_controls(local_part(*reversed)), "only addresses come back");
  } else {
    check_error(reversed.error());
  }
}

// Checks the address with its right hash, which a fuzzer would not find.
void check_signed(const srs::Rewriter& rewriter, std::string_view address, std::uint64_t day) {
  const auto parsed = srs::parse_address(address);
  if (!parsed) return;
  std::string text;
  std::string_view hash;
  if (const auto srs0 = srs::parse_srs0(parsed->local)) {
    text.append(srs0->stamp).append(srs0->domain).append(srs0->local);
    hash = srs0->hash;
  } else if (const auto srs1 = srs::parse_srs1(parsed->local)) {
    text.append(srs1->host).append(srs1->rest);
    hash = srs1->hash;
  } else {
    return;
  }
  static const auto key = srs::Key::make(srs::Key::Form::mail_srs, "tops3cr3t");
  std::string changed(address);
  changed.replace(static_cast<std::size_t>(hash.data() - address.data()), hash.size(), *key->sign(text));
  check_reverse(rewriter, changed, day);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Cutter input(data, size);
  const auto choice = input.byte();
  const srs::Rewriter& rewriter = rewriter_of(choice);
  const std::uint64_t day = fuzz::kSrsDay + input.byte();
  fuzz::Cutter secrets = input;
  if (const auto found = srs::parse_secrets(secrets.rest())) {
    fuzz::check(!found->secrets.empty() && found->old_secrets.size() <= found->secrets.size(), "a file has a secret");
    for (const std::string& secret : found->secrets) {
      fuzz::check(!secret.empty() && secret.find('\n') == std::string::npos, "a secret is a line");
    }
  }
  const std::string_view alias = input.line();
  for (int i = 0; i < 16 && !input.empty(); ++i) {
    const std::string address(input.line());
    check_forward(rewriter, address, alias, day);
    check_reverse(rewriter, address, day);
    check_signed(rewriter, address, day);
    fuzz::check(srs::content_of(srs::local_part_of(address)) == address, "quotes are unchanged");
    if (const auto stamp = srs::parse_stamp(address)) {
      fuzz::check(base::equals_ignoring_case(srs::make_stamp(*stamp), address), "a stamp is a day");
    }
  }
  return 0;
}
