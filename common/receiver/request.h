// One question of a mail server, whatever protocol it came by, and the reply to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/spf/evaluate.h"
#include "common/spf/query.h"
#include "common/spf/result.h"

namespace receiver {

enum class Scope : std::uint8_t { automatic, mailfrom, helo };

struct Request {
  // Nothing: mail without an SMTP client (a local submission): result none.
  std::optional<base::IpAddress> client;
  std::string helo;
  std::string sender;  // with or without <>; empty: the null sender, so the HELO identity is checked (RFC 7208 §2.4)
  Scope scope = Scope::automatic;
  std::string receiver;   // name of the MTA that asks; empty: our own
  std::string recipient;  // a recipient of the message, if known
  // The client has logged in at the MTA, or the MTA relays for it: it sends its own users' mail, from wherever it is.
  bool is_authenticated = false;
  bool is_relay = false;
  // The MTA asks about all of its clients, and so about programs of this host that send by SMTP: clients at loopback addresses
  // are not checked (Rules::check_loopback).
  bool spares_loopback = false;
  bool guess = false;  // tell the best guess too (Mail::SPF::Query)
  // Terms that the request brings; they count only where the policy allows it.
  std::string guess_terms;  // instead of the usual ones of the best guess
  std::string local;        // local terms, before those of the policy
  std::uint64_t time = 0;   // seconds since 1970

  // The door spares clients at loopback addresses, and this is one: a program of this host.
  [[nodiscard]] bool is_from_this_host() const;

  friend bool operator==(const Request&, const Request&) = default;
};

enum class Action : std::uint8_t { accept, reject, defer };

// "accept", "reject", "defer".
std::string_view action_name(Action action);

// The sender without blanks and angle brackets around it; empty: the null sender.
std::string_view bare_sender(std::string_view sender);

// What the HELO identity came to, where it was checked before MAIL FROM.
struct HeloReply {
  spf::Result result = spf::Result::none;
  std::string header_comment;
  std::string received_spf_header;  // its own; that of the reply is about MAIL FROM

  friend bool operator==(const HeloReply&, const HeloReply&) = default;
};

// A best guess: pass or neutral, and the sentences about it. Empty: there is none.
struct Guess {
  std::string result;
  std::string smtp_comment;
  std::string header_comment;

  friend bool operator==(const Guess&, const Guess&) = default;
};
struct Guesses {
  Guess usual;       // by the terms of the best guess
  Guess forwarders;  // by the trusted forwarders

  friend bool operator==(const Guesses&, const Guesses&) = default;
};

struct Reply {
  spf::Result result = spf::Result::none;
  std::optional<spf::Identity> identity;  // the one checked; nothing when none could be
  // Text for the SMTP client: at most kMaxSmtpComment bytes, one line of printable US-ASCII without '"' and '\', which
  // Exim's ACL of 2004 would take for the end of a value and for the begin of a line end.
  std::string smtp_comment;
  // Text for people: the comment of the header. Same form, and without parentheses.
  std::string header_comment;
  std::string local_explanation;       // why, in our own words; at most kMaxDetail bytes, as mechanism and problem
  std::string authority_explanation;   // text of the domain itself, only for fail
  std::string received_spf_header;     // "Received-SPF: ...", one line, at most kMaxHeader bytes (RFC 7208 §9.1)
  std::string authentication_results;  // "Authentication-Results: ...", likewise (RFC 8601)
  std::string spf_record;
  // The domain of that identity, in A-labels and lower case; empty where there was none to be checked. A pass is a pass of this
  // domain, which need not be the one in the request (null sender, srs-unwrap).
  std::string spf_domain;
  std::string mechanism;
  std::string problem;
  Action action = Action::accept;
  int smtp_code = 250;
  std::string enhanced_code;  // RFC 7372: "5.7.23", "4.7.24"; empty for accept
  // In a dry run: what would have been done; `action` is accept then.
  std::optional<Action> would;
  // What local policy did: "trusted-forwarders: ip4:192.0.2.0/24, neutral instead of fail"; empty: nothing. At most kMaxDetail.
  std::string local_policy;
  bool is_weak = false;  // a pass that a large part of the Internet would get
  std::optional<HeloReply> helo;
  std::optional<Guesses> guesses;
  int lookups = 0;
  int void_lookups = 0;
  std::uint32_t ttl = 0;  // seconds
  // The request itself was bad: what is wrong with it. result is then temperror unless configured otherwise.
  std::string error;
  std::vector<spf::TraceStep> trace;

  friend bool operator==(const Reply&, const Reply&) = default;
};

inline constexpr std::size_t kMaxSmtpComment = 400;  // bytes: fits an SMTP reply line of 512 (RFC 5321 §4.5.3.1.5)
inline constexpr std::size_t kMaxHeader = 998;       // bytes: RFC 5322 §2.1.1
inline constexpr std::size_t kMaxDetail = 400;       // bytes: of local_explanation, mechanism and problem

}  // namespace receiver
