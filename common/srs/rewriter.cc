#include "common/srs/rewriter.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/srs/address.h"
#include "common/srs/fields.h"
#include "common/srs/secrets.h"

namespace srs {

namespace {

constexpr unsigned kEximMaxAge = 10;    // days, fixed in Exim
constexpr int kMaxLoops = 4;            // how often one message may have passed through us
constexpr std::size_t kLocalPart = 64;  // octets that every server accepts (RFC 5321 §4.5.3.1.1)

std::optional<Error> check_age(std::string_view stamp, unsigned max_age, std::uint64_t day) {
  const auto number = parse_stamp(stamp);
  if (!number) return Error{Reason::stamp_form, "the day stamp is not two characters of base32"};
  const unsigned age = stamp_age(*number, day);
  if (age <= max_age) return std::nullopt;
  if (age > kStampDays / 2) return Error{Reason::stamp_future, "the day stamp is in the future"};
  return Error{Reason::stamp_age, fmt::format("the day stamp is {} days old; at most {} are accepted", age, max_age)};
}

std::string_view without_last_dot(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return domain;
}

// Joins the parts of a verified address. Another program may have signed them with the same secret, so the result is checked: an
// invalid address is never returned.
base::Result<std::string, Error> joined(std::string_view content, std::string_view domain) {
  std::string address = fmt::format("{}@{}", local_part_of(content), without_last_dot(domain));
  if (const auto parsed = parse_address(address); !parsed) {
    return refuse(Reason::fields, fmt::format("it does not contain a valid address: {}", parsed.error().text));
  }
  return address;
}

// Returns the form of the original local part in an SRS address: quoted only where its content could be read as quotes.
std::string enclosed(const std::string& content) {
  const bool is_ambiguous = content.empty() || content.find('"') != std::string::npos;
  return is_ambiguous ? base::quoted_string(content) : content;
}

// Returns the text without quotation marks, backslashes and blanks.
std::string without_quoting(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return std::string_view("\"\\ \t").find(c) == std::string_view::npos; });
  return out;
}

base::Failure<Error> wrong_hash() { return refuse(Reason::hash, "the hash is wrong"); }

}  // namespace

std::string_view outcome_text(Forwarded::Outcome outcome) {
  switch (outcome) {
    case Forwarded::Outcome::rewritten: return "rewritten";
    case Forwarded::Outcome::null_sender: return "the null sender is not rewritten";
    case Forwarded::Outcome::own_domain: return "the sender is in one of our domains";
    case Forwarded::Outcome::excluded: return "the sender's domain is excluded from rewriting";
    case Forwarded::Outcome::already_ours: return "the sender is an SRS address of ours";
  }
  return "";
}

base::Result<Rewriter, std::string> Rewriter::make(Config config) {
  Rewriter rewriter(std::move(config));
  Config& c = rewriter.config_;
  const auto wrong = [](std::string what) { return base::failure(std::move(what)); };
  if (c.secrets.empty()) return wrong("there is no secret");
  for (const auto* secrets : {&c.secrets, &c.old_secrets}) {
    for (const std::string& secret : *secrets) {
      if (secret.empty() || secret.size() > kMaxSecret) return wrong(fmt::format("a secret must have 1 to {} bytes", kMaxSecret));
      const auto key = Key::make(Key::Form::mail_srs, secret);
      if (!key) return wrong("libcrypto does not support HMAC-SHA1");
      rewriter.keys_.push_back(*key);
    }
  }
  for (const std::string& secret : c.secrets) {
    if (!c.accept_exim) break;
    const auto key = Key::make(Key::Form::exim, secret);
    if (!key) return wrong("libcrypto does not support HMAC-MD5, which Exim's form requires");
    rewriter.exim_keys_.push_back(*key);
  }
  c.secrets.clear();
  c.old_secrets.clear();
  if (kSeparators.find(c.separator) == std::string_view::npos) return wrong("the separator must be one of = + -");
  if (c.hash_length < 1 || c.hash_length > kMaxHash) return wrong(fmt::format("a hash must have 1 to {} characters", kMaxHash));
  if (c.hash_min > c.hash_length) return wrong("the minimum length of a hash is greater than the length that is written");
  if (c.hash_min == 0) c.hash_min = c.hash_length;
  if (c.max_age_days < 1 || c.max_age_days >= kStampDays)
    return wrong(fmt::format("the maximum age must be 1 to {} days", kStampDays - 1));

  const auto no_domain = [&](std::string_view text) { return wrong(base::in_quotes(text) + " is not a domain"); };
  for (const std::string& domain : c.local_domains) {
    if (!rewriter.own_.add(domain)) return no_domain(domain);
  }
  for (const std::string& domain : c.excluded_domains) {
    if (!rewriter.excluded_.add(domain)) return no_domain(domain);
  }
  if (!c.rewriting_domain.empty() && !(is_domain(c.rewriting_domain) && rewriter.own_.add(c.rewriting_domain))) {
    return no_domain(c.rewriting_domain);
  }
  if (c.rewriting_domain.ends_with('.')) c.rewriting_domain.pop_back();
  for (const auto& [alias, target] : c.rewriting_domains) {
    if (!is_domain(alias)) return no_domain(alias);
    if (!is_domain(target) || !rewriter.own_.add(target)) return no_domain(target);
    rewriter.targets_[comparable_domain(alias)] = without_last_dot(target);
  }
  return rewriter;
}

base::Result<Forwarded, Error> Rewriter::forward(std::string_view sender, std::string_view alias, std::uint64_t day) const {
  using Outcome = Forwarded::Outcome;
  const auto unchanged = [&](Outcome outcome) { return Forwarded{outcome, std::string(sender), {}}; };
  // Postfix writes the null sender as "" in table lookups.
  if (sender.empty() || sender == "<>" || sender == "\"\"") return unchanged(Outcome::null_sender);
  const auto address = parse_address(sender);
  if (!address) return base::failure(address.error());
  const auto target = target_for(alias);
  if (!target) return base::failure(target.error());

  if (excluded_.has(address->domain)) return unchanged(Outcome::excluded);
  const std::string domain = comparable_domain(address->domain);
  const bool is_own = own_.has(address->domain) || domain == comparable_domain(*target) ||
                      (!alias.empty() && domain == comparable_domain(domain_of(alias)));
  if (is_own && reverse(sender, day)) return unchanged(Outcome::already_ours);
  if (is_own && !config_.always_rewrite) return unchanged(Outcome::own_domain);

  const auto local = new_local_part(*address, day);
  if (!local) return base::failure(local.error());
  if (local->size() > config_.max_local_part) {
    return refuse(Reason::local_part_length,
                  fmt::format("the local part would be {} octets long; the limit is {}", local->size(), config_.max_local_part));
  }
  const std::size_t size = local->size() + 1 + target->size();
  if (size > kMaxAddress) {
    // RFC 5321 §4.5.3.1.3
    return refuse(Reason::path_length, fmt::format("the address would be {} octets long; the limit is {}", size, kMaxAddress));
  }
  Forwarded forwarded{Outcome::rewritten, fmt::format("{}@{}", *local, *target), {}};
  if (local->size() > kLocalPart) {
    forwarded.warning = fmt::format("the new local part has {} octets; some servers accept only {}", local->size(), kLocalPart);
  }
  return forwarded;
}

// Returns the domain of the new address.
Rewriter::Text Rewriter::target_for(std::string_view alias) const {
  const std::string_view domain = domain_of(alias);
  if (!domain.empty() && !is_domain(domain)) return refuse(Reason::alias, "the alias has no domain");
  if (!domain.empty() && !targets_.empty()) {
    if (const auto found = targets_.find(comparable_domain(domain)); found != targets_.end()) return found->second;
  }
  if (!config_.rewriting_domain.empty()) return config_.rewriting_domain;
  if (domain.empty()) return refuse(Reason::alias, "there is neither an alias nor a rewriting domain");
  return std::string(without_last_dot(domain));
}

Rewriter::Text Rewriter::signature(std::string_view text) const {
  auto full = keys_.front().sign(text);
  if (!full) return refuse(Reason::digest, "libcrypto failed to compute HMAC-SHA1");
  full->resize(config_.hash_length);
  if (!config_.hash_has_slash) std::replace(full->begin(), full->end(), '/', kNoSlash);
  return std::move(*full);
}

Rewriter::Text Rewriter::new_local_part(const Address& sender, std::uint64_t day) const {
  const std::string content = content_of(sender.local);
  // An SRS address of another host: only that host can reverse its own part, so bounces must pass through it.
  std::string_view host;
  std::string_view rest;
  if (const auto guarded = parse_srs1(content); guarded && is_domain(guarded->host)) {
    host = guarded->host;
    rest = guarded->rest;
  } else if (tag_of(content) == Tag::srs0) {
    host = sender.domain;
    rest = behind_tag(content);
  }
  if (!host.empty()) {
    const auto hash = signature(fmt::format("{}{}", host, rest));
    if (!hash) return base::failure(hash.error());
    return local_part_of(fmt::format("SRS1{}{}={}={}", config_.separator, *hash, host, rest));
  }
  const std::string stamp = make_stamp(day);
  const std::string original = enclosed(content);
  const auto hash = signature(fmt::format("{}{}{}", stamp, sender.domain, original));
  if (!hash) return base::failure(hash.error());
  return local_part_of(fmt::format("SRS0{}{}={}={}={}", config_.separator, *hash, stamp, sender.domain, original));
}

Rewriter::Text Rewriter::reverse(std::string_view address, std::uint64_t day) const {
  const auto parsed = parse_address(address);
  if (!parsed) return base::failure(parsed.error());
  // Postfix moves the quotes of the original local part, so that they enclose all of the new one.
  const auto content = unquoted(parsed->local);
  const std::string_view local = content ? std::string_view(*content) : parsed->local;
  const Tag tag = tag_of(local);
  if (tag == Tag::none) return refuse(Reason::tag, "it is not an SRS address");
  if (!config_.rewriting_domain.empty() && !own_.has(parsed->domain)) {
    return refuse(Reason::own_domain, "it is an SRS address of another domain");
  }
  return tag == Tag::srs0 ? reverse_srs0(local, content.has_value(), day) : reverse_srs1(local, content.has_value());
}

bool Rewriter::looks_like_ours(std::string_view address) const {
  const std::size_t at = address.rfind('@');
  // Mail servers complete an address without a domain by one of theirs.
  const bool is_other =
      at != std::string_view::npos && !config_.rewriting_domain.empty() && !own_.has(without_quoting(address.substr(at + 1)));
  if (is_other) return false;
  const std::string local = without_quoting(address.substr(0, at));
  for (std::string_view rest = local;;) {
    if (tag_of(rest) != Tag::none) return true;
    const std::size_t mark = rest.find_first_of("!:");
    if (mark == std::string_view::npos) return false;
    rest.remove_prefix(mark + 1);
  }
}

Rewriter::Text Rewriter::reverse_srs0(std::string_view local, bool was_quoted, std::uint64_t day) const {
  const auto fields = parse_srs0(local);
  if (!fields || fields->domain.empty() || fields->local.empty()) return refuse(Reason::fields, "a field is missing");
  // A text that may have been signed, and the content of the original local part.
  struct Original {
    std::string text;
    std::string content;
  };
  std::vector<Original> originals{{std::string(fields->local), content_of(fields->local)}};
  // Postfix turns `SRS0=...="a b"@us`, as Mail::SRS writes it, into `"SRS0=...=a b"@us`.
  if (was_quoted) originals.push_back({base::quoted_string(fields->local), std::string(fields->local)});

  if (config_.accept_exim) {
    for (const Original& original : originals) {
      if (!verifies_as_exim(fields->hash, fmt::format("{}@{}", original.text, fields->domain))) continue;
      if (fields->stamp != base::lower(fields->stamp)) return refuse(Reason::stamp_form, "Exim's day stamp is in lower case");
      if (const auto error = check_age(fields->stamp, kEximMaxAge, day)) return base::failure(*error);
      return joined(original.content, fields->domain);
    }
  }
  if (const auto error = check_hash_length(fields->hash)) return base::failure(*error);
  for (const Original& original : originals) {
    if (!verifies(fields->hash, fmt::format("{}{}{}", fields->stamp, fields->domain, original.text))) continue;
    if (const auto error = check_age(fields->stamp, config_.max_age_days, day)) return base::failure(*error);
    return joined(original.content, fields->domain);
  }
  return wrong_hash();
}

Rewriter::Text Rewriter::reverse_srs1(std::string_view local, bool was_quoted) const {
  const auto fields = parse_srs1(local);
  if (!fields || fields->host.empty()) return refuse(Reason::fields, "a field is missing");
  if (const auto error = check_hash_length(fields->hash)) return base::failure(*error);
  if (!verifies(fields->hash, fmt::format("{}{}", fields->host, fields->rest))) return wrong_hash();
  const std::string original = fmt::format("SRS0{}", fields->rest);
  return joined(was_quoted ? original : content_of(original), fields->host);
}

std::optional<Error> Rewriter::check_hash_length(std::string_view hash) const {
  if (hash.size() >= config_.hash_min) return std::nullopt;
  return Error{Reason::hash_length,
               fmt::format("the hash has {} characters; at least {} are required", hash.size(), config_.hash_min)};
}

// Tries every secret, so that the time taken does not reveal which one matched.
bool Rewriter::verifies(std::string_view hash, std::string_view text) const {
  bool found = false;
  for (const Key& key : keys_) {
    const auto full = key.sign(text);
    found |= full && matches_ignoring_case(hash, *full);
  }
  return found;
}

bool Rewriter::verifies_as_exim(std::string_view hash, std::string_view text) const {
  if (hash.size() != kEximHash) return false;
  bool found = false;
  for (const Key& key : exim_keys_) {
    const auto full = key.sign(text);
    found |= full && crypto::matches(hash, *full);
  }
  return found;
}

std::optional<std::string> Rewriter::original_sender(std::string_view sender, std::uint64_t day) const {
  std::optional<std::string> original;
  for (int i = 0; i < kMaxLoops; ++i) {
    const auto turned = reverse(original ? std::string_view(*original) : sender, day);
    if (!turned) break;
    original = *turned;
  }
  return original;
}

}  // namespace srs
