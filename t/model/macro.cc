#include "t/model/macro.h"

#include <algorithm>

namespace model {

namespace {

// Core rules of the ABNF (RFC 5234 appendix B).
bool is_ALPHA(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_DIGIT(char c) { return c >= '0' && c <= '9'; }
bool is_alphanum(char c) { return is_ALPHA(c) || is_DIGIT(c); }
char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// macro-literal = %x21-24 / %x26-7E
bool is_macro_literal(char c) { return c >= 0x21 && c <= 0x7e && c != '%'; }

// macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-", at `at`, which is moved to its end.
std::optional<Piece> macro_expand(const std::string& text, std::size_t& at, const std::string& letters) {
  const std::string start = text.substr(at, 2);
  at += 2;
  Piece piece;
  if (start == "%%") {
    piece.literal = "%";
    return piece;
  }
  if (start == "%_") {
    piece.literal = " ";
    return piece;
  }
  if (start == "%-") {
    piece.literal = "%20";
    return piece;
  }
  if (start != "%{") return std::nullopt;

  if (at >= text.size() || letters.find(small(text[at])) == std::string::npos) return std::nullopt;
  piece.letter = small(text[at]);
  piece.is_upper = text[at] != piece.letter;
  ++at;
  // transformers = *DIGIT [ "r" ]; the number must not be zero (§7.3), and may have any length.
  std::string digits;
  while (at < text.size() && is_DIGIT(text[at])) digits += text[at++];
  if (!digits.empty()) {
    digits.erase(0, digits.find_first_not_of('0'));  // npos: all
    if (digits.empty()) return std::nullopt;
    piece.keep = digits.size() > 9 ? 999999999 : std::stoul(digits);
  }
  if (at < text.size() && small(text[at]) == 'r') {
    piece.reverse = true;
    ++at;
  }
  while (at < text.size() && std::string(".-+,/_=").find(text[at]) != std::string::npos) piece.delimiters += text[at++];
  if (at >= text.size() || text[at] != '}') return std::nullopt;
  ++at;
  return piece;
}

std::optional<MacroText> pieces(const std::string& text, const std::string& letters, bool blanks) {
  MacroText out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '%') {
      const auto piece = macro_expand(text, at, letters);
      if (!piece) return std::nullopt;
      out.push_back(*piece);
    } else if (is_macro_literal(text[at]) || (blanks && text[at] == ' ')) {
      out.push_back({std::string(1, text[at++]), 0, false, false, 0, {}});
    } else {
      return std::nullopt;
    }
  }
  return out;
}

// toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
bool is_toplabel(const std::string& text) {
  if (text.empty() || !is_alphanum(text.front()) || !is_alphanum(text.back())) return false;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return is_alphanum(c) || c == '-'; })) return false;
  return std::any_of(text.begin(), text.end(), [](char c) { return is_ALPHA(c) || c == '-'; });
}

// Returns whether `text`, a macro-string, ends in domain-end = ( "." toplabel [ "." ] ) / macro-expand.
bool has_domain_end(const std::string& text) {
  // Only literals follow the last macro-expand, whose end is found by reading from the start.
  std::size_t literals_from = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      ++at;
      continue;
    }
    at = text[at + 1] == '{' ? text.find('}', at) + 1 : at + 2;
    literals_from = at;
  }
  std::string tail = text.substr(literals_from);
  if (tail.empty()) return literals_from > 0;
  if (tail.back() == '.') tail.pop_back();
  const auto dot = tail.rfind('.');
  return dot != std::string::npos && is_toplabel(tail.substr(dot + 1));
}

// RFC 3986 §2.3: everything except the unreserved characters is escaped.
std::string url_escaped(const std::string& text) {
  const std::string hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_alphanum(c) || std::string("-._~").find(c) != std::string::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += hex[byte / 16];
      out += hex[byte % 16];
    }
  }
  return out;
}

// §7.3: splits, reverses, keeps right-hand parts, joins with dots.
std::string transformed(const Piece& piece, const std::string& value) {
  if (piece.keep == 0 && !piece.reverse && piece.delimiters.empty()) return value;
  const std::string delimiters = piece.delimiters.empty() ? "." : piece.delimiters;
  std::vector<std::string> parts(1);
  for (const char c : value) {
    if (delimiters.find(c) != std::string::npos) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (piece.reverse) std::reverse(parts.begin(), parts.end());
  while (piece.keep != 0 && parts.size() > piece.keep) parts.erase(parts.begin());
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i == 0 ? "" : ".") + parts[i];
  return out;
}

}  // namespace

std::optional<MacroText> macro_string(const std::string& text, const std::string& letters) {
  return pieces(text, letters, false);
}

std::optional<MacroText> domain_spec(const std::string& text) {
  auto out = pieces(text, kDomainLetters, false);
  if (!out || !has_domain_end(text)) return std::nullopt;
  return out;
}

std::optional<MacroText> explain_string(const std::string& text) { return pieces(text, kAllLetters, true); }

std::string expand(const MacroText& text, const ValueOf& value_of) {
  std::string out;
  for (const Piece& piece : text) {
    if (piece.letter == 0) {
      out += piece.literal;
    } else {
      const std::string value = transformed(piece, value_of(piece.letter));
      out += piece.is_upper ? url_escaped(value) : value;
    }
  }
  return out;
}

bool uses(const MacroText& text, const std::string& letters) {
  return std::any_of(text.begin(), text.end(),
                     [&](const Piece& piece) { return piece.letter != 0 && letters.find(piece.letter) != std::string::npos; });
}

}  // namespace model
