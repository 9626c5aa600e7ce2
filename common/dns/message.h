// The DNS wire format: encodes questions and decodes answers.
//
// Messages are read with libresolv (ns_initparse, ns_parserr, ns_name_unpack). Questions are written label by label, because
// res_nmkquery requires master-file escapes and a resolver state. Source: RFC 1035 §4, RFC 6891 (EDNS0), RFC 2308 (negative
// TTL), RFC 7873 (cookies).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/dns/answer.h"

namespace dns {

// Largest UDP answer that we accept, in octets (DNS flag day 2020: no fragments).
inline constexpr std::uint16_t kUdpPayload = 1232;

// The data of a COOKIE option (RFC 7873 §4): 8 octets of the client cookie, then none or 8 to 32 of the server cookie.
struct Cookie {
  static constexpr std::size_t kClientSize = 8;
  static constexpr std::size_t kMaxSize = 40;

  std::array<std::uint8_t, kMaxSize> bytes{};
  std::uint8_t size = 0;  // 0: no cookie

  [[nodiscard]] std::span<const std::uint8_t> data() const { return {bytes.data(), size}; }
  [[nodiscard]] bool has_server_part() const { return size > kClientSize; }
};

// The RCODE BADCOOKIE (RFC 7873 §8): the server rejects our server cookie and sends a new one with this answer.
inline constexpr int kBadCookie = 23;

// Returns a DNS message with recursion desired. With `edns`, it has an OPT record that offers kUdpPayload and holds `cookie`, if
// there is one.
std::vector<std::uint8_t> encode_query(const Question& question, std::uint16_t id, bool edns, const Cookie& cookie = {});

// A decoded response, before any decision about retries.
struct Response {
  enum class Kind : std::uint8_t {
    answer,     // see `answer` (status ok, name_error or alias; failure for a CNAME loop)
    truncated,  // the TC bit is set: ask again over TCP
    refused,    // `rcode` is neither 0 nor 3
  };
  Kind kind = Kind::answer;
  int rcode = 0;
  Answer answer;
  Cookie cookie;  // for any kind of response
};

// The reason why bytes are not the response to a question. not_ours: another id, another question, not a response, or a cookie
// of an invalid length (RFC 7873 §5.3); it may be forged, so keep waiting. malformed: id and question are right, but the rest
// cannot be read. A response without a question section is ours if the id is right and its RCODE is an error: old servers refuse
// EDNS0 this way.
enum class ReadError : std::uint8_t { not_ours, malformed };

base::Result<Response, ReadError> decode_response(std::span<const std::uint8_t> message, const Question& question,
                                                  std::uint16_t id);

// Returns "SERVFAIL", "REFUSED" and so on, or "RCODE 17" for a code without a name.
std::string rcode_name(int rcode);

}  // namespace dns
