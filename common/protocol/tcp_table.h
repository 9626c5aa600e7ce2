// Postfix's tcp_table(5) protocol, which postsrsd 1.x speaks.
//
//   request: "get KEY", LF
//   reply:   "200 VALUE", "500 text" (there is no such key) or "400 text" (an error; Postfix tries again later), LF
// In KEY and VALUE "%", blanks, control characters and bytes above 0x7e are written as %XX. The connection stays open. The
// protocol has no map names: which way the map goes depends on the listener.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/protocol/line_cutter.h"
#include "common/protocol/srs_map.h"
#include "common/receiver/srs_request.h"

namespace protocol {

// Bytes without line end. Postfix reads lines of 2048 bytes from clients (line_length_limit), each of which may take three here.
inline constexpr std::size_t kMaxTcpTableLine = 8192;

class TcpTableReader {
 public:
  explicit TcpTableReader(SrsMap map) : map_(map) {}
  void feed(std::string_view bytes) { lines_.feed(bytes); }
  void finish() { lines_.finish(); }
  // The next complete request. Feed more only when it gives nothing.
  std::optional<receiver::SrsRequest> next();
  // The stream cannot be followed any more (a line too long): close after the reply.
  [[nodiscard]] bool must_close() const { return broken_; }
  [[nodiscard]] bool has_partial() const { return lines_.has_partial(); }
  [[nodiscard]] std::size_t held() const { return lines_.held(); }

 private:
  LineCutter lines_{kMaxTcpTableLine};
  SrsMap map_;
  bool broken_ = false;
};

receiver::SrsRequest parse_tcp_table_line(std::string_view line, SrsMap map);
std::string encode_tcp_table(const receiver::SrsReply& reply);

}  // namespace protocol
