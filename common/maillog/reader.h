// Reads the log of a mail server: lines in, messages and refusals out.
//
// Parts of a line may be hostile: SMTP clients choose HELO names and senders, and domain owners the texts of refusals. The
// readers follow the order of fields and the quotes that the mail server writes. A line that such a text makes ambiguous is bad:
// it is never attributed to another client, HELO name or sender. Memory is bounded: see OldestFirst and Verdicts.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "common/maillog/message.h"

namespace maillog {

enum class Format : std::uint8_t { exim, postfix, sendmail };

// Returns "exim", "postfix" or "sendmail".
constexpr std::string_view format_name(Format format) {
  switch (format) {
    case Format::exim: return "exim";
    case Format::postfix: return "postfix";
    case Format::sendmail: return "sendmail";
  }
  return "";
}

// The source of the results of the checker that was in use when the log was written.
enum class Baseline : std::uint8_t {
  none,
  header,  // Received-SPF header fields in the log
  log,     // these, and the lines of policyd-spf, OpenDMARC and spfd
};

enum class Line : std::uint8_t {
  understood,  // it may have completed messages
  other,       // about something else
  local,       // the beginning of a message without an SMTP client: a submission on the host itself
  bad,         // not a line of this log, or a message whose values cannot be read
};

class Reader {
 public:
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader() = default;

  // Reads a line without its line end, and appends the messages that it completes.
  virtual Line read(std::string_view line, std::vector<Message>& out) = 0;
  // Appends the messages whose last line has not come. Call it at the end of the log.
  virtual void finish(std::vector<Message>& out) = 0;
  // Returns the number of messages that were dropped because too many others came before their last line.
  [[nodiscard]] virtual std::uint64_t dropped() const = 0;
};

std::unique_ptr<Reader> make_reader(Format format, Baseline baseline);

}  // namespace maillog
