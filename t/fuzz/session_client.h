// One client of the target `session`: its end of a connection, the connection at the other end, and the invariants of the
// answers.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/printable.h"
#include "common/protocol/control.h"
#include "common/protocol/doors.h"
#include "common/protocol/line_codec.h"
#include "common/protocol/query_lines.h"
#include "common/protocol/srs_reader.h"
#include "common/receiver/receiver.h"
#include "spfd/connection.h"
#include "t/fuzz/hostile_dns.h"
#include "t/fuzz/target.h"
#include "t/support/requests.h"
#include "t/support/single.h"

namespace fuzz {

// Returns the value of a key in an answer, as lines or as JSON.
inline std::string_view value_of(std::string_view answer, std::string_view key, bool is_json) {
  const std::string mark = is_json ? "\"" + std::string(key) + "\": \"" : "\n" + std::string(key) + "=";
  auto begin = answer.find(mark);
  if (!is_json && answer.starts_with(std::string_view(mark).substr(1))) {
    begin = mark.size() - 1;
  } else if (begin == std::string_view::npos) {
    return {};
  } else {
    begin += mark.size();
  }
  return answer.substr(begin, answer.find(is_json ? '"' : '\n', begin) - begin);
}

// Returns the answer that the target gives to a command: an error or a text, short or longer than an answer may be.
inline protocol::ControlAnswer answer_to_command(std::string_view line) {
  const std::size_t lines = line.size() % 5 == 4 ? 20'000 : line.size() % 5;
  protocol::ControlAnswer answer{.is_error = lines == 0, .text = lines == 0 ? "no" : ""};
  for (std::size_t i = 0; i < lines; ++i) answer.text.append(line.substr(0, 16)).append("\n");
  return answer;
}

class Client final : public spfd::ConnectionOwner {
 public:
  Client(spfd::Shared& shared, const HostileDns& dns, protocol::Door door)
      : shared_(shared), dns_(dns), door_(door), snapshot_(shared.snapshot) {
    std::array<int, 2> ends{};
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0, "sockets can be had");
    socket_ = ends[0];
    connection_ = std::make_unique<spfd::Connection>(shared_, *this, 1, io::Descriptor(ends[1]), door_);
    connection_->start();
  }
  ~Client() override { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void connection_ended(spfd::Connection& /*connection*/) noexcept override { has_ended_ = true; }
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  [[nodiscard]] std::size_t sent() const { return sent_.size(); }

  void send(std::string_view bytes) {
    if (has_said_all_) return;
    const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size > 0) sent_ += bytes.substr(0, static_cast<std::size_t>(size));
  }
  void end_of_input() {
    if (!has_said_all_) ::shutdown(socket_, SHUT_WR);
    has_said_all_ = true;
  }
  void read(std::size_t most) {
    std::array<char, 16384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written as far as used
    while (most > 0) {
      const ssize_t size = ::recv(socket_, buffer.data(), std::min(most, buffer.size()), MSG_DONTWAIT);
      if (size <= 0) return;
      received_.append(buffer.data(), static_cast<std::size_t>(size));
      most -= static_cast<std::size_t>(size);
    }
  }
  void drain() {
    if (!has_ended_) connection_->drain();
  }
  void answer_now() {
    if (!has_ended_) connection_->answer_now();
  }
  void close() { connection_.reset(); }

  // Called after the end of the connection.
  void check_answers(std::string_view forged) {
    check(forged.empty() || received_.find(forged) == std::string::npos, "an answer after many wrong guesses decides nothing");
    if (door_ == protocol::Door::query) check_questions();
    if (door_ == protocol::Door::milter) check_packets();
    if (door_ == protocol::Door::control) check_command();
    if (door_ == protocol::Door::srs_forward || door_ == protocol::Door::srs_reverse) check_rewriting();
  }

 private:
  // Returns whether the server may have left requests unread, because it closed the connection for want of a request or of a
  // reader, or because the daemon stops.
  [[nodiscard]] bool is_cut() const {
    return shared_.counters.write_timeouts > 0 || shared_.counters.idle_timeouts > 0 || shared_.drain_end;
  }

  // A separate run of the codec yields the requests that were sent; each has one answer, in order.
  void check_questions() {
    protocol::LineCodec codec;
    codec.feed(sent_);
    codec.finish();
    const protocol::Moment moment{snapshot_->doors, 0};
    std::string_view rest = received_;
    for (protocol::Request item; codec.next(moment, item);) {
      if (rest.empty() && is_cut()) return;
      const bool is_json = wants_json(item);
      const std::string_view end = is_json ? "\n" : "\n\n";
      const auto size = rest.find(end);
      if (size == std::string_view::npos && is_cut()) return;
      check(size != std::string_view::npos, "each question has an answer");
      const std::string_view answer = rest.substr(0, size + end.size());
      // The answer to an incomplete request that the server has given up; the codec here has read more of it.
      const bool has_other_form =
          answer.starts_with('{') != is_json || answer.starts_with("action=") != (item.door == protocol::Door::policy);
      if (is_cut() && (has_other_form || !value_of(answer, "error", is_json).empty())) return;
      if (support::is_check(item)) check_answer(support::check_of(item), answer, is_json);
      rest.remove_prefix(size + end.size());
      if (item.closes) break;
    }
    check(rest.empty() || is_cut(), "there are no more answers than questions");
  }

  static bool wants_json(const protocol::Request& request) {
    if (const auto* ready = std::get_if<protocol::Ready>(&request.what)) return ready->answer.starts_with('{');
    if (const auto* health = std::get_if<protocol::HealthRequest>(&request.what)) return health->format == protocol::Format::json;
    const auto* format = std::get_if<protocol::Format>(&support::check_of(request).form);
    return format != nullptr && *format == protocol::Format::json;
  }

  void check_answer(const protocol::CheckRequest& request, std::string_view answer, bool is_json) const {
    if (std::holds_alternative<protocol::PolicyForm>(request.form)) {
      if (!request.error.empty()) check(!answer.starts_with("action=PREPEND"), "what was not checked gets no header");
      return check_none(request, answer.starts_with("action=PREPEND Received-SPF: none"));
    }
    check(is_json || value_of(answer, "id", false) == base::printable(request.id), "the answer is that of the request");
    const std::string_view action = value_of(answer, "action", is_json);
    check(action == "accept" || action == "reject" || action == "defer", "an answer has an action");
    if (!request.error.empty()) check(action == "defer", "what could not be read is deferred");
    const std::string_view result = value_of(answer, "result", is_json);
    check_none(request, result == "none");
    if (result == "temperror") check(action == "defer", "a temperror is deferred");
    if (result == "fail") check(action == "reject", "a fail is rejected");
    const std::string_view domain = value_of(answer, "spf_domain", is_json);
    check(domain.empty() || is_of(domain, query_of(request.request, false)) || is_of(domain, query_of(request.request, true)),
          "the domain is one of this client's requests");
  }

  static spf::Query query_of(const receiver::Request& request, bool is_helo) {
    const std::string_view helo = base::strip(request.helo);
    if (!request.client) return {};
    return is_helo ? support::helo_query(*request.client, helo)
                   : support::mailfrom_query(*request.client, receiver::bare_sender(request.sender), helo);
  }
  static bool is_of(std::string_view domain, const spf::Query& query) { return query.domain && query.domain->text() == domain; }

  // "none" accepts mail, so DNS must have given it, unless there is no question to ask.
  void check_none(const protocol::CheckRequest& check_request, bool is_none) const {
    const receiver::Request& request = check_request.request;
    if (!is_none || !check_request.error.empty() || !request.client || request.is_authenticated || request.is_relay) return;
    const bool is_helo = request.scope == receiver::Scope::helo || receiver::bare_sender(request.sender).empty();
    const spf::Query query = query_of(request, is_helo);
    if (query.domain) check(dns_.has_told(*query.domain), "a domain has no record only where DNS says so");
  }

  void check_packets() const {
    for (std::string_view rest = received_; !rest.empty();) {
      check(rest.size() >= 5 || is_cut(), "an answer consists of whole packets");
      if (rest.size() < 5) return;
      std::size_t size = 0;
      for (const char c : rest.substr(0, 4)) size = size << 8U | static_cast<unsigned char>(c);
      check(size >= 1 && (size <= rest.size() - 4 || is_cut()), "the length of a packet matches");
      check(std::string_view("Ocyim").find(rest[4]) != std::string_view::npos, "a packet is one of ours");
      rest.remove_prefix(std::min(rest.size(), 4 + size));
    }
  }

  // Only a complete line is carried out, and only the first one.
  void check_command() const {
    protocol::ControlCodec codec;
    codec.feed(sent_);
    codec.finish();
    protocol::Request item;
    std::string expected;
    if (codec.next({snapshot_->doors, 0}, item)) {
      if (std::holds_alternative<protocol::CheckRequest>(item.what)) return;  // explain: depends on DNS
      if (const auto* ready = std::get_if<protocol::Ready>(&item.what)) expected = ready->answer;
      if (const auto* command = std::get_if<protocol::ControlRequest>(&item.what))
        protocol::ControlCodec::write_control(answer_to_command(command->line), command->format, expected);
    }
    if (is_cut()) {
      check(received_.starts_with("error: ") || expected.starts_with(received_), "an answer is that of the command, or an error");
    } else if (expected.empty()) {
      check(received_.empty() || received_.starts_with("error: "), "a partial line is not a command");
    } else {
      check(received_ == expected, "a command has its answer");
    }
  }

  // Without a look-up of the next hop the reply to a request does not depend on DNS.
  void check_rewriting() const {
    if (is_cut() || shared_.snapshot != snapshot_) return;
    const auto any = protocol::make_codec(door_);
    protocol::Codec& codec = protocol::codec_of(any);
    codec.feed(sent_);
    codec.finish();
    std::string expected;
    const auto now = static_cast<std::uint64_t>(::time(nullptr));
    for (protocol::Request item; codec.next({snapshot_->doors, now}, item);) {
      if (const auto* rewriting = std::get_if<protocol::RewritingRequest>(&item.what)) {
        receiver::SrsReply reply;
        receiver::answer(rewriting->request, *snapshot_->srs, now, nullptr, reply);
        expected += protocol::encode_srs(rewriting->protocol, reply);
      }
      if (item.closes) break;
    }
    check(received_ == expected, "each request for rewriting has its reply");
  }

  spfd::Shared& shared_;
  const HostileDns& dns_;
  const protocol::Door door_;
  const std::shared_ptr<const spfd::Snapshot> snapshot_;  // in force when the client connected
  int socket_ = -1;
  std::unique_ptr<spfd::Connection> connection_;
  bool has_ended_ = false;
  bool has_said_all_ = false;
  std::string sent_, received_;
};

}  // namespace fuzz
