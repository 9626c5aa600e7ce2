#include "common/protocol/socketmap.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace protocol {

namespace {

struct MapName {
  std::string_view name;
  SocketmapName meaning;
};
constexpr std::array kMapNames = {
    MapName{"forward", {SrsMap::forward, false}},     MapName{"reverse", {SrsMap::reverse, false}},
    MapName{"srs_forward", {SrsMap::forward, false}}, MapName{"srs_reverse", {SrsMap::reverse, false}},
    MapName{"make_srs", {SrsMap::forward, true}},     MapName{"reverse_srs", {SrsMap::reverse, true}},
};

// "$|" in rule sets. The byte also occurs within UTF-8 characters.
constexpr char kRuleSetBar = '\x9b';

// Removes the host and the bar. Returns false if there is a bar without a host before it.
bool take_host(std::string_view& key) {
  for (std::size_t at = key.find(kRuleSetBar); at != std::string_view::npos; at = key.find(kRuleSetBar, at + 1)) {
    if (!base::is_utf8(key.substr(0, at))) continue;
    key.remove_prefix(at + 1);
    return at > 0;
  }
  return true;
}

// Converts `user<@example.org.>` to an address, and `<@>` to the null sender.
std::string out_of_rule_set(std::string_view text) {
  constexpr std::string_view kFocus = "<@";
  const std::size_t focus = text.rfind(kFocus);
  if (focus == std::string_view::npos || !text.ends_with('>')) return std::string(text);
  std::string_view domain = text.substr(focus + kFocus.size(), text.size() - focus - kFocus.size() - 1);
  if (domain.ends_with('.')) domain.remove_suffix(1);
  const std::string_view local = text.substr(0, focus);
  return local.empty() && domain.empty() ? std::string() : fmt::format("{}@{}", local, domain);
}

std::string into_rule_set(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return std::string(address);
  return fmt::format("{}<@{}.>", address.substr(0, at), address.substr(at + 1));
}

receiver::SrsRequest parse_rule_set(SrsMap map, std::string_view key) {
  const bool leaves = map == SrsMap::reverse || take_host(key);
  receiver::SrsRequest request{
      map == SrsMap::forward ? receiver::SrsRequest::Kind::forward : receiver::SrsRequest::Kind::reverse, {}, {}, {}};
  // The sender of local mail is not rewritten: the request is handled like one with the null sender.
  if (leaves) request.address = out_of_rule_set(key);
  request.in_rule_set = key;
  return request;
}

}  // namespace

void SocketmapReader::feed(std::string_view bytes) {
  if (!broken_) buffer_.add(bytes);
}

receiver::SrsRequest SocketmapReader::give_up(std::string_view why) {
  broken_ = true;
  buffer_.clear();
  return receiver::invalid_request(why);
}

// Reads digits and the colon after them. Returns false if there are none, or the length is too large.
bool SocketmapReader::read_length() {
  for (const char c : buffer_.rest()) {
    buffer_.take(1);
    if (c == ':') {
      if (!has_digits_) return false;
      has_digits_ = false;
      left_ = length_;
      content_.clear();
      state_ = State::content;
      return true;
    }
    // A length has no leading zeros, so kMaxNetstring also limits the number of digits.
    if (!base::is_digit(c) || (has_digits_ && length_ == 0)) return false;
    length_ = (has_digits_ ? length_ * 10 : 0) + static_cast<std::size_t>(c - '0');
    has_digits_ = true;
    if (length_ > kMaxNetstring) return false;
  }
  return true;
}

std::optional<receiver::SrsRequest> SocketmapReader::next() {
  if (broken_) return std::nullopt;
  if (state_ == State::length && !read_length()) {
    return give_up(length_ > kMaxNetstring ? "the netstring is longer than 100000 bytes" : "this is not a netstring");
  }
  if (state_ == State::content) {
    const std::string_view here = buffer_.rest().substr(0, left_);
    content_ += here.substr(0, kMaxSocketmapRequest - content_.size());
    buffer_.take(here.size());
    left_ -= here.size();
    if (left_ == 0) state_ = State::comma;
  }
  if (state_ != State::comma || buffer_.empty()) {
    if (buffer_.empty()) buffer_.clear();
    if (finished_ && has_partial()) return give_up("the input ended within a netstring");
    return std::nullopt;
  }
  const bool has_comma = buffer_.rest().front() == ',';
  buffer_.take(1);
  if (!has_comma) return give_up("the netstring does not end with a comma");
  state_ = State::length;
  if (length_ <= kMaxSocketmapRequest) return parse_socketmap(content_);
  return receiver::SrsRequest{
      receiver::SrsRequest::Kind::too_long, {}, {}, fmt::format("the request is longer than {} bytes", kMaxSocketmapRequest)};
}

std::optional<SocketmapName> socketmap_name(std::string_view name) {
  std::string wanted = base::lower(name);
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  for (const MapName& known : kMapNames) {
    if (wanted == known.name) return known.meaning;
  }
  return std::nullopt;
}

receiver::SrsRequest parse_socketmap(std::string_view content) {
  const std::size_t blank = content.find(' ');
  if (blank == std::string_view::npos) return receiver::invalid_request("the request is not \"map key\"");
  const std::string_view name = content.substr(0, blank);
  const auto known = socketmap_name(name);
  if (!known) return receiver::invalid_request("there is no map " + base::in_quotes(name, 64));
  const std::string_view key = content.substr(blank + 1);
  if (known->is_rule_set) return parse_rule_set(known->map, key);
  return {known->map == SrsMap::forward ? receiver::SrsRequest::Kind::forward : receiver::SrsRequest::Kind::reverse,
          std::string(key),
          {},
          {}};
}

std::string encode_socketmap(const receiver::SrsReply& reply) {
  std::string content;
  switch (reply.kind) {
    case receiver::SrsReply::Kind::ok:
      content = "OK " + (reply.in_rule_set.empty() ? reply.text : into_rule_set(reply.text));
      break;
    case receiver::SrsReply::Kind::unchanged:
    case receiver::SrsReply::Kind::not_found:
      if (!reply.in_rule_set.empty()) {
        content = "OK " + reply.in_rule_set;
      } else {
        content = "NOTFOUND " + (reply.kind == receiver::SrsReply::Kind::unchanged ? reply.reason : reply.text);
      }
      break;
    case receiver::SrsReply::Kind::temporary: content = "TEMP " + reply.text; break;
    case receiver::SrsReply::Kind::timeout: content = "TIMEOUT " + reply.text; break;
    case receiver::SrsReply::Kind::permanent: content = "PERM " + reply.text; break;
  }
  return fmt::format("{}:{},", content.size(), content);
}

}  // namespace protocol
