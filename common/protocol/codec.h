// What every door of spfd has in common: the protocols by which mail servers ask, each a Codec.
//
// One Codec object a connection: bytes in, items out; reply in, bytes out, in the order of the items. It knows no socket and
// no clock, and decides nothing about SPF.
// Items and output strings are the caller's and are used again for each question, so that they keep their memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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

// What a client wants to know, whatever the door.
struct Inquiry {
  receiver::Request request;
  std::string id;  // given back and logged
  // How long the client is willing to wait; nothing: not said.
  std::optional<std::chrono::milliseconds> timeout;
  // Not empty: it cannot be answered, and why. The rest holds as far as it was understood.
  std::string error;

  friend bool operator==(const Inquiry&, const Inquiry&) = default;
};

// How a connection wants it.
struct ItemForm {
  enum class Kind : std::uint8_t {
    check,    // to be checked (or `error` told): encode() makes the answer of the reply
    rewrite,  // `rewriting` is to be answered: encode_rewriting() makes the answer of the reply
    ping,     // is spfd there: the answer is in `bytes`
    health,   // can it do its work: encode_health() makes the answer
    ready,    // any other question whose answer is in `bytes` already
    step,     // a step of the protocol without a question: its answer, perhaps an empty one, is in `bytes`
  };

  Kind kind = Kind::check;
  Door door = Door::query;
  bool closes = false;        // the connection ends behind the answer, no further item comes
  std::uint64_t context = 0;  // what encode() of the same codec has to know
  std::string bytes;
  receiver::SrsRequest rewriting;  // of kind rewrite only

  friend bool operator==(const ItemForm&, const ItemForm&) = default;
};

// What a connection wants at a point of its input. It has no member of its own, which clear() would miss.
struct Item : Inquiry, ItemForm {
  // As new; strings keep their memory.
  void clear();
  // Bytes of text in it.
  [[nodiscard]] std::size_t size() const;

  friend bool operator==(const Item&, const Item&) = default;
};

// What request=health tells.
struct Health {
  bool is_draining = false;  // it stops, and takes no further connections
  bool has_dns = false;      // a question to DNS was answered a moment ago
  int connections = 0;       // open
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
  // The next item, into one of any content; false: there is none before more bytes come.
  virtual bool next(const Moment& moment, Item& item) = 0;
  // Appends the answer to an item of kind check.
  virtual void encode(const Item& item, const receiver::Reply& reply, const DoorOptions& options, std::string& out) = 0;
  // Appends the answer to an item of kind rewrite.
  virtual void encode_rewriting(const receiver::SrsReply& /*reply*/, std::string& /*out*/) {}
  // Appends the answer to an item of kind health.
  virtual void encode_health(const Item& /*item*/, const Health& /*health*/, std::string& /*out*/) {}
  // The item for a client that has begun something and does not go on. No further item comes.
  virtual void give_up(std::string_view why, Item& item) = 0;

  // Items that may wait for their answers at a time. With 1, next() is called only after encode().
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

// What answers on a listening socket for `door`.
std::unique_ptr<Codec> make_codec(Door door);

}  // namespace protocol
