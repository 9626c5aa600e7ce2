// The line protocol of srsd (Mail::SRS), used by Exim and others.
//
//   request: "FORWARD sender alias" or "REVERSE address", then LF, CRLF or the end of input. The command is not case-sensitive.
//            FORWARD may end in " spf=RESULT", the SPF result of the message, or " spf=" if that is unknown.
//   reply:   the address, or "ERROR: text", and LF
// There is one request per connection: the server closes it, which marks the end of the reply for Exim. An empty sender between
// two blanks is the null sender.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/protocol/line_cutter.h"
#include "common/receiver/srs_request.h"

namespace protocol {

inline constexpr std::size_t kMaxSrsLine = 4096;  // bytes without line end

class SrsLinesReader {
 public:
  void feed(std::string_view bytes) { lines_.feed(bytes); }
  // Reports the end of the input. An empty input is not a request.
  void finish() { lines_.finish(); }
  // Returns the request, once.
  std::optional<receiver::SrsRequest> next();
  [[nodiscard]] bool must_close() const { return done_; }
  [[nodiscard]] bool has_partial() const { return !done_ && lines_.has_partial(); }
  [[nodiscard]] std::size_t held() const { return lines_.held(); }

 private:
  LineCutter lines_{kMaxSrsLine};
  bool done_ = false;
};

receiver::SrsRequest parse_srs_line(std::string_view line);
std::string encode_srs_line(const receiver::SrsReply& reply);

}  // namespace protocol
