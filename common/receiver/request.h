// A request to check a message, independent of the protocol, and the reply to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/lint/why.h"
#include "common/spf/evaluate.h"
#include "common/spf/problem.h"
#include "common/spf/query.h"
#include "common/spf/result.h"

namespace receiver {

using lint::Why;

enum class Scope : std::uint8_t { automatic, mailfrom, helo };

struct Request {
  // Address of the SMTP client. Empty for mail without one (a local submission): the result is none.
  std::optional<base::IpAddress> client;
  std::string helo;
  std::string sender;  // with or without <>; empty: the null sender, so the HELO identity is checked (RFC 7208 §2.4)
  Scope scope = Scope::automatic;
  std::string receiver;   // name of the MTA that asks; empty: Policy::hostname
  std::string recipient;  // a recipient of the message, if known
  // The SMTP client has authenticated itself, or the MTA relays for it: SPF does not apply to mail of the MTA's own users.
  bool is_authenticated = false;
  bool is_relay = false;
  // Set by doors at which the MTA asks about all SMTP clients, including programs on its own host: clients at loopback addresses
  // are then not checked (Rules::check_loopback).
  bool spares_loopback = false;
  bool guess = false;    // add the best guess to the reply (Mail::SPF::Query)
  bool explain = false;  // add an explanation to the reply (explanation.h); only if Policy::allow_explain
  // Terms in the request, used only if the policy allows them (Policy::allow_request_policy).
  std::string guess_terms;  // replace the usual terms of the best guess
  std::string local;        // local terms, which precede those of the policy
  std::uint64_t time = 0;   // seconds since 1970
  std::string id;           // named in the header's comment; empty: none

  // Returns whether spares_loopback is set and the SMTP client has a loopback address.
  [[nodiscard]] bool is_from_this_host() const;

  friend bool operator==(const Request&, const Request&) = default;
};

enum class Action : std::uint8_t { accept, reject, defer };

// Returns "accept", "reject" or "defer".
std::string_view action_name(Action action);

// Returns the sender without surrounding blanks and angle brackets; empty for the null sender.
std::string_view bare_sender(std::string_view sender);

// The reply for the HELO identity if that was checked before MAIL FROM.
struct HeloReply {
  spf::Result result = spf::Result::none;
  std::string header_comment;
  std::string received_spf_header;  // for HELO; the one in Reply is for MAIL FROM

  friend bool operator==(const HeloReply&, const HeloReply&) = default;
};

// A best guess: the result, pass or neutral, and its texts. All are empty if there is no guess.
struct Guess {
  std::string result;
  std::string smtp_comment;
  std::string header_comment;

  friend bool operator==(const Guess&, const Guess&) = default;
};
struct Guesses {
  Guess usual;       // based on the terms of the best guess
  Guess forwarders;  // based on the trusted forwarders

  friend bool operator==(const Guesses&, const Guesses&) = default;
};

struct Reply {
  spf::Result result = spf::Result::none;
  std::optional<spf::Identity> identity;  // the identity checked; empty if none was
  // Text for the SMTP client: at most kMaxSmtpComment bytes, one line of printable US-ASCII without '"' and '\', which Exim's
  // ACL of 2004 would read as the end of a value and as the beginning of a line end.
  std::string smtp_comment;
  // Text for the comment of the header: the same form, and without parentheses.
  std::string header_comment;
  std::string local_explanation;       // the reason, in our own words; at most kMaxDetail bytes, as are mechanism and problem
  std::string authority_explanation;   // the domain's own text; only for fail
  std::string received_spf_header;     // "Received-SPF: ...", one line of at most kMaxHeader bytes (RFC 7208 §9.1)
  std::string authentication_results;  // "Authentication-Results: ...", in the same form (RFC 8601)
  std::string spf_record;
  // The domain of that identity, in A-labels and lower case; empty if none was checked. A pass applies to this domain, which may
  // differ from the one in the request (null sender, srs-unwrap).
  std::string spf_domain;
  std::string mechanism;
  std::string problem;
  spf::ProblemKind problem_kind = spf::ProblemKind::none;  // set for temperror and permerror
  Action action = Action::accept;
  int smtp_code = 250;
  std::string enhanced_code;  // RFC 7372: "5.7.23", "4.7.24"; empty for accept
  // In a dry run: the action that would have been taken; `action` is then accept.
  std::optional<Action> would;
  // The effect of local policy: "trusted-forwarders: ip4:192.0.2.0/24, neutral instead of fail"; empty if there is none. At most
  // kMaxDetail bytes.
  std::string local_policy;
  bool is_weak = false;   // a pass that a large part of the Internet would also get
  bool is_stale = false;  // expired DNS answers replaced failures, which would have given temperror
  std::optional<HeloReply> helo;
  std::optional<Guesses> guesses;
  int lookups = 0;
  int void_lookups = 0;
  std::uint32_t ttl = 0;  // seconds
  // What is wrong with the request; empty if it is valid. Otherwise `result` is temperror unless configured differently.
  std::string error;
  std::vector<spf::TraceStep> trace;
  std::optional<lint::Why> why;  // if the request asked for an explanation

  friend bool operator==(const Reply&, const Reply&) = default;
};

inline constexpr std::size_t kMaxSmtpComment = 400;  // bytes: fits an SMTP reply line of 512 (RFC 5321 §4.5.3.1.5)
inline constexpr std::size_t kMaxHeader = 998;       // bytes: RFC 5322 §2.1.1
inline constexpr std::size_t kMaxDetail = 400;       // bytes: local_explanation, local_policy, mechanism and problem

}  // namespace receiver
