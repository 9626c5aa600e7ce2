// The results of an earlier checker in the Received-SPF fields of a Maildir, an mbox or a single message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "common/maillog/message.h"
#include "common/maillog/verdicts.h"

namespace spfquery {

class MailboxResults {
 public:
  // The number of pairs of client and sender that are held. Further ones are counted.
  static constexpr std::size_t kMost = 200'000;

  // Reads the mailbox; an interrupt ends it. The error is a sentence.
  std::optional<std::string> read(const std::string& path);

  // Returns the result for client and sender of the message; none: the mailbox has none. The last one of several counts.
  [[nodiscard]] std::optional<spf::Result> find(const maillog::Message& message) const;
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  std::optional<std::string> read_file(const std::string& path);

  std::unordered_map<std::string, spf::Result> results_;
  std::uint64_t left_out_ = 0;
};

}  // namespace spfquery
