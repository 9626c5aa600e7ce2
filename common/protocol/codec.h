// What every door of spfd has in common: the protocols by which mail servers ask, each a Codec.
//
// One Codec object per connection: bytes in, requests out; reply in, bytes out. It knows no socket and no clock, and decides
// nothing about SPF. Answers are written in the order of the requests; they may be encoded in another order.
// Requests and output strings are the caller's and are reused, so that they keep their memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/reuse.h"
#include "common/protocol/srs_map.h"
#include "common/receiver/request.h"
#include "common/receiver/srs_request.h"

namespace protocol {

enum class Door : std::uint8_t {
  query,        // question lines (question_lines.h)
  policy,       // Postfix policy questions, on the same connections (policy.h)
  milter,       // Sendmail and Postfix (milter.h)
  srs_forward,  // rewriting of senders (srs_codec.h); as a socket's door: what tcp_table asks there
  srs_reverse,  // turning rewritten addresses back, likewise
};
inline constexpr std::size_t kDoors = 5;
// "query", "policy", "milter", "srs-forward", "srs-reverse".
std::string_view door_name(Door door);

// What the configuration says about answers, for all doors.
struct DoorOptions {
  enum class Header : std::uint8_t { none, received_spf, authentication_results };

  bool legacy_results = false;           // question lines: "unknown" and "error", the words of Mail::SPF::Query
  Header header = Header::received_spf;  // which one doors add that add a header themselves
  bool policy_defer_if_permit = false;   // Postfix: temperror defers only what no later restriction refuses
  std::string policy_on_pass = {};       // Postfix: the action for a pass whose header is there already; empty: DUNNO
  bool milter_at_recipient = false;      // check each recipient instead of MAIL
  bool milter_remove_forged = false;     // headers of incoming mail in our own name
  std::string hostname = {};             // our own name, where the MTA tells no other

  friend bool operator==(const DoorOptions&, const DoorOptions&) = default;
};

// Beside the bytes, what next() may look at.
struct Moment {
  const DoorOptions& options;
  std::uint64_t time = 0;  // seconds since 1970
};

// A request of a client, whatever the door: one of the kinds below.

enum class Format : std::uint8_t { lines, json };
// Postfix adds one header per message, and asks per recipient.
struct PolicyForm {
  std::uint64_t message = 0;  // counts the messages of the connection, from 1
  bool takes_header = true;   // not at the end of the message

  friend bool operator==(const PolicyForm&, const PolicyForm&) = default;
};

// Is SPF satisfied? Codec::encode() writes the answer.
struct CheckRequest {
  receiver::Request request;
  std::string id;  // returned in the answer, and logged
  // How long the client is willing to wait; nothing: not said.
  std::optional<std::chrono::milliseconds> timeout;
  // Not empty: the request cannot be answered, and why. The rest holds as far as it was understood.
  std::string error;
  std::variant<Format, PolicyForm> form;  // of the answer; the milter's has one form only

  friend bool operator==(const CheckRequest&, const CheckRequest&) = default;
};

// Can the daemon do its work? Codec::encode_health() writes the answer.
struct HealthRequest {
  std::string id;
  Format format = Format::lines;

  friend bool operator==(const HealthRequest&, const HealthRequest&) = default;
};

// The answer is known as soon as the request is read.
struct Ready {
  enum class Kind : std::uint8_t {
    ping,     // is the daemon there
    request,  // anything else that a client asks
    step,     // a step of the protocol that asks nothing; its answer may be empty
  };
  Kind kind = Kind::request;
  std::string answer;

  friend bool operator==(const Ready&, const Ready&) = default;
};

struct Request {
  // receiver::SrsRequest: to rewrite a sender; Codec::encode_rewriting() writes the answer.
  using What = std::variant<CheckRequest, receiver::SrsRequest, HealthRequest, Ready>;

  Door door = Door::query;
  bool closes = false;  // the connection ends after the answer; no further request comes
  What what;

  // Makes it a new request of one kind. If it was of that kind before, its strings keep their memory.
  template <class Kind>
  Kind& become(Door at);
  template <class Kind>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<Kind>(what);
  }
  // Bytes of text in it.
  [[nodiscard]] std::size_t size() const;

  friend bool operator==(const Request&, const Request&) = default;
};

// The answer to a HealthRequest.
struct Health {
  enum class Dns : std::uint8_t {
    ok,       // a question was answered a moment ago
    failing,  // it was not
    unknown,  // there was no time to find out
  };

  bool is_draining = false;  // the daemon stops, and takes no further connections
  Dns dns = Dns::unknown;
  int connections = 0;  // open
  int max_connections = 0;
};

class Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  virtual ~Codec() = default;

  // Adds bytes as they come from the client. Feed more only when next() gives nothing: what was fed is kept until then.
  virtual void feed(std::string_view bytes) = 0;
  // The input is at its end.
  virtual void finish() = 0;
  // The next request, into one of any content; false: there is none before more bytes come.
  virtual bool next(const Moment& moment, Request& request) = 0;
  // Appends the answer to a CheckRequest.
  virtual void encode(const CheckRequest& check, const receiver::Reply& reply, const DoorOptions& options, std::string& out) = 0;
  // Appends the answer to an SrsRequest.
  virtual void encode_rewriting(const receiver::SrsReply& /*reply*/, std::string& /*out*/) {}
  // Appends the answer to a HealthRequest.
  virtual void encode_health(const HealthRequest& /*request*/, const Health& /*health*/, std::string& /*out*/) {}
  // The request of a client that has begun something and does not go on. No further request comes.
  virtual void give_up(std::string_view why, Request& request) = 0;

  // Requests that may wait for their answers at a time. With 1, next() is called only after encode().
  [[nodiscard]] virtual std::size_t max_in_flight() const = 0;
  // The input cannot be followed any more.
  [[nodiscard]] virtual bool is_broken() const = 0;
  // After next() gave nothing: bytes of something not complete yet are there.
  [[nodiscard]] virtual bool has_partial() const = 0;
  // Bytes of input that are kept because next() has not given them out, or something that began earlier is not complete.
  [[nodiscard]] virtual std::size_t held() const = 0;
  // The connection is a mail server's, which keeps it for as long as it likes, and may say nothing for long.
  [[nodiscard]] virtual bool is_kept() const = 0;
  // A message is under way that would be lost with the connection.
  [[nodiscard]] virtual bool has_message() const { return false; }
};

// The codec of the connections that a listening socket for `door` accepts.
std::unique_ptr<Codec> make_codec(Door door);

template <class Kind>
Kind& Request::become(Door at) {
  door = at;
  closes = false;
  Kind* same = std::get_if<Kind>(&what);
  if (same == nullptr) return what.emplace<Kind>();
  base::renew(*same);
  return *same;
}

}  // namespace protocol
