// One connection of a client: reads its questions, has them checked, writes the answers in the order of the questions. What
// the bytes mean is the codec's affair.
//
// Plain reads and writes on a non-blocking socket. Right after accept it tries to read, since the question is mostly there
// already; a question whose DNS answers are cached is then answered without the event loop.
// Bounds: Codec::max_in_flight() questions at a time; so many bytes of questions and of answers that wait for those before them
// (kMaxHeld); no reading while an answer waits to be taken; a time for each kind of waiting. All sessions of a worker together
// hold at most kMostBytes: then the owner displaces the largest ones.
// Errors: an exception, std::bad_alloc above all, costs one check (temperror) or one connection, and leaves no public function.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/io/driver.h"
#include "common/io/loop.h"
#include "common/protocol/codec.h"
#include "common/receiver/receiver.h"
#include "spfd/connection_limit.h"
#include "spfd/counters.h"
#include "spfd/descriptor.h"
#include "spfd/once_a_minute.h"
#include "spfd/snapshot.h"
#include "spfd/verdict_log.h"

namespace spfd {

class Session;

// A question under way, or its answer that waits for those before it.
struct Slot {
  protocol::Item item;
  std::shared_ptr<const Snapshot> snapshot;
  std::unique_ptr<receiver::Workspace> decision;  // with the reply, from the last step of the check to the answer
  std::optional<receiver::SrsReply> rewritten;    // likewise
  std::chrono::steady_clock::time_point started;
  io::Driver::Handle check;
  std::string answer;
  std::size_t size = 0;  // bytes of question and answer, as counted in Session::held_
  bool is_done = false;
};

// What the sessions of a worker share. One thread.
struct Service {
  // Bytes of input, questions and answers that all sessions together may hold.
  static constexpr std::size_t kMostBytes = 64U << 20U;

  io::Loop& loop;
  io::Driver& driver;
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<char> buffer;                // for one read
  const ConnectionLimit* limit = nullptr;  // for request=health
  Counters counters = {};
  // The daemon stops: connections end when they are answered. Those that have not asked yet, or have sent a part of a question
  // or message, may go on until drain_end, when the open checks are answered.
  bool is_draining = false;
  std::chrono::steady_clock::time_point drain_end = {};
  std::unique_ptr<receiver::Workspace> spare_decision = {};  // memory for the next one
  std::list<Slot> spare = {};                                // slots for the next questions: nodes and strings are used again
  std::string output = {};                                   // memory for a session's answers until they are written
  VerdictLog verdicts{loop};
  OnceAMinute complaint = {};
  std::uint64_t last_id = 0;   // of a session
  std::size_t held = 0;        // bytes, of all sessions
  bool is_lightening = false;  // SessionOwner::hold_less() is at work

  // There was no memory, or something else went wrong, for a check or a connection: counts it, and says so once a minute.
  void complain(const std::exception& exception) noexcept;
};

using Sessions = std::list<std::unique_ptr<Session>>;

class SessionOwner {
 public:
  SessionOwner() = default;
  SessionOwner(const SessionOwner&) = delete;
  SessionOwner& operator=(const SessionOwner&) = delete;
  virtual ~SessionOwner() = default;
  // The connection is closed. The session must not be destroyed before the loop's next turn: it is on the call stack.
  virtual void session_ended(Session& session) = 0;
  // All sessions together hold more than Service::kMostBytes: displaces some of them, perhaps the one that calls.
  virtual void hold_less() {}
};

class Session {
 public:
  Session(Service& service, SessionOwner& owner, Descriptor socket, protocol::Door door);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Serves what is there. False: the connection has ended already (and the owner is not told).
  bool start();
  // When the daemon stops (Service::is_draining is set). Reads what has come in already, and ends as soon as all is answered.
  void drain();
  // At Service::drain_end: answers what DNS has not answered yet with a temperror.
  void answer_now();

  // What ConnectionLimit has to know of it.
  [[nodiscard]] HeldConnection held();
  [[nodiscard]] std::uint64_t id() const { return id_; }
  // Closes it to make room for others, unless it has been served since it was chosen (HeldConnection::since). A part of a
  // question gets an answer that gives `why`, and checks under way get theirs without what DNS has not answered yet.
  void displace(std::chrono::steady_clock::time_point since);
  // The same whenever it is called.
  void shed(std::string_view why);

  Sessions::iterator place;  // in its owner's list: the owner's affair

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Calls `step`, a member. A connection for which it throws is closed; the others are not concerned.
  template <class Step>
  void guarded(Step&& step) noexcept;
  void read_input();
  void on_timer();
  void advance();
  bool take_questions();
  void give_up(std::string_view why);
  void expire_checks();
  Slot& take_slot();
  void give_back_last_slot();
  void begin(Slot& slot);
  void begin_rewriting(Slot& slot);
  void begin_probe(Slot& slot);
  void answered(Slot& slot, const receiver::Reply& reply);
  void answered_rewriting(Slot& slot, const receiver::SrsReply& reply);
  std::string& answer_of(Slot& slot);
  void hold(Slot& slot);
  void give_back(Slot& slot);
  void weigh();
  void go_on();
  void relieve();
  [[nodiscard]] bool has_finished() const;
  void collect_answers();
  bool write_output();
  void finish_or_wait();
  [[nodiscard]] bool may_still_ask() const;
  void close_gently();
  void end();
  [[nodiscard]] bool client_is_gone() const;
  [[nodiscard]] std::size_t in_flight_limit() const;
  void watch_input(bool on);
  void watch_output(bool on);
  void wait_until(TimePoint deadline);

  Service& service_;
  SessionOwner& owner_;
  const std::uint64_t id_;
  const TimePoint opened_;
  std::optional<std::uint64_t> peer_;  // known when somebody asked
  Descriptor socket_;
  const std::unique_ptr<protocol::Codec> codec_;
  std::list<Slot> slots_;
  std::string output_;
  std::size_t held_ = 0;       // bytes of questions and answers in slots_
  std::size_t buffered_ = 0;   // bytes of the codec's input and of output_
  std::size_t written_ = 0;    // of output_
  std::size_t discarded_ = 0;  // bytes behind the last question
  TimePoint waiting_since_;    // for a question, or for the client to take its answer
  TimePoint deadline_;
  TimePoint timer_set_for_;
  bool timer_is_set_ = false;
  bool is_starting_ = false;
  bool has_asked_ = false;
  bool is_blocked_ = false;  // the client does not take its answer
  bool is_advancing_ = false;
  bool at_end_of_input_ = false;
  bool no_more_questions_ = false;
  bool is_lingering_ = false;  // all is said; the client may still be sending
  bool is_shed_ = false;       // closes to make room for others
  bool has_ended_ = false;
  std::unique_ptr<io::Watch> input_;
  std::unique_ptr<io::Watch> output_watch_;
  std::unique_ptr<io::Timer> timer_;
};

}  // namespace spfd
