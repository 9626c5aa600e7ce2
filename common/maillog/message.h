// A message or a refusal, as the log of a mail server reports it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/ip.h"
#include "common/spf/result.h"

namespace maillog {

// The decision of the mail server.
enum class Fate : std::uint8_t { accepted, rejected, deferred };
inline constexpr std::size_t kFates = 3;

struct Message {
  base::IpAddress client;
  std::optional<std::string> helo = {};  // none: the log does not have it
  std::string sender = {};               // without <>; empty: the null sender
  Fate fate = Fate::accepted;
  bool is_authenticated = false;             // the client had logged in
  std::optional<spf::Result> baseline = {};  // the result of the checker that was in use then, if the log has it

  friend bool operator==(const Message&, const Message&) = default;
};

}  // namespace maillog
