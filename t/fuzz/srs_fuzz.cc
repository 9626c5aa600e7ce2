// Senders, SRS addresses and secrets. Input: a byte that chooses the configuration, a number of days, then lines: an alias, and
// addresses. All of the lines are also read as a file of secrets.
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

srs::Rewriter rewriter_of(std::uint8_t choice, bool quotes_whole) {
  srs::Config config;
  config.secrets = {"tops3cr3t"};
  config.separator = srs::kSeparators[choice % 3];
  config.hash_length = (choice & 0x10) != 0 ? 27 : 4;
  config.accept_exim = (choice & 0x20) != 0;
  config.always_rewrite = (choice & 0x40) != 0;
  config.quotes_whole = quotes_whole;
  if ((choice & 0x80) != 0) {
    config.rewriting_domain = "example.com";
    config.local_domains = {".example.org"};
    config.excluded_domains = {"example.net"};
  }
  auto made = srs::Rewriter::make(config);
  fuzz::check(made.ok(), "the configuration is good");
  return *made;
}

void check_error(const srs::Error& error) {
  fuzz::check(!error.text.empty() && fuzz::is_printable(error.text), "an error is a printable sentence");
}

// What comes back for an address that was rewritten.
std::string expected_of(std::string_view sender, std::string_view rewritten) {
  if (rewritten.starts_with("SRS0")) return std::string(sender);
  const auto parsed = srs::parse_address(sender);
  fuzz::check(parsed.ok(), "what was rewritten is an address");
  if (const auto srs1 = srs::parse_srs1(parsed->local)) return "SRS0" + std::string(srs1->rest) + "@" + std::string(srs1->host);
  return "SRS0" + std::string(sender.substr(4));
}

void check_forward(const srs::Rewriter& rewriter, std::string_view sender, std::string_view alias, std::uint64_t day) {
  const auto forwarded = rewriter.forward(sender, alias, day);
  if (!forwarded) {
    check_error(forwarded.error());
    return;
  }
  if (forwarded->outcome != Outcome::rewritten) {
    fuzz::check(forwarded->address == sender, "a sender that is not rewritten stays as it is");
    return;
  }
  const std::string& address = forwarded->address;
  const auto parsed = srs::parse_address(address);
  fuzz::check(parsed.ok() && parsed->local.size() <= 64 && address.size() <= srs::kMaxAddress, "RFC 5321 §4.5.3.1");
  const auto reversed = rewriter.reverse(address, day);
  fuzz::check(reversed.ok() && *reversed == expected_of(sender, address), "what was rewritten comes home");
  const auto again = rewriter.forward(address, alias, day);
  fuzz::check(again.ok() && again->outcome != Outcome::rewritten, "a rewritten address is not rewritten again");
  fuzz::check(rewriter.original_sender(address, day).has_value(), "it is ours");
  const bool is_late = rewriter.reverse(address, day + 22).ok();
  fuzz::check(is_late == address.starts_with("SRS1"), "SRS0 ends after 21 days");
}

// What mail servers get: an address that they read as it was meant.
void check_written(const srs::Rewriter& rewriter, std::string_view sender, std::string_view alias, std::uint64_t day) {
  const auto forwarded = rewriter.forward(sender, alias, day);
  if (!forwarded || forwarded->outcome != Outcome::rewritten) return;
  const auto parsed = srs::parse_address(forwarded->address);
  fuzz::check(parsed.ok(), "what was rewritten is an address");
  fuzz::check(srs::written_local_part(parsed->local) == parsed->local, "RFC 5321 §4.1.2: atoms, or one quoted string");
  const auto reversed = rewriter.reverse(forwarded->address, day);
  fuzz::check(reversed.ok(), "what was rewritten comes home");
  const auto before = srs::parse_address(sender);
  if (!forwarded->address.starts_with("SRS1") && !forwarded->address.starts_with("\"SRS1")) {
    const auto content = srs::unquoted(before->local).value_or(std::string(before->local));
    const auto after = srs::parse_address(*reversed);
    fuzz::check(srs::unquoted(after->local).value_or(std::string(after->local)) == content, "to the same mailbox");
  }
  const auto again = rewriter.forward(forwarded->address, alias, day);
  fuzz::check(again.ok() && again->outcome != Outcome::rewritten, "a rewritten address is not rewritten again");
}

void check_reverse(const srs::Rewriter& rewriter, const std::string& address, std::uint64_t day) {
  const auto reversed = rewriter.reverse(address, day);
  if (reversed) {
    fuzz::check(srs::parse_address(*reversed).ok() && !fuzz::has_controls(*reversed), "only addresses come back");
  } else {
    check_error(reversed.error());
  }
}

// The address with the hash that belongs there: a fuzzer does not find it.
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
  const srs::Rewriter rewriter = rewriter_of(choice, false);
  const srs::Rewriter for_servers = rewriter_of(choice, true);
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
    check_written(for_servers, address, alias, day);
    check_reverse(rewriter, address, day);
    check_signed(rewriter, address, day);
    fuzz::check(srs::unquoted(srs::quoted(address)) == address, "quotes go as they came");
    if (const auto stamp = srs::parse_stamp(address)) {
      fuzz::check(base::equals_ignoring_case(srs::make_stamp(*stamp), address), "a stamp stands for a day");
    }
  }
  return 0;
}
