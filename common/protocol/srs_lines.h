// The lines that Exim and others send to srsd of Mail::SRS.
//
//   request: "FORWARD sender alias" or "REVERSE address", the command in any case, LF or CRLF or the end of input; FORWARD may
//            end in " spf=RESULT", what the server has found about the message; "spf=" alone: it does not know
//   reply:   the address, or "ERROR: text", and LF
// One request a connection: the server closes it, which is how Exim sees the end of the reply. An empty sender between two
// blanks is the null sender.
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
  // The input is at its end. A connection without a byte is no request.
  void finish() { lines_.finish(); }
  // The request; after it no further one comes.
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
