// The DNS wire format: a question to bytes, bytes to an answer.
//
// Reading is done by libresolv (ns_initparse, ns_parserr, ns_name_unpack). Questions are written label by label, since
// res_nmkquery wants master-file escapes and a resolver state. Source: RFC 1035 §4, RFC 6891 (EDNS0), RFC 2308 (negative TTL),
// RFC 7873 (cookies).
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

// Octets of a UDP answer that we are ready to take (DNS flag day 2020: no fragments).
inline constexpr std::uint16_t kUdpPayload = 1232;

// The data of a COOKIE option (RFC 7873 §4): 8 octets of the client's, then none or 8 to 32 of the server's.
struct Cookie {
  static constexpr std::size_t kClientSize = 8;
  static constexpr std::size_t kMaxSize = 40;

  std::array<std::uint8_t, kMaxSize> bytes{};
  std::uint8_t size = 0;  // 0: there is none

  [[nodiscard]] std::span<const std::uint8_t> data() const { return {bytes.data(), size}; }
  [[nodiscard]] bool has_server_part() const { return size > kClientSize; }
};

// RFC 7873 §8: the server wants another server cookie, which comes with this RCODE.
inline constexpr int kBadCookie = 23;

// A query with recursion desired. With `edns`, an OPT record that offers kUdpPayload, and holds `cookie` if there is one.
std::vector<std::uint8_t> encode_query(const Question& question, std::uint16_t id, bool edns, const Cookie& cookie = {});

// What a response says, before anyone decides what it means.
struct Response {
  enum class Kind : std::uint8_t {
    answer,     // `answer` holds it (status ok, name_error or alias; failure when its CNAMEs are a loop)
    truncated,  // TC bit: ask again over TCP
    refused,    // an RCODE other than 0 and 3: `rcode`
  };
  Kind kind = Kind::answer;
  int rcode = 0;
  Answer answer;
  Cookie cookie;  // of any kind of response
};

// Why bytes are not the response to a question. not_ours: another id, another question, no response at all, a cookie of a
// length that cookies cannot have (RFC 7873 §5.3): keep waiting (it may be forged). malformed: the right id and question, but
// what follows cannot be read, or has over 1,000 records a section. A response without question section is ours if the id is
// right and its RCODE is an error: so old servers refuse EDNS0.
enum class ReadError : std::uint8_t { not_ours, malformed };

base::Result<Response, ReadError> decode_response(std::span<const std::uint8_t> message, const Question& question,
                                                  std::uint16_t id);

// "SERVFAIL", "REFUSED", "RCODE 17".
std::string rcode_name(int rcode);

}  // namespace dns
