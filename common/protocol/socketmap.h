// Sendmail's and Postfix's socketmap protocol, which postsrsd 2.x speaks (socketmap_table(5)).
//
//   request: a netstring "LENGTH:map key,"
//   reply:   a netstring of "OK value", "NOTFOUND text", "TEMP text", "TIMEOUT text" or "PERM text"
// Bytes stand for themselves. The connection stays open.
//
// Rule sets of Sendmail that were written for pysrs (its pysrs.m4) ask the maps make_srs and reverse_srs with the address as it
// is in their work space, `user<@example.org.>`, where `<@>` is the null sender; make_srs may have the next host and the byte
// 0x9b before it. They go on with whatever comes back, so they get an address in the same form, the old one where there is no
// new one. Without a host the mail does not leave, and the sender stays.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/input_buffer.h"
#include "common/protocol/srs_map.h"
#include "common/receiver/srs_request.h"

namespace protocol {

inline constexpr std::size_t kMaxNetstring = 100'000;  // bytes, as Postfix has it
// What is kept of a netstring: longer ones are no requests that we know, and are read over.
inline constexpr std::size_t kMaxSocketmapRequest = 4096;

class SocketmapReader {
 public:
  // What was fed is kept until next() has given it out, so feed more only when next() gives nothing.
  void feed(std::string_view bytes);
  // The input is at its end.
  void finish() { finished_ = true; }
  std::optional<receiver::SrsRequest> next();
  // The stream cannot be followed any more (what came is no netstring, or one too long): close after the reply.
  [[nodiscard]] bool must_close() const { return broken_; }
  [[nodiscard]] bool has_partial() const { return !broken_ && (state_ != State::length || has_digits_ || !buffer_.empty()); }
  [[nodiscard]] std::size_t held() const { return buffer_.size() + content_.size(); }

 private:
  enum class State : std::uint8_t { length, content, comma };
  receiver::SrsRequest give_up(std::string_view why);
  bool read_length();

  base::InputBuffer buffer_;
  State state_ = State::length;
  bool has_digits_ = false;
  std::size_t length_ = 0;  // of the netstring that is being read
  std::size_t left_ = 0;    // bytes of its content that have not come
  std::string content_;     // at most kMaxSocketmapRequest bytes
  bool finished_ = false;
  bool broken_ = false;
};

struct SocketmapName {
  SrsMap map = SrsMap::forward;
  bool is_rule_set = false;  // asked by rule sets
};
// The names of the maps: "forward" and "reverse"; "srs_forward", "srs_reverse", and the names of pysrs, "make_srs" and
// "reverse_srs"; in any case, with "-" for "_".
std::optional<SocketmapName> socketmap_name(std::string_view name);
// Of the content of a netstring.
receiver::SrsRequest parse_socketmap(std::string_view content);
std::string encode_socketmap(const receiver::SrsReply& reply);

}  // namespace protocol
