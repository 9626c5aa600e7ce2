// DNS questions and answers, independent of the wire format.
//
// An answer holds only records of the type asked that belong to the CNAME chain of the name asked.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/rare.h"
#include "common/dns/name.h"

namespace dns {

// Record types; values of RFC 1035, RFC 3596 and RFC 7208 §3.1. Only examinations of records ask for `ns` and `spf`.
enum class Type : std::uint16_t { a = 1, ns = 2, ptr = 12, mx = 15, txt = 16, aaaa = 28, spf = 99 };

// The types that checks ask for.
inline constexpr std::array kTypes = {Type::a, Type::aaaa, Type::mx, Type::ptr, Type::txt};

std::string_view type_name(Type type);

// Maximum number of CNAMEs followed per question; a longer chain counts as a loop.
inline constexpr int kMaxCnames = 16;

struct Question {
  Name name;
  Type type = Type::txt;

  friend bool operator==(const Question&, const Question&) = default;
};

// TTL, in seconds, of "no such name" and "no such record" without an SOA record, which some caching stub resolvers omit.
inline constexpr std::uint32_t kUnsaidTtl = 5;

enum class Status : std::uint8_t {
  ok,          // RCODE 0, with or without records
  name_error,  // RCODE 3: the name does not exist
  failure,     // any other RCODE, a time-out, or an unreadable answer: see Answer::problem
  alias,       // the CNAME chain continues at Answer::names[0], for which the answer has no data: ask for that name
};

// The cause of a Status::failure. It determines who may keep the failure, and for how long.
enum class Cause : std::uint8_t {
  reported,   // a name server reported it (its RCODE, an unreadable answer, a CNAME loop)
  no_tcp,     // the answer of a server of the zone is too long for UDP, and TCP failed; in examinations only
  no_answer,  // our name servers answered other questions meanwhile, but not this one: the servers of its zone are silent
  // Not related to the name, so these two are never kept or shared:
  unavailable,  // no name server answered in the full time of the question, or TCP failed. An expired answer may be used
  local,        // a limit of our own, such as the deadline of a check; says nothing about DNS
};

// Returns whether a failure of this cause says nothing about the name.
constexpr bool is_own(Cause cause) { return cause >= Cause::unavailable; }

// A place where two character-strings of a TXT record meet.
struct Border {
  std::uint16_t text = 0;  // the index of the record in Answer::texts
  std::uint16_t at = 0;    // the length of the text before it

  friend bool operator==(const Border&, const Border&) = default;
};

// The text of a TXT record, whose character-strings are added one after the other without separator (RFC 7208 §3.3).
struct JoinedText {
  std::string text;
  std::vector<std::uint16_t> borders;

  void add(std::string_view part);
};

struct Answer {
  Status status = Status::ok;
  // Status failure only.
  Cause cause = Cause::reported;
  // The links of the CNAME chain in this answer.
  std::uint8_t cnames = 0;
  // Seconds that the answer may be kept: the lowest TTL of its records and CNAMEs; for negative answers also the limit from the
  // SOA record (RFC 2308 §5), or kUnsaidTtl without one.
  std::uint32_t ttl = 0;
  // Types a and aaaa.
  std::vector<base::IpAddress> addresses;
  // Type mx: the hosts by preference, hosts of equal preference in the order of the answer; "" is the root ("null MX"). Type
  // ptr: the names. All in the form of Name::text(); "?" replaces a name that Name cannot hold, and is never asked for or
  // compared. Type ns: the servers. Status alias: the one name to ask for instead.
  std::vector<std::string> names;
  // Types txt and spf: one string per record.
  std::vector<std::string> texts;
  // Status failure: the reason, such as "SERVFAIL" or "timed out".
  std::string problem;
  // The places at which the character-strings of SPF records meet; other texts have none here. In the order of the texts.
  base::Rare<std::vector<Border>> borders;

  // Appends a record to `texts`.
  void add_text(JoinedText&& joined);

  // Returns whether the lookup is void (RFC 7208 §4.6.4): RCODE 0 without records, or a name error.
  [[nodiscard]] bool is_void() const {
    return status == Status::name_error || (status == Status::ok && addresses.empty() && names.empty() && texts.empty());
  }

  friend bool operator==(const Answer&, const Answer&) = default;
};

// Returns an answer of status failure.
Answer failure_answer(std::string problem, Cause cause = Cause::reported);
// Returns an answer of status alias.
Answer alias_answer(const Name& target, std::uint32_t ttl, std::uint8_t cnames = 1);

// Returns whether these MX hosts of a name are a null MX: it accepts no mail (RFC 7505).
inline bool is_null_mx(const std::vector<std::string>& hosts) { return hosts.size() == 1 && hosts.front().empty(); }

}  // namespace dns

template <>
struct std::hash<dns::Question> {
  std::size_t operator()(const dns::Question& question) const noexcept {
    return std::hash<dns::Name>{}(question.name) ^ (static_cast<std::size_t>(question.type) * 0x9e3779b97f4a7c15ULL);
  }
};
