// The interface that all doors of spfd share. Each protocol is a Codec.
//
// There is one Codec object per connection. It turns bytes into requests, and replies into bytes. It uses no socket and no clock,
// and makes no decisions about SPF. Answers are written in the order of the requests, but may be encoded in another order.
// The caller owns requests and output strings, and reuses them so that they keep their memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/enums.h"
#include "common/base/reuse.h"
#include "common/protocol/srs_map.h"
#include "common/receiver/request.h"
#include "common/receiver/srs_request.h"

namespace protocol {

enum class Door : std::uint8_t {
  query,        // query lines (query_lines.h)
  policy,       // Postfix policy requests, on the same connections (policy.h)
  milter,       // Sendmail and Postfix (milter.h)
  srs_forward,  // rewriting senders (srs_codec.h); for a socket: the direction of tcp_table requests
  srs_reverse,  // reversing rewritten addresses; for a socket: the direction of tcp_table requests
  control,      // commands of the administrator (control.h)
};
constexpr std::string_view door_name(Door door) {
  switch (door) {
    case Door::query: return "query";
    case Door::policy: return "policy";
    case Door::milter: return "milter";
    case Door::srs_forward: return "srs-forward";
    case Door::srs_reverse: return "srs-reverse";
    case Door::control: return "control";
  }
  return "";
}
inline constexpr std::size_t kDoors = base::count_named(door_name);

// The configuration of answers, for all doors.
struct DoorOptions {
  enum class Header : std::uint8_t { none, received_spf, authentication_results };

  bool legacy_results = false;           // query lines: use "unknown" and "error" as in Mail::SPF::Query
  Header header = Header::received_spf;  // the header that policy and milter answers add
  bool policy_defer_if_permit = false;   // policy: defer with DEFER_IF_PERMIT, so that later restrictions may still reject
  std::string policy_on_pass = {};       // policy: the action for a pass if the header was already added; empty: DUNNO
  bool milter_at_recipient = false;      // milter: check at each recipient instead of at MAIL
  bool milter_remove_forged = false;     // milter: remove headers of incoming mail that claim to be ours
  std::string hostname = {};             // milter: our name, in addition to the MTA's own

  friend bool operator==(const DoorOptions&, const DoorOptions&) = default;
};

// The input of Codec::next() besides the bytes.
struct Moment {
  const DoorOptions& options;
  std::uint64_t time = 0;  // seconds since 1970
};

// ---- the kinds of requests -------------------------------------------------------------------------------------------------

enum class Format : std::uint8_t { lines, json };
// Postfix sends a policy request per recipient, but the header must be added once per message.
struct PolicyForm {
  std::uint64_t message = 0;  // number of the message on this connection, from 1
  bool takes_header = true;   // false at the end of the message

  friend bool operator==(const PolicyForm&, const PolicyForm&) = default;
};

// A request to check a message. CheckCodec::encode() writes the answer.
struct CheckRequest {
  receiver::Request request;
  std::string id;  // copied to the answer and to the log
  // How long the client waits; empty if it does not say.
  std::optional<std::chrono::milliseconds> timeout;
  // Why the request cannot be answered; empty if it can. After an error the other members hold what was understood.
  std::string error;
  std::variant<Format, PolicyForm> form;  // the form of the answer; milter answers have only one

  friend bool operator==(const CheckRequest&, const CheckRequest&) = default;
};

// A request to rewrite a sender, or to reverse that. encode_srs() in srs_reader.h makes the answer.
struct RewritingRequest {
  receiver::SrsRequest request;
  SrsProtocol protocol = SrsProtocol::lines;  // in which the answer is written

  friend bool operator==(const RewritingRequest&, const RewritingRequest&) = default;
};

// A request for the daemon's health. append_health() in query_lines.h writes the answer.
struct HealthRequest {
  std::string id;
  Format format = Format::lines;

  friend bool operator==(const HealthRequest&, const HealthRequest&) = default;
};

// A command to the daemon. ControlCodec::write_control() writes the answer.
struct ControlRequest {
  std::string line;
  Format format = Format::lines;

  friend bool operator==(const ControlRequest&, const ControlRequest&) = default;
};
struct ControlAnswer {
  bool is_error = false;  // the command was not carried out
  // Lines, or in JSON the members of an object; for an error, the reason, in one line.
  std::string text;

  static ControlAnswer ok(std::string text = {}) { return {.is_error = false, .text = std::move(text)}; }
  static ControlAnswer error(std::string text) { return {.is_error = true, .text = std::move(text)}; }

  friend bool operator==(const ControlAnswer&, const ControlAnswer&) = default;
};

// A request whose answer is known as soon as it is read.
struct Ready {
  enum class Kind : std::uint8_t {
    ping,     // request=ping
    request,  // any other request
    packet,   // a packet of the milter protocol that is not a request; its answer may be empty
  };
  Kind kind = Kind::request;
  std::string answer;

  friend bool operator==(const Ready&, const Ready&) = default;
};

// A request of a client, at any door.
struct Request {
  using What = std::variant<CheckRequest, RewritingRequest, HealthRequest, Ready, ControlRequest>;

  Door door = Door::query;
  bool closes = false;  // the connection closes after the answer; this is its last request
  What what;

  // Turns the object into a new request of one kind. Strings keep their memory if it was of that kind before.
  template <class Kind>
  Kind& become(Door at);
  template <class Kind>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<Kind>(what);
  }
  // Returns the total size of its texts, in bytes.
  [[nodiscard]] std::size_t size() const;

  friend bool operator==(const Request&, const Request&) = default;
};

// The answer to a HealthRequest.
struct Health {
  enum class Dns : std::uint8_t {
    ok,       // a DNS question was answered a moment ago
    failing,  // it was not answered
    unknown,  // there was not enough time to find out
  };

  bool is_draining = false;  // the daemon is stopping, or is drained
  Dns dns = Dns::unknown;
  int connections = 0;  // open connections
  int max_connections = 0;
};

class Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  virtual ~Codec() = default;

  // Adds bytes from the client. Call it only after next() returned false: until then earlier bytes are still buffered.
  virtual void feed(std::string_view bytes) = 0;
  // Reports the end of the input. Most codecs need it, since it may end a request.
  virtual void finish() {}
  // Replaces `request` by the next request. Returns false when there is none until more bytes arrive.
  virtual bool next(const Moment& moment, Request& request) = 0;
  // Makes a request of what a client began and did not complete. It is the last one; `why` becomes its error.
  virtual void give_up(std::string_view why, Request& request) = 0;

  // Returns how many requests may wait for their answers at a time. If it is 1, next() is called only after the answer was
  // written.
  [[nodiscard]] virtual std::size_t max_in_flight() const = 0;
  // Returns whether the input can no longer be understood.
  [[nodiscard]] virtual bool is_broken() const = 0;
  // Returns, after next() returned false, whether there are bytes of an incomplete request.
  [[nodiscard]] virtual bool has_partial() const = 0;
  // Returns the bytes of input in memory.
  [[nodiscard]] virtual std::size_t held() const = 0;
  // Returns whether the client is a mail server that keeps its connections and may be silent for a long time.
  [[nodiscard]] virtual bool is_kept() const = 0;
  // Returns whether closing the connection would disrupt a message that the mail server is receiving.
  [[nodiscard]] virtual bool has_message() const { return false; }
  // Returns whether an SMTP session depends on the connection: the MTA cannot ask it on another one.
  [[nodiscard]] virtual bool has_session() const { return false; }
};

// The codec of a door at which messages are checked: only such a codec reads CheckRequests.
class CheckCodec : public Codec {
 public:
  // Appends the answer to a CheckRequest, whose form may depend on earlier requests. The form of other answers depends on their
  // request alone, so they need no codec.
  virtual void encode(const CheckRequest& check, const receiver::Reply& reply, const DoorOptions& options, std::string& out) = 0;
};

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
