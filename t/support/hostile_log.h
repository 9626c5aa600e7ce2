// Logs of one message or refusal, as mail servers write them, with values that an SMTP client chooses.
#pragma once

#include <string>
#include <vector>

#include "common/maillog/reader.h"

namespace support {

// Printable texts.
struct HostileValues {
  std::string helo;   // HELO name
  std::string local;  // within the quotes of the sender's local part
  std::string text;   // a Subject, Message-ID or certificate name, or the explanation of a domain
};

struct HostileLog {
  maillog::Format format = maillog::Format::exim;
  std::vector<std::string> lines;
  std::vector<maillog::Message> allowed;  // the message in the log; empty: the log has none
};

// Returns a log for each form of line that contains one of the values.
std::vector<HostileLog> hostile_logs(const HostileValues& values);

// Returns a description of the first wrong reading of the log; empty: all readings are right.
std::string wrong_reading(const HostileLog& log);

}  // namespace support
