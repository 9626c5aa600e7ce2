// The socketmap protocol of Sendmail and Postfix (socketmap_table(5)), which postsrsd 2.x also uses.
//
//   request: a netstring "LENGTH:map key,"
//   reply:   a netstring of "OK value", "NOTFOUND text", "TEMP text", "TIMEOUT text" or "PERM text"
// There is no escaping. The connection stays open.
//
// Sendmail rule sets written for pysrs (its pysrs.m4) query the maps make_srs and reverse_srs. Their keys are addresses in the
// form of a rule set's workspace, `user<@example.org.>`, where `<@>` is the null sender. In keys of make_srs, the next host and
// the byte 0x9b may precede the address. The rule sets use any value they get, so every reply is an address in the same form:
// the old one if there is no new one. An empty next host means local mail, whose sender is not rewritten.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/input_buffer.h"
#include "common/protocol/srs_map.h"
#include "common/receiver/srs_request.h"

namespace protocol {

inline constexpr std::size_t kMaxNetstring = 100'000;  // bytes, as in Postfix
// Maximum size of a request, in bytes. Longer netstrings are read but not kept, and get an error.
inline constexpr std::size_t kMaxSocketmapRequest = 4096;

class SocketmapReader {
 public:
  // Adds bytes. Call it only after next() returned nothing: until then earlier bytes are still buffered.
  void feed(std::string_view bytes);
  // Reports the end of the input.
  void finish() { finished_ = true; }
  std::optional<receiver::SrsRequest> next();
  // Returns whether the stream can no longer be read (not a netstring, or one above kMaxNetstring): close after the reply.
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
  std::size_t length_ = 0;  // of the current netstring, in bytes
  std::size_t left_ = 0;    // bytes of its content that have not arrived
  std::string content_;     // at most kMaxSocketmapRequest bytes
  bool finished_ = false;
  bool broken_ = false;
};

struct SocketmapName {
  SrsMap map = SrsMap::forward;
  bool is_rule_set = false;  // queried by rule sets
};
// Returns the map with this name: "forward" and "reverse"; "srs_forward" and "srs_reverse"; "make_srs" and "reverse_srs", the
// names of pysrs. Names are not case-sensitive, and "-" is equal to "_".
std::optional<SocketmapName> socketmap_name(std::string_view name);
// Parses the content of a netstring.
receiver::SrsRequest parse_socketmap(std::string_view content);
std::string encode_socketmap(const receiver::SrsReply& reply);

}  // namespace protocol
