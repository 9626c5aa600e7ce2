#include "common/dns/zone_parser.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/zone_data.h"
#include "common/dns/zone_lexer.h"
#include "common/dns/zone_name.h"
#include "common/dns/zone_tokens.h"

namespace dns {

namespace {

struct KnownType {
  std::string_view name;
  unsigned long number;
  ZoneRecord::Type type;
};

constexpr std::array<KnownType, 10> kTypes = {{{"A", 1, ZoneRecord::Type::a},
                                               {"NS", 2, ZoneRecord::Type::ns},
                                               {"CNAME", 5, ZoneRecord::Type::cname},
                                               {"SOA", 6, ZoneRecord::Type::soa},
                                               {"PTR", 12, ZoneRecord::Type::ptr},
                                               {"MX", 15, ZoneRecord::Type::mx},
                                               {"TXT", 16, ZoneRecord::Type::txt},
                                               {"AAAA", 28, ZoneRecord::Type::aaaa},
                                               {"DNAME", 39, ZoneRecord::Type::dname},
                                               {"SPF", 99, ZoneRecord::Type::spf}}};

// Types that are ignored without a note: SPF never asks for them. Their owner name exists nevertheless.
constexpr std::array<std::string_view, 41> kOtherTypes = {
    "SRV",        "CAA",  "HINFO",  "RP",    "LOC",   "NAPTR", "DS",      "DNSKEY",    "RRSIG", "NSEC",  "NSEC3",
    "NSEC3PARAM", "TLSA", "SMIMEA", "SSHFP", "CDS",   "CERT",  "CDNSKEY", "URI",       "SVCB",  "HTTPS", "AFSDB",
    "APL",        "KEY",  "SIG",    "NXT",   "DHCID", "HIP",   "CSYNC",   "IPSECKEY",  "KX",    "WKS",   "X25",
    "ISDN",       "RT",   "NSAP",   "EUI48", "EUI64", "MINFO", "ZONEMD",  "OPENPGPKEY"};

// Returns the number in "TYPE16" or "CLASS1" (RFC 3597 §5).
std::optional<unsigned long> number_after(std::string_view prefix, std::string_view word) {
  if (!base::starts_with_ignoring_case(word, prefix)) return std::nullopt;
  return base::parse_number(word.substr(prefix.size()), 65535);
}

enum class Class : std::uint8_t { in, other };

std::optional<Class> parse_class(std::string_view word) {
  if (base::equals_ignoring_case(word, "IN")) return Class::in;
  for (const std::string_view other : {"CS", "CH", "HS"}) {
    if (base::equals_ignoring_case(word, other)) return Class::other;
  }
  const auto number = number_after("CLASS", word);
  if (!number) return std::nullopt;
  return *number == 1 ? Class::in : Class::other;
}

// Returns whether the word may be the name of a type that is unknown here.
bool is_type_word(std::string_view word) {
  if (base::starts_with_ignoring_case(word, "TYPE")) return false;
  const auto is_type_char = [](char c) { return base::is_alphanumeric(c) || c == '-'; };
  return base::is_alpha(word[0]) && std::all_of(word.begin(), word.end(), is_type_char);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  base::Result<ZoneContent, ZoneError> run() {
    for (;;) {
      const auto entry = lexer_.next();
      if (!entry) return base::failure(entry.error());
      if (entry->tokens.empty()) return std::move(content_);
      for (const ZoneToken& token : entry->tokens) {
        if (token.quoted && token.text.find('\n') != std::string_view::npos)
          content_.notes.add(token.line, "a quoted string goes on in the next line: is a quotation mark missing?");
      }
      ZoneTokens tokens(*entry);
      const ZoneToken& first = entry->tokens.front();
      const bool is_directive = !entry->blank_first && !first.quoted && first.text.starts_with('$');
      if (!(is_directive ? directive(tokens) : record(tokens, entry->blank_first))) return base::failure(tokens.error());
    }
  }

 private:
  bool directive(ZoneTokens& tokens) {
    const ZoneToken& word = *tokens.take("a directive");
    if (base::equals_ignoring_case(word.text, "$ORIGIN")) {
      const auto name = tokens.take_name("the name of $ORIGIN", origin_);
      if (!name || !tokens.end("$ORIGIN")) return false;
      origin_ = *name;
      return true;
    }
    if (base::equals_ignoring_case(word.text, "$TTL")) {
      const auto ttl = tokens.take_ttl("the number of $TTL");
      if (!ttl || !tokens.end("$TTL")) return false;
      default_ttl_ = ttl;
      return true;
    }
    return tokens.fail(word.line, fmt::format("{} is not supported here", base::in_quotes(word.text)));
  }

  bool record(ZoneTokens& tokens, bool same_owner) {
    ZoneRecord record;
    record.line = tokens.line();
    if (!same_owner) {
      owner_ = tokens.take_name("the owner name", origin_);
      if (!owner_) return false;
    }
    if (!owner_) {
      return tokens.fail(record.line, "the line begins with a blank, but there is no record before it to take the name from");
    }

    std::optional<std::uint32_t> ttl;
    std::optional<Class> written_class;
    const ZoneToken* word = tokens.peek();
    for (;; word = tokens.peek()) {  // TTL and class in any order (RFC 1035 §5.1)
      const auto class_here = word != nullptr && !written_class && !word->quoted ? parse_class(word->text) : std::nullopt;
      if (class_here) {
        written_class = class_here;
        tokens.take("the class");
      } else if (word != nullptr && !ttl && !word->text.empty() && base::is_digit(word->text[0])) {
        ttl = tokens.take_ttl("the TTL");
        if (!ttl) return false;
      } else {
        break;
      }
    }
    word = tokens.take("the record type");
    if (word == nullptr) return false;
    record.ttl = ttl_of(ttl);
    // A record without a class is IN. RFC 1035 §5.1 would use the class last written; name servers do not.
    if (written_class == Class::other) {
      content_.notes.add(record.line, "skipped: a record of another class than IN");
      return true;
    }
    if (!type_and_data(tokens, *word, record)) return false;
    add(std::move(record));
    return true;
  }

  void add(ZoneRecord&& record) {
    record.owner = owner_->above;
    if (!owner_->name) {
      content_.notes.add(record.line, "skipped: an owner name with an unsupported label (one with a dot or an unprintable byte)");
      record.type = ZoneRecord::Type::other;  // the names above it exist nevertheless (RFC 4592 §2.2.2)
    }
    const bool is_alias = record.type == ZoneRecord::Type::cname || record.type == ZoneRecord::Type::dname;
    if (is_alias && !record.target) {
      content_.notes.add(record.line, "the target has an unsupported label: questions that lead to it fail");
    }
    content_.records.push_back(std::move(record));
  }

  // Returns the TTL written in the record, else $TTL (RFC 2308 §4), else the TTL last written (RFC 1035 §5.1), else the MINIMUM
  // of the SOA record.
  std::uint32_t ttl_of(std::optional<std::uint32_t> written) {
    if (written) return *(last_ttl_ = written);
    for (const auto& ttl : {default_ttl_, last_ttl_, soa_minimum_}) {
      if (ttl) return *ttl;
    }
    return kDefaultZoneTtl;
  }

  bool type_and_data(ZoneTokens& tokens, const ZoneToken& word, ZoneRecord& record) {
    if (word.quoted || parse_class(word.text))
      return tokens.fail(word.line, fmt::format("{} is not a record type", base::in_quotes(word.text)));
    const auto number = number_after("TYPE", word.text);
    for (const KnownType& known : kTypes) {
      if (number != known.number && !base::equals_ignoring_case(word.text, known.name)) continue;
      record.type = known.type;
      if (!read_zone_data(tokens, known.name, origin_, record)) return false;
      if (record.type == ZoneRecord::Type::soa && !soa_minimum_) soa_minimum_ = record.minimum;
      return true;
    }
    const auto matches = [&word](std::string_view name) { return base::equals_ignoring_case(word.text, name); };
    if (number || std::any_of(kOtherTypes.begin(), kOtherTypes.end(), matches)) return true;
    if (!is_type_word(word.text))
      return tokens.fail(word.line, fmt::format("{} is not a record type", base::in_quotes(word.text)));
    content_.notes.add(word.line, fmt::format("skipped: a record of the unknown type {}", base::in_quotes(word.text)));
    return true;
  }

  ZoneLexer lexer_;
  ZoneName origin_;
  std::optional<ZoneName> owner_;
  std::optional<std::uint32_t> default_ttl_, last_ttl_, soa_minimum_;
  ZoneContent content_;
};

}  // namespace

void ZoneNotes::add(std::size_t line, std::string message) {
  if (++count <= kMaxKept) kept.push_back({line, std::move(message)});
}

std::vector<std::string> ZoneNotes::lines(std::string_view file) const {
  std::vector<std::string> out;
  for (const ZoneError& note : kept) out.push_back(fmt::format("{}:{}: {}", base::printable(file), note.line, note.message));
  if (count > kept.size()) out.push_back(fmt::format("{}: {} more of these", base::printable(file), count - kept.size()));
  return out;
}

base::Result<ZoneContent, ZoneError> parse_zone(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return Parser(text).run();
}

}  // namespace dns
