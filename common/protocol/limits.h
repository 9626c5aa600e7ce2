// What a question may hold, by the kind of the value: the one table of bounds that all doors share. Bytes.
//
// A value that an SMTP client chooses is never a reason to leave the rest unchecked, so a bound on it never makes an error: the
// value counts as what it is, and everything else as if it were short. Bounds on values that the mail server chooses may make
// the question one that cannot be evaluated (Inquiry::error), which is deferred unless it is configured otherwise.
//
// | value                | who chooses it  | over the bound                                                              |
// |----------------------|-----------------|-----------------------------------------------------------------------------|
// | the question         | mail server     | cannot be evaluated, and the connection closes                              |
// | client address       | mail server     | no address has more bytes than its syntax allows: cannot be evaluated       |
// | HELO name            | SMTP client     | not a name: result none for that identity, %{h} is "unknown"                |
// | sender, recipient    | SMTP client     | loses the beginning of its local part: the domain is checked all the same   |
// | receiver             | mail server     | ignored, as if it were not given                                            |
// | id                   | mail server     | cut                                                                         |
// | local, guess_mechs   | mail server     | cannot be evaluated                                                         |
// | unknown keys, lines  | anybody         | ignored, of any length                                                      |
#pragma once

#include <cstddef>

namespace protocol {

// The lines of a question with their line ends, without the empty line at its end.
inline constexpr std::size_t kMaxQuestion = 64UL << 10U;
// RFC 5321 §4.5.3.1.2. A domain name has at most 253, so what is longer cannot be one.
inline constexpr std::size_t kMaxHelo = 255;
// A sender or recipient without its angle brackets. RFC 5321 §4.5.3.1 allows 64 + 1 + 255; mail servers take more.
inline constexpr std::size_t kMaxMailbox = 1024;
inline constexpr std::size_t kMaxReceiver = 255;
inline constexpr std::size_t kMaxId = 1024;
inline constexpr std::size_t kMaxTerms = 8192;
// One value of an answer.
inline constexpr std::size_t kMaxAnswerValue = 8192;

}  // namespace protocol
