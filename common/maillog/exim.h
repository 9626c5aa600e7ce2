// Exim's main log, as a file or through syslog (The Exim Specification, "Log files").
//
//     2026-11-26 09:12:58 1xWVXG-00001Q-0d <= alice@example.org H=(mail.example.org) [192.0.2.66] P=esmtp S=642
//     2026-11-26 09:13:00 H=(mail.example.org) [192.0.2.66] F=<alice@example.org> rejected RCPT <bob@example.net>: 550 ...
//
// Each line is complete by itself. Fields of other log selectors may be between these; a time zone, milliseconds and the process
// id may follow the time.
#pragma once

#include "common/maillog/reader.h"
#include "common/maillog/verdicts.h"

namespace maillog {

class EximReader final : public Reader {
 public:
  explicit EximReader(Baseline baseline) : verdicts_(baseline) {}

  Line read(std::string_view line, std::vector<Message>& out) override;
  void finish(std::vector<Message>& /*out*/) override {}
  [[nodiscard]] std::uint64_t dropped() const override { return 0; }

 private:
  Verdicts verdicts_;
};

}  // namespace maillog
