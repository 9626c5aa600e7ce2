#include "common/dns/zone_parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "common/base/text.h"
#include "common/dns/zone_lexer.h"

namespace dns {

namespace {

constexpr std::size_t kMaxString = 255;        // RFC 1035 §3.3
constexpr std::size_t kMaxData = 65535;        // RFC 1035 §3.2.1
constexpr unsigned long kMaxTtl = 0x7fffffff;  // RFC 2181 §8

// Read over: nothing here asks for them, but the name exists.
constexpr std::array<std::string_view, 44> kOtherTypes = {
    "NS",   "SPF",   "SRV",        "CAA",  "HINFO",  "RP",    "LOC",   "NAPTR", "DS",    "DNSKEY",  "RRSIG",
    "NSEC", "NSEC3", "NSEC3PARAM", "TLSA", "SMIMEA", "SSHFP", "CDS",   "CERT",  "DNAME", "CDNSKEY", "URI",
    "SVCB", "HTTPS", "AFSDB",      "APL",  "KEY",    "SIG",   "NXT",   "DHCID", "HIP",   "CSYNC",   "IPSECKEY",
    "KX",   "WKS",   "X25",        "ISDN", "RT",     "NSAP",  "EUI48", "EUI64", "MINFO", "ZONEMD",  "OPENPGPKEY"};

constexpr std::array<std::pair<std::string_view, ZoneRecord::Type>, 7> kTypes = {{{"A", ZoneRecord::Type::a},
                                                                                  {"AAAA", ZoneRecord::Type::aaaa},
                                                                                  {"MX", ZoneRecord::Type::mx},
                                                                                  {"PTR", ZoneRecord::Type::ptr},
                                                                                  {"CNAME", ZoneRecord::Type::cname},
                                                                                  {"TXT", ZoneRecord::Type::txt},
                                                                                  {"SOA", ZoneRecord::Type::soa}}};

std::string shown(std::string_view text) {
  constexpr std::size_t kShown = 60;
  return fmt::format("\"{}{}\"", base::printable(text.substr(0, kShown)), text.size() > kShown ? "..." : "");
}

// "300", "1h", "1h30m".
std::optional<std::uint32_t> parse_ttl(std::string_view text) {
  unsigned long sum = 0;
  while (!text.empty()) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = base::parse_number(text.substr(0, digits), kMaxTtl);
    if (!number) return std::nullopt;
    unsigned long unit = 1;
    if (digits < text.size()) {
      switch (base::to_lower(text[digits])) {
        case 's': break;
        case 'm': unit = 60; break;
        case 'h': unit = 3600; break;
        case 'd': unit = 86400; break;
        case 'w': unit = 604800; break;
        default: return std::nullopt;
      }
    }
    sum += *number * unit;
    if (sum > kMaxTtl) return std::nullopt;
    text.remove_prefix(std::min(digits + 1, text.size()));
    if (text.empty()) return static_cast<std::uint32_t>(sum);
  }
  return std::nullopt;
}

// The byte that an escape stands for; `at` stands on the backslash and moves behind the escape.
std::optional<char> unescape(std::string_view text, std::size_t& at) {
  if (at + 1 >= text.size()) return std::nullopt;
  if (!base::is_digit(text[at + 1])) {
    at += 2;
    return text[at - 1];
  }
  const auto number = at + 3 < text.size() ? base::parse_number(text.substr(at + 1, 3), 255) : std::nullopt;
  if (!number) return std::nullopt;
  at += 4;
  return static_cast<char>(*number);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  base::Result<std::vector<ZoneRecord>, ZoneError> run() {
    for (;;) {
      const auto entry = lexer_.next();
      if (!entry) return base::failure(entry.error());
      if (entry->tokens.empty()) return std::move(records_);
      tokens_ = &entry->tokens;
      next_ = 0;
      const ZoneToken& first = entry->tokens.front();
      const bool is_directive = !entry->blank_first && !first.quoted && first.text.starts_with('$');
      if (!(is_directive ? directive() : record(entry->blank_first))) return base::failure(error_);
    }
  }

 private:
  bool fail(std::size_t line, std::string message) {
    error_ = {line, std::move(message)};
    return false;
  }

  [[nodiscard]] std::size_t line() const { return next_ < tokens_->size() ? (*tokens_)[next_].line : tokens_->back().line; }

  // The next token, or an error that says what should stand there.
  const ZoneToken* take(std::string_view what) {
    if (next_ < tokens_->size()) return &(*tokens_)[next_++];
    fail(line(), fmt::format("{} is missing", what));
    return nullptr;
  }

  bool end(std::string_view what) {
    if (next_ == tokens_->size()) return true;
    return fail(line(), fmt::format("{} is too much behind {}", shown((*tokens_)[next_].text), what));
  }

  bool directive() {
    const ZoneToken& word = (*tokens_)[next_++];
    if (base::equals_ignoring_case(word.text, "$ORIGIN")) {
      const auto name = take_name("the name of $ORIGIN");
      if (!name || !end("$ORIGIN")) return false;
      origin_ = *name;
      return true;
    }
    if (base::equals_ignoring_case(word.text, "$TTL")) {
      const auto ttl = take_ttl("the number of $TTL");
      if (!ttl || !end("$TTL")) return false;
      default_ttl_ = ttl;
      return true;
    }
    return fail(word.line, fmt::format("{} is not supported here", shown(word.text)));
  }

  bool record(bool same_owner) {
    ZoneRecord record;
    record.line = line();
    if (!same_owner) {
      owner_ = take_name("the owner name");
      if (!owner_) return false;
    }
    if (!owner_) return fail(record.line, "the line begins with a blank, but there is no record before it to take the name from");
    record.owner = *owner_;

    std::optional<std::uint32_t> ttl;
    bool has_class = false;
    for (;;) {  // TTL and class in any order (RFC 1035 §5.1)
      const ZoneToken* word = take("the record type");
      if (word == nullptr) return false;
      if (!ttl && base::is_digit(word->text.empty() ? 'x' : word->text[0])) {
        --next_;
        ttl = take_ttl("the TTL");
        if (!ttl) return false;
      } else if (!has_class && base::equals_ignoring_case(word->text, "IN")) {
        has_class = true;
      } else if (!has_class && (base::equals_ignoring_case(word->text, "CH") || base::equals_ignoring_case(word->text, "HS"))) {
        return fail(word->line, fmt::format("class {} is not supported; leave it out or write IN", word->text));
      } else {
        if (!type_and_data(*word, record)) return false;
        break;
      }
    }
    record.ttl = ttl_of(ttl);
    records_.push_back(std::move(record));
    return true;
  }

  // RFC 2308 §4: $TTL; without it the TTL last written (RFC 1035 §5.1), then the SOA's MINIMUM.
  std::uint32_t ttl_of(std::optional<std::uint32_t> written) {
    if (written) return *(last_ttl_ = written);
    for (const auto& ttl : {default_ttl_, last_ttl_, soa_minimum_}) {
      if (ttl) return *ttl;
    }
    return kDefaultZoneTtl;
  }

  bool type_and_data(const ZoneToken& word, ZoneRecord& record) {
    for (const auto& [name, type] : kTypes) {
      if (!base::equals_ignoring_case(word.text, name)) continue;
      record.type = type;
      return data(record) && end(fmt::format("the {} record", name));
    }
    const auto matches = [&word](std::string_view name) { return base::equals_ignoring_case(word.text, name); };
    if (std::any_of(kOtherTypes.begin(), kOtherTypes.end(), matches)) return true;
    // RFC 3597 §5: any type as TYPEn. Those that count here must have their names, so that none is lost.
    if (base::starts_with_ignoring_case(word.text, "TYPE")) {
      const auto number = base::parse_number(word.text.substr(4), 65535);
      constexpr std::array<unsigned long, 7> kOurs = {1, 5, 6, 12, 15, 16, 28};
      if (number && std::find(kOurs.begin(), kOurs.end(), *number) == kOurs.end()) return true;
    }
    return fail(word.line, fmt::format("{} is no record type known here", shown(word.text)));
  }

  bool data(ZoneRecord& record) {
    switch (record.type) {
      case ZoneRecord::Type::a: return address(record, "an IPv4 address", false);
      case ZoneRecord::Type::aaaa: return address(record, "an IPv6 address", true);
      case ZoneRecord::Type::mx: {
        const auto preference = take_number("the preference of the MX record", 65535);
        if (!preference) return false;
        record.preference = static_cast<std::uint16_t>(*preference);
        return target(record, "the host of the MX record");
      }
      case ZoneRecord::Type::ptr: return target(record, "the name of the PTR record");
      case ZoneRecord::Type::cname: return target(record, "the name of the CNAME record");
      case ZoneRecord::Type::txt: return strings(record);
      case ZoneRecord::Type::soa: return soa(record);
      case ZoneRecord::Type::other: break;
    }
    return true;
  }

  bool address(ZoneRecord& record, std::string_view what, bool v6) {
    const ZoneToken* token = take(what);
    if (token == nullptr) return false;
    const auto address = base::IpAddress::parse(token->text);
    // Not is_v6(): "::ffff:192.0.2.1" is IPv6 as it is written here.
    if (!address || (token->text.find(':') != std::string_view::npos) != v6) {
      return fail(token->line, fmt::format("{} is not {}", shown(token->text), what));
    }
    record.address = *address;
    return true;
  }

  bool target(ZoneRecord& record, std::string_view what) {
    const auto name = take_name(what);
    if (!name) return false;
    record.target = *name;
    return true;
  }

  bool strings(ZoneRecord& record) {
    const ZoneToken* first = take("the text of the TXT record");
    if (first == nullptr) return false;
    // What it would be in DNS, the strings without their blanks, is never what is meant.
    if (!first->quoted && next_ < tokens_->size() && base::equals_ignoring_case(first->text, "v=spf1")) {
      return fail(first->line, "a text with blanks must stand in quotes");
    }
    std::size_t size = 0;
    for (const ZoneToken* token = first; token != nullptr; token = next_ < tokens_->size() ? &(*tokens_)[next_++] : nullptr) {
      const auto text = unescaped(*token);
      if (!text) return false;
      if (text->size() > kMaxString) {
        return fail(token->line, fmt::format("a string of {} bytes: {} are allowed; write several strings, they are joined",
                                             text->size(), kMaxString));
      }
      size += 1 + text->size();
      if (size > kMaxData) return fail(token->line, fmt::format("a TXT record of more than {} bytes", kMaxData));
      record.text += *text;
    }
    return true;
  }

  bool soa(ZoneRecord& record) {
    if (!take_name("the server of the SOA record") || !take_name("the mailbox of the SOA record")) return false;
    if (!take_number("the serial of the SOA record", 0xffffffffUL)) return false;
    for (const std::string_view what : {"refresh", "retry", "expire", "minimum"}) {
      const auto number = take_ttl(fmt::format("the {} of the SOA record", what));
      if (!number) return false;
      record.minimum = *number;
    }
    if (!soa_minimum_) soa_minimum_ = record.minimum;
    return true;
  }

  std::optional<unsigned long> take_number(std::string_view what, unsigned long maximum) {
    const ZoneToken* token = take(what);
    if (token == nullptr) return std::nullopt;
    const auto number = base::parse_number(token->text, maximum);
    if (!number) fail(token->line, fmt::format("{} should be a number up to {}, not {}", what, maximum, shown(token->text)));
    return number;
  }

  std::optional<std::uint32_t> take_ttl(std::string_view what) {
    const ZoneToken* token = take(what);
    if (token == nullptr) return std::nullopt;
    const auto ttl = parse_ttl(token->text);
    if (!ttl) fail(token->line, fmt::format("{} should be seconds or a time like 1h30m, not {}", what, shown(token->text)));
    return ttl;
  }

  std::optional<std::string> unescaped(const ZoneToken& token) {
    std::string out;
    for (std::size_t at = 0; at < token.text.size();) {
      if (token.text[at] != '\\') {
        out += token.text[at++];
        continue;
      }
      const auto byte = unescape(token.text, at);
      if (!byte) {
        fail(token.line, "an escape that is neither \\X nor \\DDD up to \\255");
        return std::nullopt;
      }
      out += *byte;
    }
    return out;
  }

  std::optional<Name> take_name(std::string_view what) {
    const ZoneToken* token = take(what);
    if (token == nullptr) return std::nullopt;
    if (token->text == "@" && !token->quoted) return origin_;
    std::string text;
    bool absolute = false;
    for (std::size_t at = 0; at < token->text.size();) {
      absolute = token->text[at] == '.';
      if (token->text[at] != '\\') {
        text += token->text[at++];
        continue;
      }
      const auto byte = unescape(token->text, at);
      if (!byte || *byte == '.') {
        fail(token->line, fmt::format("{}: {} has an escape that no name here can hold", what, shown(token->text)));
        return std::nullopt;
      }
      text += *byte;
    }
    if (!absolute) text += fmt::format(".{}", origin_.text());
    auto name = Name::parse(text);
    if (!name) {
      fail(token->line, fmt::format("{}: {} is no domain name (labels of 1 to 63 printable characters, 253 in all)", what,
                                    shown(token->text)));
    }
    return name;
  }

  ZoneLexer lexer_;
  const std::vector<ZoneToken>* tokens_ = nullptr;  // of the entry
  std::size_t next_ = 0;
  Name origin_;
  std::optional<Name> owner_;
  std::optional<std::uint32_t> default_ttl_, last_ttl_, soa_minimum_;
  std::vector<ZoneRecord> records_;
  ZoneError error_;
};

}  // namespace

base::Result<std::vector<ZoneRecord>, ZoneError> parse_zone(std::string_view text) { return Parser(text).run(); }

}  // namespace dns
