#include "common/maillog/scan.h"

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
  std::size_t at = 0;
  if (text.starts_with('"')) {
    for (at = 1; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\') ++at;
    }
    if (at >= text.size()) return {};
  }
  at = text.find(end, at);
  if (at == std::string_view::npos && needs_end) return {};
  const std::string_view mailbox = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
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

std::string sender_text(std::string_view mailbox) {
  if (mailbox == "<>") return {};
  return std::string(mailbox.size() > kMaxSender ? mailbox.substr(mailbox.size() - kMaxSender) : mailbox);
}

std::string helo_text(std::string_view helo) { return std::string(helo.substr(0, kMaxHelo + 1)); }

}  // namespace maillog
