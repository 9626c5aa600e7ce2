#include "common/protocol/milter.h"

#include <fmt/core.h>

#include <algorithm>
#include <variant>

#include "common/base/printable.h"
#include "common/base/reuse.h"
#include "common/base/text.h"
#include "common/protocol/forged_headers.h"
#include "common/protocol/mta_answer.h"
#include "common/protocol/request_values.h"
#include "common/receiver/receiver.h"

namespace protocol {

namespace {

using namespace std::string_view_literals;

using milter::Packet;
using milter::PacketReader;

// Upper bound on forged headers per message. No legitimate message has as many, and an MTA would not remove more.
constexpr std::size_t kMaxForged = 1000;
constexpr std::string_view kTooManyForged = "550 5.7.1 Too many header fields claim to be written by this host\0"sv;
// Maximum size, in bytes, of a macro's value (a host name or a queue id) and of the client's address.
constexpr std::size_t kMaxMacro = 512;

constexpr std::uint32_t kUnwantedSteps = milter::kNoBody | milter::kNoEndOfHeader | milter::kNoUnknown | milter::kNoData;
constexpr std::uint32_t kUnanswered = milter::kConnectUnanswered | milter::kHeloUnanswered;

struct Suspect {
  std::string_view name;
  bool (*is_of)(std::string_view value, std::string_view us);
};
constexpr std::array<Suspect, 2> kSuspects = {
    {{"Authentication-Results", is_authentication_results_of}, {"Received-SPF", is_received_spf_of}}};

// Returns the answer of a request that is a protocol step.
std::string& answer_of(Request& request) { return std::get<Ready>(request.what).answer; }

std::string shown_command(char command) {
  return base::is_printable(command) ? fmt::format("'{}'", command)
                                     : fmt::format("0x{:02x}", static_cast<unsigned char>(command));
}

}  // namespace

void MilterCodec::feed(std::string_view bytes) {
  if (!broken_) reader_.feed(bytes);
}

bool MilterCodec::next(const Moment& moment, Request& request) {
  while (!broken_) {
    request.become<Ready>(Door::milter).kind = Ready::Kind::packet;
    Packet packet;
    switch (reader_.next(packet)) {
      case PacketReader::Found::nothing:
        return finished_ && reader_.has_partial() ? fail("the connection ended in the middle of a packet", request) : false;
      case PacketReader::Found::bad_length: return fail("a packet has an invalid length", request);
      case PacketReader::Found::packet: break;
    }
    if (take(packet, moment, request)) return true;
  }
  return false;
}

// Processes a packet. Returns whether it became a request.
bool MilterCodec::take(const Packet& packet, const Moment& moment, Request& request) {
  const char command = packet.command;
  if (state_ == State::start && command != milter::kNegotiate && command != milter::kQuit)
    return fail("the connection begins without negotiation", request);
  switch (command) {
    case milter::kNegotiate: return negotiate(packet.data, moment, request);
    case milter::kMacros: read_macros(packet.data); return false;
    case milter::kConnect: return connect(packet.data, request);
    case milter::kAbort:
      forget_message();
      client_.queue_id.clear();
      return false;
    case milter::kQuitNewConnection: forget_client(); return false;
    case milter::kQuit: request.closes = true; return true;
    default: break;
  }
  if (std::string_view("HMUETRLNB").find(command) == std::string_view::npos)
    return fail("unknown command " + shown_command(command), request);
  if (state_ < State::connected) return fail(shown_command(command) + " without a connection", request);
  switch (command) {
    case milter::kHelo: {
      std::string_view data = packet.data;
      // A new HELO ends a message that is under way (RFC 5321 §4.1.4), whether or not the MTA says so.
      forget_message();
      set_helo(client_.helo, milter::take_string(data));
      return step(milter::kHeloUnanswered, request);
    }
    case milter::kMail: return mail(packet.data, moment, request);
    case milter::kUnknownCommand: return step(0, request);
    default: break;
  }
  if (state_ != State::in_message) return fail(shown_command(command) + " without a message", request);
  switch (command) {
    case milter::kRecipient: return recipient(packet.data, moment, request);
    case milter::kHeader: return header(packet.data, moment, request);
    case milter::kEndOfMessage: return end_of_message(request);
    // These are steps that we asked the MTA to leave out; some MTAs cannot do that.
    default: return step(0, request);
  }
}

bool MilterCodec::negotiate(std::string_view data, const Moment& moment, Request& request) {
  // An MTA may negotiate again after "quit, new connection".
  if (state_ > State::negotiated) return fail("negotiation in the middle of a connection", request);
  if (data.size() < 12) return fail("the negotiation is too short", request);
  const std::uint32_t version = milter::take_number(data);
  const std::uint32_t actions = milter::take_number(data);
  const std::uint32_t offered = milter::take_number(data);
  if (version < milter::kOldestVersion) return fail(fmt::format("protocol version {} is too old", version), request);

  may_add_ = (actions & milter::kMayAddHeaders) != 0;
  removes_forged_ = moment.options.milter_remove_forged && (actions & milter::kMayChangeHeaders) != 0;
  at_recipient_ = moment.options.milter_at_recipient;
  std::uint32_t wanted = kUnwantedSteps | kUnanswered;
  if (!at_recipient_) wanted |= milter::kNoRecipient;
  wanted |= removes_forged_ ? milter::kHeadersUnanswered : milter::kNoHeaders;
  steps_ = wanted & offered;
  state_ = State::negotiated;
  milter::append_negotiation(std::min(version, milter::kVersion),
                             (may_add_ ? milter::kMayAddHeaders : 0) | (removes_forged_ ? milter::kMayChangeHeaders : 0), steps_,
                             answer_of(request));
  return true;
}

// Reads the connect packet: hostname NUL, family, and for all families but 'U' a port of 16 bits and an address NUL.
bool MilterCodec::connect(std::string_view data, Request& request) {
  if (state_ != State::negotiated) return fail("a second SMTP client before the first one has quit", request);
  milter::take_string(data);
  const char family = milter::take_byte(data);
  client_.address.clear();
  switch (family) {
    case '4':
    case '6':
      milter::take_byte(data);
      milter::take_byte(data);
      // No valid address is as long as kMaxMacro.
      client_.address = milter::take_string(data).substr(0, kMaxMacro);
      if (client_.address.empty()) return fail("the connection has no address", request);
      break;
    // Mail from a program on the MTA's own host.
    case 'L':
    case 'U': break;
    default: return fail("unknown address family " + shown_command(family), request);
  }
  state_ = State::connected;
  return step(milter::kConnectUnanswered, request);
}

bool MilterCodec::mail(std::string_view data, const Moment& moment, Request& request) {
  if (data.empty()) return fail("MAIL without a sender", request);
  // The previous message may have been refused, in which case the MTA need not report its end.
  forget_message();
  state_ = State::in_message;
  set_mailbox(message_.sender, milter::take_string(data));
  return at_recipient_ ? step(0, request) : check({}, moment, request);
}

bool MilterCodec::recipient(std::string_view data, const Moment& moment, Request& request) {
  return at_recipient_ ? check(milter::take_string(data), moment, request) : step(0, request);
}

bool MilterCodec::check(std::string_view recipient, const Moment& moment, Request& request) const {
  auto& check = request.become<CheckRequest>(Door::milter);
  check.id = client_.queue_id;
  set_mailbox(check.request.recipient, recipient);
  check.request.sender = message_.sender;
  check.request.helo = client_.helo;
  check.request.receiver = client_.mta_name;
  check.request.is_authenticated = client_.is_authenticated;
  check.request.spares_loopback = true;
  check.request.time = moment.time;
  if (client_.address.empty()) return true;
  check.request.client = parse_client(client_.address);
  if (!check.request.client) check.error = "the client's address is not an IP address: " + shown(client_.address);
  return true;
}

// Reads a header packet: name NUL value NUL.
bool MilterCodec::header(std::string_view data, const Moment& moment, Request& request) {
  if (!removes_forged_) return step(milter::kHeadersUnanswered, request);
  const std::string_view name = base::strip(milter::take_string(data));
  const std::string_view value = milter::take_string(data);
  for (std::size_t i = 0; i < kSuspects.size(); ++i) {
    if (!base::equals_ignoring_case(name, kSuspects[i].name)) continue;
    Suspects& suspects = message_.suspects[i];
    ++suspects.seen;
    if (!kSuspects[i].is_of(value, client_.mta_name) && !kSuspects[i].is_of(value, moment.options.hostname)) continue;
    if (suspects.forged.size() < kMaxForged) {
      suspects.forged.push_back(suspects.seen);
    } else {
      suspects.are_too_many = true;
    }
  }
  return step(milter::kHeadersUnanswered, request);
}

bool MilterCodec::end_of_message(Request& request) {
  if (message_.suspects[0].are_too_many || message_.suspects[1].are_too_many) {
    // Refused because programs after us would trust the headers that are not removed.
    milter::append_packet(milter::kReply, kTooManyForged, answer_of(request));
    forget_message();
    client_.queue_id.clear();
    return true;
  }
  for (std::size_t i = 0; i < kSuspects.size(); ++i) {
    std::vector<std::uint32_t>& forged = message_.suspects[i].forged;
    // In reverse order, because Postfix renumbers the remaining headers.
    std::for_each(forged.rbegin(), forged.rend(), [&](std::uint32_t index) {
      milter::append_header(milter::kChangeHeader, index, kSuspects[i].name, {}, answer_of(request));
    });
  }
  for (const std::string_view line : {std::string_view(message_.helo_header), std::string_view(message_.header)}) {
    const std::size_t colon = line.find(": ");
    if (!may_add_ || colon == std::string_view::npos) continue;
    // Index 0 places the header above the Received field of this host (RFC 7208 §9.1) and above all existing fields.
    milter::append_header(milter::kInsertHeader, 0, line.substr(0, colon), line.substr(colon + 2), answer_of(request));
  }
  milter::append_packet(milter::kContinue, {}, answer_of(request));
  forget_message();
  client_.queue_id.clear();
  return true;
}

void MilterCodec::encode(const CheckRequest& check, const receiver::Reply& reply, const DoorOptions& options, std::string& out) {
  if (broken_) return;
  if (reply.action == receiver::Action::accept) {
    // The header is that of the first recipient that is accepted.
    if (check.error.empty() && message_.header.empty()) {
      base::append_printable(message_.header, header_to_add(check.request, reply, options));
      // RFC 7208 §9.1: each identity has a Received-SPF field of its own. One Authentication-Results field reports both.
      if (!message_.header.empty() && reply.helo && options.header == DoorOptions::Header::received_spf)
        base::append_printable(message_.helo_header, reply.helo->received_spf_header);
    }
    return milter::append_packet(milter::kContinue, {}, out);
  }
  // MTAs use the text as a format string.
  std::string text;
  for (const char c : smtp_reply(reply)) {
    if (c == '%') text += '%';
    text += c;
  }
  text += '\0';
  milter::append_packet(milter::kReply, text, out);
}

void MilterCodec::give_up(std::string_view why, Request& request) { fail(why, request); }

// Answers "continue" to a protocol step. Returns false if this step must not be answered.
bool MilterCodec::step(std::uint32_t unanswered, Request& request) const {
  if ((steps_ & unanswered) != 0) return false;
  milter::append_packet(milter::kContinue, {}, answer_of(request));
  return true;
}

bool MilterCodec::fail(std::string_view why, Request& request) {
  broken_ = true;
  request.become<CheckRequest>(Door::milter).error = why;
  request.closes = true;
  return true;
}

// Reads a macro packet: the step to which the macros belong, then name NUL value NUL for each of them.
void MilterCodec::read_macros(std::string_view data) {
  if (milter::take_byte(data) == milter::kMail) {
    client_.queue_id.clear();
    client_.is_authenticated = false;
  }
  while (!data.empty()) {
    std::string_view name = milter::take_string(data);
    const std::string_view value = milter::take_string(data).substr(0, kMaxMacro);
    if (name.starts_with('{') && name.ends_with('}')) name = name.substr(1, name.size() - 2);
    if (name == "j") client_.mta_name = value;
    if (name == "i") client_.queue_id = value;
    if (name == "auth_authen") client_.is_authenticated = !value.empty();
  }
}

void MilterCodec::forget_message() {
  if (state_ == State::in_message) state_ = State::connected;
  base::renew(message_);
}

void MilterCodec::forget_client() {
  forget_message();
  state_ = State::negotiated;
  base::renew(client_);
}

}  // namespace protocol
