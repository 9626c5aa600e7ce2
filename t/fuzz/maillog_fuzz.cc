// The logs of mail servers. Input: the format and the baseline, then the lines of a log; the rest is also read as a mailbox. The
// first three lines are also values that an SMTP client chooses, in logs that are correct apart from these.
#include <algorithm>
#include <string>
#include <vector>

#include "common/maillog/mailbox.h"
#include "common/maillog/reader.h"
#include "common/maillog/scan.h"
#include "t/fuzz/target.h"
#include "t/support/hostile_log.h"

namespace {

void check_message(const maillog::Message& message, const std::string& log) {
  const auto again = base::IpAddress::parse(message.client.text());
  fuzz::check(again && *again == message.client, "an address that was read can be read again");
  fuzz::check(message.sender.size() <= maillog::kMaxSender, "the size of a sender is bounded");
  fuzz::check(!message.helo || message.helo->size() <= maillog::kMaxHelo + 1, "the size of a HELO name is bounded");
  fuzz::check(log.find(message.sender) != std::string::npos, "a sender is a part of the log");
}

void check_verdicts(std::vector<maillog::Verdict>& verdicts) {
  for (const maillog::Verdict& verdict : verdicts) {
    fuzz::check(!verdict.sender || verdict.sender->size() <= maillog::kMaxSender, "the size of a sender is bounded");
    fuzz::check(!verdict.helo || verdict.helo->size() <= maillog::kMaxHelo + 1, "the size of a HELO name is bounded");
  }
  verdicts.clear();
}

void check_hostile_values(const std::string& log) {
  fuzz::Cutter input(reinterpret_cast<const std::uint8_t*>(log.data()), log.size());
  support::HostileValues values;
  for (std::string* value : {&values.helo, &values.local, &values.text}) {
    *value = input.line().substr(0, 500);
    if (!fuzz::is_printable(*value)) return;
  }
  for (const support::HostileLog& one : support::hostile_logs(values))
    fuzz::check(support::wrong_reading(one).empty(), "a log is read as what it is about, or is bad");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Cutter input(data, size);
  const auto format = static_cast<maillog::Format>(input.byte() % 3);
  const auto baseline = static_cast<maillog::Baseline>(input.byte() % 3);
  const std::string log(input.rest());
  check_hostile_values(log);
  const auto reader = maillog::make_reader(format, baseline);
  maillog::FieldFinder finder;
  std::vector<maillog::Message> messages;
  std::vector<maillog::Verdict> verdicts;
  std::size_t lines = 0;
  std::size_t understood = 0;
  for (fuzz::Cutter rest(reinterpret_cast<const std::uint8_t*>(log.data()), log.size()); !rest.empty(); ++lines) {
    const std::string_view line = rest.line();
    if (reader->read(line, messages) == maillog::Line::understood) ++understood;
    finder.read(line, verdicts);
    check_verdicts(verdicts);
  }
  reader->finish(messages);
  finder.finish(verdicts);
  check_verdicts(verdicts);
  fuzz::check(messages.size() <= understood, "each message has a line of its own");
  for (const maillog::Message& message : messages) check_message(message, log);
  return 0;
}
