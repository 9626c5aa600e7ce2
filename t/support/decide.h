// Runs the receiver over a table of answers in memory, with a driver that asks the needed questions and counts them.
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

// Asks in each round all needed questions, and none of the wanted ones.
Decided decide(const receiver::Request& request, const receiver::Policy& policy,
               const std::function<dns::Answer(const dns::Question&)>& ask);
Decided decide(const receiver::Request& request, const receiver::Policy& policy, const World& world);

// Returns the policy of an spfd without configuration, on host mx.example.org.
receiver::Policy plain_policy();
receiver::Request request(std::string_view client, std::string_view sender, std::string_view helo = "mail.example.com");
// Throw on an invalid text.
receiver::Terms terms(std::string_view text, bool with_auto = false);
receiver::DomainPattern pattern(std::string_view text);

}  // namespace support
