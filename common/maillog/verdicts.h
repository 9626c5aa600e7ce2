// The results of the checker that was in use when a log was written: its lines in the log, and its Received-SPF header fields.
//
// A line about a queue id belongs to that message. Other lines name client and sender; the last one about both counts. They also
// supply the HELO name, which Postfix and Sendmail do not write themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/maillog/message.h"
#include "common/maillog/oldest_first.h"
#include "common/maillog/reader.h"

namespace maillog {

struct Verdict {
  std::optional<spf::Result> result = {};
  std::optional<base::IpAddress> client = {};
  std::optional<std::string> helo = {};
  std::optional<std::string> sender = {};  // empty: the null sender

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// Returns the result with that name, in any case and also in the words of earlier checkers ("error", "unknown").
std::optional<spf::Result> result_of(std::string_view word);

// Reads the value of a Received-SPF field (RFC 7208 §9.1), unfolded: "pass (comment) client-ip=192.0.2.1; ...". None: it has no
// result, or a value that it contains may imitate a key.
std::optional<Verdict> parse_received_spf(std::string_view value);

class Verdicts {
 public:
  // The number of messages, and of pairs of client and sender, whose verdicts are held. The oldest ones make room.
  static constexpr std::size_t kMost = 20'000;

  explicit Verdicts(Baseline baseline) : baseline_(baseline) {}

  // Reads a line of another program. True: it is a verdict.
  bool read(std::string_view program, std::string_view text);
  // Adds a Received-SPF field that the log has for a queue id.
  void add_field(std::string_view id, std::string_view value);
  // Adds to a message what is known about it: about its queue id, which may be empty, or else about its client and sender.
  void complete(Message& message, std::string_view id);

 private:
  void add(Verdict verdict, bool is_field);
  void add_to(const std::string& id, Verdict verdict);

  Baseline baseline_;
  OldestFirst<Verdict> by_id_{kMost};
  OldestFirst<Verdict> by_pair_{kMost};
};

}  // namespace maillog
