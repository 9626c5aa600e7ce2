#include "common/dns/zone_lexer.h"

#include <algorithm>

namespace dns {

namespace {

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

}  // namespace

base::Result<ZoneEntry, ZoneError> ZoneLexer::next() {
  ZoneEntry entry;
  std::size_t open = 0;       // number of open parentheses
  std::size_t open_line = 0;  // line of the last one
  bool at_line_start = true;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (at_line_start && entry.tokens.empty() && open == 0) entry.blank_first = c == ' ' || c == '\t';
    at_line_start = c == '\n';
    if (c == '\n') {
      ++at_;
      ++line_;
      if (open == 0 && !entry.tokens.empty()) return entry;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == ';') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '(') {
      ++at_;
      ++open;
      open_line = line_;
    } else if (c == ')') {
      if (open == 0) return base::failure(ZoneError{line_, "a \")\" without a \"(\" before it"});
      ++at_;
      --open;
    } else {
      const auto token = c == '"' ? quoted() : bare();
      if (!token) return base::failure(token.error());
      entry.tokens.push_back(*token);
    }
  }
  if (open != 0) return base::failure(ZoneError{open_line, "this \"(\" is never closed"});
  return entry;
}

base::Result<ZoneToken, ZoneError> ZoneLexer::quoted() {
  const std::size_t begin = ++at_;
  const std::size_t line = line_;
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == '"') return ZoneToken{text_.substr(begin, at_++ - begin), true, line};
    if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
    if (text_[at_] != '\n') continue;
    ++line_;
    if (spanning_line_ == 0) spanning_line_ = line;
  }
  // Where one quotation mark is missing, the first string that spans lines is the one that lacks it.
  return base::failure(ZoneError{spanning_line_ == 0 ? line : spanning_line_, "this quoted string is never closed"});
}

base::Result<ZoneToken, ZoneError> ZoneLexer::bare() {
  const std::size_t begin = at_;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '(' || c == ')' || c == '"') break;
    if (is_control(c))
      return base::failure(ZoneError{line_, "a control character; outside of quotes it must be written as \\DDD"});
    if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
  }
  return ZoneToken{text_.substr(begin, at_ - begin), false, line_};
}

}  // namespace dns
