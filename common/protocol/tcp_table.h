// Postfix's tcp_table(5) protocol, which postsrsd 1.x also uses.
//
//   request: "get KEY", LF
//   reply:   "200 VALUE", "500 text" (there is no such key) or "400 text" (an error; Postfix tries again later), LF
// In KEY and VALUE "%", blanks, control characters and bytes above 0x7e are written as %XX. The connection stays open. The
// protocol has no map names, so the direction of the map depends on the listening socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/protocol/line_cutter.h"
#include "common/protocol/srs_map.h"
#include "common/receiver/srs_request.h"

namespace protocol {

// Maximum size of a line, in bytes, without its line end. Postfix accepts lines of 2048 bytes from SMTP clients
// (line_length_limit), and a byte may take three here.
inline constexpr std::size_t kMaxTcpTableLine = 8192;

class TcpTableReader {
 public:
  explicit TcpTableReader(SrsMap map) : map_(map) {}
  void feed(std::string_view bytes) { lines_.feed(bytes); }
  void finish() { lines_.finish(); }
  // Returns the next complete request. Call feed() only after it returned nothing.
  std::optional<receiver::SrsRequest> next();
  // Returns whether the stream can no longer be read (a line is too long): close after the reply.
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
