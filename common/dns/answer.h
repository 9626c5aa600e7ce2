// A DNS question and what is known as its answer, free of any wire format.
//
// The answer to a question holds only records of the type asked that are on the chain of CNAMEs of the name asked.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/dns/name.h"

namespace dns {

// The types that SPF asks for; values as in RFC 1035 and RFC 3596.
enum class Type : std::uint16_t { a = 1, ptr = 12, mx = 15, txt = 16, aaaa = 28 };

std::string_view type_name(Type type);

// CNAMEs that are followed for one question; a longer chain is taken for a loop.
inline constexpr int kMaxCnames = 16;

struct Question {
  Name name;
  Type type = Type::txt;

  friend bool operator==(const Question&, const Question&) = default;
};

// Seconds that "no such name" or "no such record" is kept when no SOA comes with it, as caches of stub resolvers leave it out.
inline constexpr std::uint32_t kUnsaidTtl = 5;

enum class Status : std::uint8_t {
  ok,          // RCODE 0; there may be no record
  name_error,  // RCODE 3: the name does not exist
  failure,     // any other RCODE, a time-out, or an answer that could not be read: see Answer::problem
  alias,       // the chain of CNAMEs goes on at Answer::names[0], and the answer does not say what is there: ask for it
};

// Why there is no answer, for Status::failure: it decides who may keep the failure, and for how long.
enum class Cause : std::uint8_t {
  reported,   // a name server said so (its RCODE, an answer that cannot be read, a loop of CNAMEs)
  no_answer,  // name servers that answered other questions meanwhile did not answer this one: its zone's servers are silent
  local,      // says nothing about the name: a limit of our own, or none of our name servers answers. Never kept, never shared
};

struct Answer {
  Status status = Status::ok;
  // Seconds that the answer may be kept: the least TTL of its records and CNAMEs; negative answers: from the SOA (RFC 2308 §5),
  // kUnsaidTtl without one.
  std::uint32_t ttl = 0;
  // Type a, aaaa.
  std::vector<base::IpAddress> addresses;
  // Type mx: the hosts by preference, then as they came; "" is the root ("null MX"). Type ptr: the names. In the form of
  // Name::text(); names that Name cannot hold are "?", which no Name equals and Name::parse accepts nowhere as multi-label.
  // Status alias: the one name that is to be asked instead.
  std::vector<std::string> names;
  // Type txt: one string a record, its character-strings joined without separator (RFC 7208 §3.3).
  std::vector<std::string> texts;
  // Status failure: the reason in a few words: "SERVFAIL", "timed out".
  std::string problem;
  // Status failure only.
  Cause cause = Cause::reported;

  // RCODE 0 without record, or name error: what makes a look-up "void" (RFC 7208 §4.6.4).
  [[nodiscard]] bool is_void() const {
    return status == Status::name_error || (status == Status::ok && addresses.empty() && names.empty() && texts.empty());
  }

  friend bool operator==(const Answer&, const Answer&) = default;
};

// An answer of status failure.
Answer failure_answer(std::string problem, Cause cause = Cause::reported);
// An answer of status alias.
Answer alias_answer(const Name& target, std::uint32_t ttl);

}  // namespace dns

template <>
struct std::hash<dns::Question> {
  std::size_t operator()(const dns::Question& question) const noexcept {
    return std::hash<dns::Name>{}(question.name) ^ (static_cast<std::size_t>(question.type) * 0x9e3779b97f4a7c15ULL);
  }
};
