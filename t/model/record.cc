#include "t/model/record.h"

#include <arpa/inet.h>

#include <utility>

namespace model {

namespace {

std::string small(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return text;
}

bool is_ALPHA(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_DIGIT(char c) { return c >= '0' && c <= '9'; }

// "0" / %x31-39 0*nDIGIT, up to `maximum`
std::optional<int> length(const std::string& text, int maximum) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  for (const char c : text) {
    if (!is_DIGIT(c)) return std::nullopt;
  }
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  const int value = std::stoi(text);
  if (value > maximum) return std::nullopt;
  return value;
}

// ip4-cidr-length = "/" ..., ip6-cidr-length = "/" ...; empty text: the maximum.
std::optional<int> cidr_length(const std::string& text, int maximum) {
  if (text.empty()) return maximum;
  if (text[0] != '/') return std::nullopt;
  return length(text.substr(1), maximum);
}

// dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]
bool dual_cidr_length(const std::string& text, Directive& out) {
  for (std::size_t middle = 0; middle <= text.size(); ++middle) {
    const auto first = cidr_length(text.substr(0, middle), 32);
    const std::string rest = text.substr(middle);
    if (!first) continue;
    const auto second = rest.empty()                        ? std::optional<int>(128)
                        : rest.size() < 3 || rest[0] != '/' ? std::nullopt
                                                            : cidr_length(rest.substr(1), 128);
    if (!second) continue;
    out.prefix4 = *first;
    out.prefix6 = *second;
    return true;
  }
  return false;
}

// qnum "." qnum "." qnum "." qnum
std::optional<std::string> ip4_network(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.size() != 4) return std::nullopt;
  std::string bytes;
  for (const std::string& part : parts) {
    const auto number = length(part, 255);
    if (!number) return std::nullopt;
    bytes += static_cast<char>(*number);
  }
  return bytes;
}

// In the form of RFC 4291 §2.2, which inet_pton reads.
std::optional<std::string> ip6_network(const std::string& text) {
  std::array<char, 16> bytes{};
  if (text.find('\0') != std::string::npos || inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
  return std::string(bytes.begin(), bytes.end());
}

// Parses the part after the name of a mechanism; `rest` begins with ":" or "/" or is empty.
bool arguments(const std::string& rest, Directive& out) {
  const std::string& name = out.mechanism;
  if (name == "all") return rest.empty();
  if (name == "include" || name == "exists" || name == "ptr") {
    if (rest.empty()) return name == "ptr";
    if (rest[0] != ':') return false;
    out.target = domain_spec(rest.substr(1));
    return out.target.has_value();
  }
  if (name == "a" || name == "mx") {
    if (rest.empty() || rest[0] == '/') return dual_cidr_length(rest, out);
    // [ ":" domain-spec ] [ dual-cidr-length ]: a "/" may be part of either, so every place is tried.
    for (std::size_t end = 1; end <= rest.size(); ++end) {
      out.target = domain_spec(rest.substr(1, end - 1));
      if (out.target && dual_cidr_length(rest.substr(end), out)) return true;
    }
    return false;
  }
  if (name == "ip4" || name == "ip6") {
    if (rest.empty() || rest[0] != ':') return false;
    const auto slash = rest.find('/');
    const std::string network = rest.substr(1, slash == std::string::npos ? slash : slash - 1);
    const auto bits = cidr_length(slash == std::string::npos ? "" : rest.substr(slash), name == "ip4" ? 32 : 128);
    const auto bytes = name == "ip4" ? ip4_network(network) : ip6_network(network);
    if (!bits || !bytes) return false;
    out.network = *bytes;
    (name == "ip4" ? out.prefix4 : out.prefix6) = *bits;
    return true;
  }
  return false;
}

// directive = [ qualifier ] mechanism
std::optional<Directive> directive(const std::string& term) {
  Directive out;
  out.text = term;
  std::string rest = term;
  if (std::string("+-?~").find(rest[0]) != std::string::npos) {
    out.qualifier = rest[0];
    rest.erase(0, 1);
  }
  const auto end = rest.find_first_of(":/");
  out.mechanism = small(rest.substr(0, end));
  if (!arguments(end == std::string::npos ? "" : rest.substr(end), out)) return std::nullopt;
  return out;
}

// Returns the name of a modifier = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) before its "="; empty if the term is not one.
std::string modifier_name(const std::string& term) {
  std::size_t at = 0;
  if (!is_ALPHA(term[0])) return "";
  while (at < term.size() && (is_ALPHA(term[at]) || is_DIGIT(term[at]) || std::string("-_.").find(term[at]) != std::string::npos))
    ++at;
  return at < term.size() && term[at] == '=' ? term.substr(0, at) : "";
}

}  // namespace

bool is_spf_record(const std::string& text) {
  return small(text.substr(0, 6)) == "v=spf1" && (text.size() == 6 || text[6] == ' ');
}

std::optional<Record> parse_record(const std::string& text) {
  Record record;
  std::vector<std::string> terms(1);
  for (const char c : text.substr(6)) {
    if (c == ' ') {
      terms.emplace_back();
    } else {
      terms.back() += c;
    }
  }
  for (const std::string& term : terms) {
    if (term.empty()) continue;
    const std::string name = modifier_name(term);
    if (name.empty()) {
      const auto parsed = directive(term);
      if (!parsed) return std::nullopt;
      record.directives.push_back(*parsed);
      if (parsed->mechanism == "all") record.has_all = true;
      continue;
    }
    const std::string value = term.substr(name.size() + 1);
    if (small(name) == "redirect" || small(name) == "exp") {
      std::optional<MacroText>& slot = small(name) == "exp" ? record.exp : record.redirect;
      if (slot) return std::nullopt;  // §6: not more than once
      slot = domain_spec(value);
      if (!slot) return std::nullopt;
    } else if (!macro_string(value, kAllLetters)) {
      return std::nullopt;
    }
  }
  return record;
}

}  // namespace model
