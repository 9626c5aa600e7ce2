// spfquery --replay: takes the messages and refusals of a mail server's log, and checks them with the DNS of today.
//
// Each triple of client, HELO name and sender is checked once, as long as the table of checks has room. Many checks run at the
// same time; reading waits while Options::jobs of them are under way.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/dns/zone.h"
#include "common/io/driver.h"
#include "common/io/loop.h"
#include "common/maillog/reader.h"
#include "spfquery/interrupt.h"
#include "spfquery/log_files.h"
#include "spfquery/mailbox_results.h"
#include "spfquery/options.h"
#include "spfquery/progress.h"
#include "spfquery/replay_report.h"
#include "spfquery/replay_tally.h"

namespace spfquery {

class Replay {
 public:
  // All references must outlive it.
  Replay(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone);
  ~Replay();
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // Runs the loop until all messages are checked, or the user interrupts it; prints the report, and returns the exit code.
  int run();

 private:
  class Check;

  void schedule();
  void advance();
  bool read_line();
  void take(maillog::Message& message);
  void begin(const std::string& key, const maillog::Message& message);
  void finish(Check& check);
  void complain(const std::string& what);

  io::Loop& loop_;
  const Options& options_;
  receiver::Policy policy_;
  io::Driver driver_;
  LogFiles files_;
  std::unique_ptr<maillog::Reader> reader_;
  MailboxResults mailbox_;
  Progress progress_;
  Interrupt interrupt_;
  io::Timer soon_;
  bool is_scheduled_ = false;
  bool at_end_ = false;
  std::vector<maillog::Message> messages_;  // read, not yet taken
  std::size_t next_message_ = 0;
  std::unordered_map<std::string, std::unique_ptr<Check>> checks_;  // under way, by client, HELO name and sender
  std::unordered_map<std::string, ReplayedCheck> known_;
  std::size_t known_bytes_ = 0;
  ReplayCounts counts_;
  Tally tally_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace spfquery
