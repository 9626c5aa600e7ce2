// The codec of the control socket: one line with a command, and its answer, for spfctl(8).
//
//   "flush .example.com\n"  ->  "ok\n" and lines of text, or "error: what is wrong\n"
//   "explain ip=192.0.2.1 helo=x.example sender=a@example.com\n"
//     ->  "ok\n", a line "trace=" per step of the check, and the answer of the query lines; or an error
//   "json flush .example.com\n"  ->  {"ok": true, "removed": 3}, or {"ok": false, "error": "what is wrong"}, and a line end
//
// Blanks separate the values of "explain", except within quotes, which senders may have.
// The connection closes after the answer. A line without its line end is not a command: half of a command may be another one.
#pragma once

#include <string>
#include <string_view>

#include "common/protocol/codec.h"
#include "common/protocol/line_cutter.h"

namespace protocol {

class ControlCodec : public CheckCodec {
 public:
  static constexpr std::size_t kMaxLine = 2048;           // bytes
  static constexpr std::size_t kMaxAnswer = 128U << 10U;  // bytes; a longer text ends with kCut
  static constexpr std::string_view kCut = "(further lines are cut)\n";
  static constexpr std::size_t kMaxJson = 768U << 10U;  // bytes; a longer answer becomes an error

  void feed(std::string_view bytes) override { lines_.feed(bytes); }
  bool next(const Moment& moment, Request& request) override;
  // Writes the answer to "explain".
  void encode(const CheckRequest& check, const receiver::Reply& reply, const DoorOptions& options, std::string& out) override;
  void give_up(std::string_view why, Request& request) override;

  [[nodiscard]] std::size_t max_in_flight() const override { return 1; }
  [[nodiscard]] bool is_broken() const override { return is_done_; }
  [[nodiscard]] bool has_partial() const override { return !is_done_ && lines_.has_partial(); }
  [[nodiscard]] std::size_t held() const override { return lines_.held(); }
  [[nodiscard]] bool is_kept() const override { return false; }

  // Appends an answer in the form above.
  static void write_control(const ControlAnswer& answer, Format format, std::string& out);

 private:
  void refuse(std::string_view why, Request& request);

  LineCutter lines_{kMaxLine};
  bool is_done_ = false;  // the one line was read
};

}  // namespace protocol
