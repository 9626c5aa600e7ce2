// What the receiver decides over a table of answers, in memory, with a driver that asks what is needed and keeps count.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "common/receiver/receiver.h"
#include "t/support/evaluate.h"

namespace support {

struct Decided {
  receiver::Reply reply;
  std::vector<dns::Question> asked;
  int rounds = 0;
};

// Each round asks all that is needed, and nothing ahead.
Decided decide(const receiver::Request& request, const receiver::Policy& policy,
               const std::function<dns::Answer(const dns::Question&)>& ask);
Decided decide(const receiver::Request& request, const receiver::Policy& policy, const World& world);

// As spfd has it when nothing is configured; of host mx.example.org.
receiver::Policy plain_policy();
receiver::Request request(std::string_view client, std::string_view sender, std::string_view helo = "mail.example.com");
// Throws on a mistake.
receiver::Terms terms(std::string_view text, bool with_auto = false);
receiver::DomainPattern pattern(std::string_view text);

}  // namespace support
