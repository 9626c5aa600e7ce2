// The milter protocol of Sendmail and Postfix (packets: milter_packet.h).
//
// The check takes place at MAIL, or optionally at each recipient, which allows rules for recipients' domains. The header is added
// at the end of the message. A connection may carry several messages and, after "quit, new connection", several connections of
// SMTP clients. Invalid packets, and packets out of order, end the connection: the MTA then follows its configuration for milters
// that fail.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/codec.h"
#include "common/protocol/milter_packet.h"

namespace protocol {

class MilterCodec : public CheckCodec {
 public:
  void feed(std::string_view bytes) override;
  void finish() override { finished_ = true; }
  bool next(const Moment& moment, Request& request) override;
  void encode(const CheckRequest& check, const receiver::Reply& reply, const DoorOptions& options, std::string& out) override;
  void give_up(std::string_view why, Request& request) override;

  // The MTA waits for each answer.
  [[nodiscard]] std::size_t max_in_flight() const override { return 1; }
  [[nodiscard]] bool is_broken() const override { return broken_; }
  [[nodiscard]] bool has_partial() const override { return !broken_ && reader_.has_partial(); }
  [[nodiscard]] std::size_t held() const override { return reader_.held(); }
  [[nodiscard]] bool is_kept() const override { return state_ != State::start; }
  [[nodiscard]] bool has_message() const override { return !broken_ && state_ == State::in_message; }
  [[nodiscard]] bool has_session() const override { return !broken_ && state_ != State::start; }

 private:
  enum class State : std::uint8_t { start, negotiated, connected, in_message };

  // The headers with a name that may be forged.
  struct Suspects {
    std::uint32_t seen = 0;             // headers of that name in the message so far
    std::vector<std::uint32_t> forged;  // numbers of the forged ones among them, from 1
    bool are_too_many = false;          // there are more than kMaxForged
  };
  // Both are reset as a whole (base::renew()), so that nothing of an SMTP client or message reaches the next one.
  struct Client {
    std::string address;  // as written by the MTA; empty if it has none
    std::string helo;
    // Macros.
    std::string mta_name;  // j
    std::string queue_id;  // i
    bool is_authenticated = false;
  };
  struct Message {
    std::string sender;
    std::string header;       // the header to be added, "Name: value"
    std::string helo_header;  // a second one, if the HELO identity was checked before the sender
    std::array<Suspects, 2> suspects;
  };

  bool take(const milter::Packet& packet, const Moment& moment, Request& request);
  bool negotiate(std::string_view data, const Moment& moment, Request& request);
  bool connect(std::string_view data, Request& request);
  bool mail(std::string_view data, const Moment& moment, Request& request);
  bool recipient(std::string_view data, const Moment& moment, Request& request);
  bool check(std::string_view recipient, const Moment& moment, Request& request) const;
  bool header(std::string_view data, const Moment& moment, Request& request);
  bool end_of_message(Request& request);
  bool step(std::uint32_t unanswered, Request& request) const;
  bool fail(std::string_view why, Request& request);
  void read_macros(std::string_view data);
  void forget_message();
  void forget_client();

  milter::PacketReader reader_;
  State state_ = State::start;
  bool finished_ = false;
  bool broken_ = false;

  // The result of the negotiation.
  std::uint32_t steps_ = 0;
  bool may_add_ = false;
  bool at_recipient_ = false;
  bool removes_forged_ = false;

  Client client_;
  Message message_;
};

}  // namespace protocol
