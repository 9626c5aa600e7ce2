#include "common/spf/macro.h"

#include <algorithm>

#include <fmt/core.h>

#include "common/base/hex.h"
#include "common/base/text.h"

namespace spf {

namespace {

constexpr std::string_view kMacroLetters = "slodiphcrtv";
constexpr std::string_view kExplanationOnly = "crt";
constexpr std::string_view kDelimiters = ".-+,/_=";
// More than the labels of any name (RFC 7208 §7.3 requires at least 127).
constexpr std::uint16_t kMaxKeep = 1000;

std::string_view value_of(char letter, const MacroValues& values) {
  switch (letter) {
    case 's': return values.sender;
    case 'l': return values.local_part;
    case 'o': return values.sender_domain;
    case 'd': return values.domain;
    case 'i': return values.dotted_client;
    case 'p': return values.validated;
    case 'v': return values.family;
    case 'h': return values.helo;
    case 'c': return values.client;
    case 'r': return values.receiver;
    case 't': return values.time;
    default: return {};
  }
}

// Splits the value, reverses the parts, keeps those on the right and joins them with dots (RFC 7208 §7.3).
std::string transformed(std::string_view value, std::string_view delimiters, bool reverse, std::size_t keep) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0;;) {
    const auto to = value.find_first_of(delimiters.empty() ? "." : delimiters, from);
    parts.push_back(value.substr(from, to - from));
    if (to == std::string_view::npos) break;
    from = to + 1;
  }
  if (reverse) std::reverse(parts.begin(), parts.end());
  const std::size_t skipped = keep != 0 && keep < parts.size() ? parts.size() - keep : 0;
  std::string out;
  for (std::size_t i = skipped; i < parts.size(); ++i) {
    if (i != skipped) out += '.';
    out += parts[i];
  }
  return out;
}

// Escapes the value of an upper-case macro letter (RFC 7208 §7.3, RFC 3986 §2.3).
std::string url_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (base::is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      base::append_hex(out, static_cast<unsigned char>(c), "0123456789ABCDEF");
    }
  }
  return out;
}

// Returns whether the label is a toplabel (RFC 7208 §7.1).
bool is_top_label(std::string_view label) {
  if (label.empty() || !base::is_alphanumeric(label.front()) || !base::is_alphanumeric(label.back())) return false;
  bool has_alpha = false;
  bool has_hyphen = false;
  for (const char c : label) {
    if (c == '-') {
      has_hyphen = true;
    } else if (base::is_alpha(c)) {
      has_alpha = true;
    } else if (!base::is_digit(c)) {
      return false;
    }
  }
  return has_alpha || has_hyphen;
}

}  // namespace

class MacroParser {
 public:
  MacroParser(std::string_view text, MacroContext context) : context_(context) { out_.text_ = text; }

  base::Result<MacroString, std::string> parse() {
    const std::string_view text = out_.text_;
    if (text.size() > kMaxMacroText) return base::failure(fmt::format("it has more than {} bytes", kMaxMacroText));
    while (at_ < text.size()) {
      if (text[at_] == '%') {
        if (auto error = parse_expand(); !error.empty()) return base::failure(std::move(error));
        continue;
      }
      // macro-literal; an explain-string may also hold SP (RFC 7208 §7.1)
      if (!base::is_printable(text[at_]) || (text[at_] == ' ' && context_ != MacroContext::explanation)) {
        return base::failure(fmt::format("the character 0x{:02x} is not allowed", static_cast<unsigned char>(text[at_])));
      }
      add_literal();
    }
    if (context_ == MacroContext::domain_spec && !ends_well()) {
      return base::failure(fmt::format("'{}' does not end in a top-level domain or a macro", text));
    }
    out_.parts_.shrink_to_fit();
    if (text.find('%') == std::string_view::npos) {
      const auto name = dns::Name::parse(text);
      if (name && name->text() == text) out_.name_labels_ = name->labels();
    }
    return std::move(out_);
  }

 private:
  void add_literal() {
    if (out_.parts_.empty() || out_.parts_.back().kind != '=') {
      out_.parts_.push_back({.from = static_cast<std::uint16_t>(at_)});
    }
    ++out_.parts_.back().size;
    ++at_;
  }

  // Parses macro-expand (RFC 7208 §7.1), which begins at at_ with "%". Returns what is wrong, or an empty text.
  std::string parse_expand() {
    const std::string_view text = out_.text_;
    const char second = at_ + 1 < text.size() ? text[at_ + 1] : '\0';
    if (second == '%' || second == '_' || second == '-') {
      out_.parts_.push_back({.kind = second});
      at_ += 2;
      return {};
    }
    if (second != '{') return "'%' must be followed by '{', '%', '_' or '-'";
    const auto close = text.find('}', at_);
    if (close == std::string_view::npos) return "a macro lacks its '}'";
    const std::string_view whole = text.substr(at_, close + 1 - at_);
    std::string_view body = whole.substr(2, whole.size() - 3);
    const char letter = body.empty() ? '\0' : base::to_lower(body.front());
    if (letter == '\0' || kMacroLetters.find(letter) == std::string_view::npos) return fmt::format("unknown macro '{}'", whole);
    if (context_ == MacroContext::domain_spec && kExplanationOnly.find(letter) != std::string_view::npos) {
      return fmt::format("the macro '{}' is allowed in explanations only", whole);  // RFC 7208 §7.2
    }
    MacroString::Part part{.kind = letter, .url_escape = letter != body.front()};
    body.remove_prefix(1);
    if (!body.empty() && base::is_digit(body.front())) {
      for (; !body.empty() && base::is_digit(body.front()); body.remove_prefix(1)) {
        part.keep = static_cast<std::uint16_t>(std::min<int>(kMaxKeep, part.keep * 10 + (body.front() - '0')));
      }
      if (part.keep == 0) return fmt::format("zero parts in '{}'", whole);  // RFC 7208 §7.3
    }
    if (!body.empty() && base::to_lower(body.front()) == 'r') {
      part.reverse = true;
      body.remove_prefix(1);
    }
    if (body.find_first_not_of(kDelimiters) != std::string_view::npos) return fmt::format("bad transformer in '{}'", whole);
    part.size = static_cast<std::uint16_t>(body.size());
    part.from = static_cast<std::uint16_t>(close - body.size());
    out_.parts_.push_back(part);
    out_.letters_ |= MacroString::bit(letter);
    at_ = close + 1;
    return {};
  }

  // Returns whether the text ends with domain-end = ( "." toplabel [ "." ] ) / macro-expand (RFC 7208 §7.1).
  [[nodiscard]] bool ends_well() const {
    if (out_.parts_.empty()) return false;
    if (out_.parts_.back().kind != '=') return true;
    std::string_view tail = out_.span(out_.parts_.back());
    if (tail.ends_with('.')) tail.remove_suffix(1);
    const auto dot = tail.rfind('.');
    return dot != std::string_view::npos && is_top_label(tail.substr(dot + 1));
  }

  MacroContext context_;
  MacroString out_;
  std::size_t at_ = 0;
};

base::Result<MacroString, std::string> MacroString::parse(std::string_view text, MacroContext context) {
  return MacroParser(text, context).parse();
}

bool MacroString::is_personal() const {
  constexpr std::uint32_t kPersonal = bit('s') | bit('l') | bit('o') | bit('i') | bit('p') | bit('v') | bit('h') | bit('c');
  return (letters_ & kPersonal) != 0;
}

std::string_view MacroString::expand_part(const Part& part, const MacroValues& values, std::string& storage) const {
  switch (part.kind) {
    case '=': return span(part);
    case '%': return "%";
    case '_': return " ";
    case '-': return "%20";
    default: break;
  }
  std::string_view value = value_of(part.kind, values);
  if (part.keep != 0 || part.reverse || part.size != 0) {
    storage = transformed(value, span(part), part.reverse, part.keep);
    value = storage;
  }
  if (part.url_escape) {
    storage = url_escaped(value);
    value = storage;
  }
  return value;
}

std::optional<std::string> MacroString::expand(const MacroValues& values, std::size_t limit) const {
  std::string out;
  if (!append_expansion(values, limit, out)) return std::nullopt;
  return out;
}

bool MacroString::append_expansion(const MacroValues& values, std::size_t limit, std::string& out) const {
  std::string storage;
  std::size_t work = 0;
  for (const Part& part : parts_) {
    if (out.size() >= limit) break;
    const std::string_view piece = expand_part(part, values, storage);
    out += piece.substr(0, limit - out.size());
    work += piece.size() + value_of(part.kind, values).size();
    if (work > kMaxExpansionWork) return false;
  }
  return true;
}

std::optional<dns::Name> MacroString::expand_name(const MacroValues& values) const {
  if (name_labels_ != 0) return dns::Name::known(text_, name_labels_);
  if (!has_macros() && text_.find('%') == std::string::npos && text_.size() <= dns::Name::kMaxText)
    return dns::Name::parse(text_);

  std::string name;
  if (!append_expansion(values, kMaxExpansionWork + 1, name)) return std::nullopt;
  if (name.ends_with('.')) name.pop_back();
  // All labels are checked before any is removed. Otherwise an SMTP client could choose, by the length of the local part, between
  // "malformed" and the name that remains after removal, which may have no record to include.
  if (name.empty() || !dns::Name::count_labels(name)) return std::nullopt;
  if (name.size() > dns::Name::kMaxText) {
    // RFC 7208 §7.3: labels and their dots are removed from the left. The last removed dot may directly precede the 253
    // characters that fit.
    name.erase(0, name.find('.', name.size() - dns::Name::kMaxText - 1) + 1);
  }
  return dns::Name::parse(name);
}

bool MacroString::can_be_name() const {
  constexpr std::string_view kShort = "x";
  const MacroValues values{kShort, kShort, kShort, kShort, kShort, kShort, kShort, kShort, kShort, kShort, kShort};
  return expand_name(values).has_value();
}

}  // namespace spf
