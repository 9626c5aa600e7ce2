#include "common/maillog/scan.h"

#include <algorithm>

#include "common/base/text.h"

namespace maillog {

bool take(std::string_view& text, std::string_view literal) {
  if (!text.starts_with(literal)) return false;
  text.remove_prefix(literal.size());
  return true;
}

std::optional<std::string_view> take_until(std::string_view& text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {};
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(at + separator.size());
  return before;
}

std::optional<std::string_view> take_mailbox(std::string_view& text, char end, bool needs_end) {
  bool is_quoted = false;
  std::size_t at = 0;
  for (; at < text.size() && (is_quoted || text[at] != end); ++at) {
    if (text[at] == '"') is_quoted = !is_quoted;
    if (text[at] == '\\') ++at;
  }
  if (is_quoted || (at >= text.size() && needs_end)) return {};
  const std::string_view mailbox = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return mailbox;
}

std::optional<std::string_view> take_bracketed(std::string_view& text) {
  std::string_view rest = text;
  if (!take(rest, "<")) return {};
  const auto mailbox = take_mailbox(rest, '>', true);
  if (mailbox) text = rest;
  return mailbox;
}

std::optional<base::IpAddress> take_address(std::string_view& text) {
  std::string_view rest = text;
  if (!take(rest, "[")) return {};
  constexpr std::string_view kTag = "IPv6:";
  constexpr std::size_t kMost = kTag.size() + base::IpAddress::TextBuffer().size();
  const std::size_t end = rest.substr(0, kMost).find(']');
  if (end == std::string_view::npos) return {};
  const std::string_view inner = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  const auto address = base::IpAddress::parse(base::starts_with_ignoring_case(inner, kTag) ? inner.substr(kTag.size()) : inner);
  if (!address) return {};
  if (rest.size() > 1 && rest[0] == ':' && base::is_digit(rest[1])) {
    rest.remove_prefix(1);
    while (!rest.empty() && base::is_digit(rest[0])) rest.remove_prefix(1);
  }
  text = rest;
  return address;
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  while (take_until(text, part)) ++count;
  return count;
}

std::string sender_text(std::string_view mailbox) {
  if (mailbox == "<>") return {};
  return std::string(mailbox.size() > kMaxSender ? mailbox.substr(mailbox.size() - kMaxSender) : mailbox);
}

std::string helo_text(std::string_view helo) { return std::string(helo.substr(0, kMaxHelo + 1)); }

}  // namespace maillog
