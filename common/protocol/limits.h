// The bounds on the values of a request, in bytes. All doors share them.
//
// A value chosen by an SMTP client must not prevent the check of the other values, so a bound on it never causes an error: an
// overlong value is invalid or shortened, and the rest is checked. Bounds on values chosen by the mail server may cause an error
// (CheckRequest::error); then the mail is deferred unless configured otherwise.
//
// | value                | chosen by       | over the bound                                                              |
// |----------------------|-----------------|-----------------------------------------------------------------------------|
// | the request          | mail server     | error, and the connection closes                                            |
// | client address       | mail server     | error: it is longer than any valid address                                  |
// | HELO name            | SMTP client     | not a name: result none for that identity, %{h} is "unknown"                |
// | sender, recipient    | SMTP client     | loses the beginning of its local part; the domain is checked nevertheless   |
// | receiver             | mail server     | ignored, as if it were not given                                            |
// | id                   | mail server     | cut                                                                         |
// | local, guess_mechs   | mail server     | error                                                                       |
// | unknown keys, lines  | either          | ignored; there is no bound                                                  |
#pragma once

#include <cstddef>

namespace protocol {

// A whole request: its lines with their line ends, without the empty line that ends it.
inline constexpr std::size_t kMaxRequest = 64UL << 10U;
// RFC 5321 §4.5.3.1.2. A domain name has at most 253 bytes, so a longer text is not a name.
inline constexpr std::size_t kMaxHelo = 255;
// A sender or recipient without its angle brackets. RFC 5321 §4.5.3.1 allows 64 + 1 + 255; mail servers accept more.
inline constexpr std::size_t kMaxMailbox = 1024;
inline constexpr std::size_t kMaxReceiver = 255;
inline constexpr std::size_t kMaxId = 1024;
inline constexpr std::size_t kMaxTerms = 8192;
// One value of an answer.
inline constexpr std::size_t kMaxAnswerValue = 8192;

}  // namespace protocol
