// The shared world of the tests of the receiver's rules: small domains, one for each result.
#pragma once

#include <optional>
#include <string_view>

#include "common/receiver/rules.h"
#include "t/support/decide.h"

namespace rules_world {

using receiver::Action;
using receiver::Policy;
using receiver::Reply;
using receiver::Request;
using receiver::Rules;
using spf::Identity;
using spf::Result;
using support::decide;
using support::request;
using support::World;

inline constexpr const char* kClient = "192.0.2.1";

inline World world() {
  World out;
  out.txt("example.com", "v=spf1 ip4:192.0.2.0/24 -all");
  out.txt("fail.example", "v=spf1 ip4:198.51.100.1 -all");
  out.txt("soft.example", "v=spf1 ip4:198.51.100.1 ~all");
  out.txt("neutral.example", "v=spf1 ip4:198.51.100.1 ?all");
  out.txt("broken.example", "v=spf1 foo:bar -all");
  out.txt("exp.example", "v=spf1 -all exp=why.exp.example").txt("why.exp.example", "by %{i}");
  out.txt("never.example", "v=spf1 -all");
  out.txt("open.example", "v=spf1 ip4:198.51.100.1");
  out.failure("temp.example", dns::Type::txt);
  out.a("plain.example", "192.0.2.80");
  out.txt("mail.example.com", "v=spf1 ip4:192.0.2.1 -all");
  out.txt("helo.example", "v=spf1 ip4:198.51.100.1 -all");
  return out;
}

inline std::optional<Action>& on(Rules& rules, Result result, Identity identity = Identity::mailfrom) {
  return (identity == Identity::helo ? rules.helo : rules.mailfrom)[static_cast<std::size_t>(result)];
}

inline Reply reply_to(const Request& asked, const Policy& by) { return decide(asked, by, world()).reply; }
inline Reply reply_to(std::string_view sender, const Policy& by) { return reply_to(request(kClient, sender), by); }

inline bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace rules_world
