#include "common/srs/address.h"

#include <algorithm>

#include "common/base/ip.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/idna.h"

namespace srs {

namespace {

bool is_control(char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }

// Tracks whether a position in a text is within quotes. A backslash in quotes escapes the next character.
class Quotes {
 public:
  void pass(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = inside_;
    } else if (c == '"') {
      inside_ = !inside_;
    }
  }
  [[nodiscard]] bool inside() const { return inside_; }
  // Returns whether the next character is escaped.
  [[nodiscard]] bool escaped() const { return escaped_; }

 private:
  bool inside_ = false;
  bool escaped_ = false;
};

// Returns whether an atom may contain the character (RFC 5322 §3.2.3; RFC 6531 §3.3 for UTF-8).
bool is_atom_character(char c) {
  return base::is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos ||
         !base::is_ascii({&c, 1});
}

}  // namespace

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > kMaxDomain) return false;
  if (text.front() == '[') {
    // RFC 5321 §4.1.3
    if (text.size() < 2 || text.back() != ']') return false;
    std::string_view literal = text.substr(1, text.size() - 2);
    constexpr std::string_view kIpv6 = "IPv6:";
    const bool is_ipv6 = base::starts_with_ignoring_case(literal, kIpv6);
    if (is_ipv6) literal.remove_prefix(kIpv6.size());
    const auto address = base::IpAddress::parse_as_written(literal);
    return address && address->is_v6() == is_ipv6;
  }
  const auto ascii = dns::to_a_labels(text);
  if (!ascii || ascii->starts_with('.') || ascii->find("..") != std::string::npos) return false;
  const auto is_name_character = [](char c) { return base::is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; };
  return std::all_of(ascii->begin(), ascii->end(), is_name_character);
}

std::string comparable_domain(std::string_view domain) {
  std::string out = base::lower(dns::to_a_labels(domain).value_or(std::string(domain)));
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string_view domain_of(std::string_view alias) {
  const std::size_t at = alias.rfind('@');
  return at == std::string_view::npos ? alias : alias.substr(at + 1);
}

base::Result<Address, Error> parse_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return refuse(Reason::at_sign, "the address has no @");
  const Address address{text.substr(0, at), text.substr(at + 1)};
  if (address.local.empty()) return refuse(Reason::local_part, "the address has no local part");
  if (address.local.find('@') != std::string_view::npos) return refuse(Reason::at_sign, "the local part has an @");
  if (!base::is_utf8(address.local)) return refuse(Reason::characters, "the local part is neither US-ASCII nor UTF-8");
  Quotes quotes;
  for (const char c : address.local) {
    if (is_control(c)) return refuse(Reason::characters, "the local part has a control character");
    if (c == ' ' && !quotes.inside()) return refuse(Reason::characters, "the local part has a blank outside quotes");
    quotes.pass(c);
  }
  if (quotes.inside()) return refuse(Reason::local_part, "the quotes in the local part are not closed");
  if (!is_domain(address.domain)) return refuse(Reason::domain, "the text after the @ is not a domain");
  return address;
}

std::optional<std::string> unquoted(std::string_view local) {
  if (local.size() < 2 || local.front() != '"') return std::nullopt;
  std::string content;
  Quotes quotes;
  bool escape = false;
  for (std::size_t i = 0; i < local.size(); ++i) {
    quotes.pass(local[i]);
    if (!quotes.inside()) return i + 1 == local.size() ? std::optional(content) : std::nullopt;
    if (i == 0) continue;
    escape = !escape && local[i] == '\\';
    if (!escape) content += local[i];
  }
  return std::nullopt;
}

std::string content_of(std::string_view local) {
  std::string content;
  Quotes quotes;
  for (const char c : local) {
    const bool was_inside = quotes.inside();
    quotes.pass(c);
    if (quotes.inside() == was_inside && !quotes.escaped()) content += c;
  }
  return quotes.inside() ? std::string(local) : content;
}

std::string local_part_of(std::string_view content) {
  const bool is_dot_string = !content.empty() && content.front() != '.' && content.back() != '.' &&
                             content.find("..") == std::string_view::npos &&
                             std::all_of(content.begin(), content.end(), [](char c) { return c == '.' || is_atom_character(c); });
  return is_dot_string ? std::string(content) : base::quoted_string(content);
}

}  // namespace srs
