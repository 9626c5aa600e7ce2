// The judgement of a second policy on a check (shadow-config): it is reported and has no effect.
//
// It uses the DNS answers of the check and those in the cache, and does not ask DNS, so the client never waits for it. If it
// needs another answer, its judgement is unknown.
#pragma once

#include <cstdint>
#include <optional>

#include "common/receiver/request.h"
#include "common/receiver/rules.h"
#include "common/receiver/workspace.h"
#include "common/spf/answers.h"

namespace spfd {

struct Shadow {
  enum class State : std::uint8_t {
    none,     // no second policy is configured, or the request was not checked
    known,    // `action` and `result` are those of the second policy
    unknown,  // it needs an answer that is not available
  };
  State state = State::none;
  receiver::Action action = receiver::Action::accept;  // in a dry run, the one that would be taken
  spf::Result result = spf::Result::none;

  // Returns whether the second policy decides like the reply.
  [[nodiscard]] bool agrees_with(const receiver::Reply& reply) const {
    return state == State::known && action == reply.would.value_or(reply.action) && result == reply.result;
  }

  friend bool operator==(const Shadow&, const Shadow&) = default;
};

// Judges a request whose reply is decided. `workspace`: memory to be used.
Shadow judge_shadow(const receiver::Request& request, const receiver::Policy& policy, const receiver::Reply& reply,
                    spf::AnswerSource& answers, receiver::Workspace& workspace);

}  // namespace spfd
