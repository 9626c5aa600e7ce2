// The requests of one connection, from bytes in to bytes out.
//
//   feed() -> codec -> Slot -> driver -> answer in its slot -> output(), in the order of the requests
//
// Each request begins at once, in a slot of its own. Checks, rewriting and health run as steps of the driver; the answers to
// other requests are known (protocol::Ready). If all DNS answers are known too, the answer is complete when begin() returns.
// Otherwise the driver calls back later, and the pipeline calls Owner::answered(). Until its answer is in the output, a slot owns
// everything that the answer is made from, so that requests share nothing.
//
// Bounds: at most Codec::max_in_flight() slots, or one when the worker is busy. At kFullSlots bytes of requests and answers in
// slots, or at kFullOutput bytes of output, no further request begins.
// Errors: begin() and the functions that call it may throw, for example std::bad_alloc. If a step throws, only its check fails
// (temperror). If encoding the answer of a step throws, the owner's failed() is called.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "common/protocol/doors.h"
#include "spfd/shared.h"
#include "spfd/slot.h"

namespace spfd {

class Pipeline {
 public:
  class Owner {
   public:
    Owner() = default;
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    virtual ~Owner() = default;
    // Called when an answer is complete, unless that happens within a call of a member function.
    virtual void answered() noexcept = 0;
    // Called when encoding an answer has failed.
    virtual void failed(const std::exception& exception) noexcept = 0;
    // Returns the client at the other end of the connection.
    [[nodiscard]] virtual const Peer& peer() = 0;
  };

  // Bytes of requests and answers in slots. At kFullSlots no further request begins. is_overfull() when the answers to requests
  // under way take them above kMaxHeld.
  static constexpr std::size_t kFullSlots = 64U << 10U;
  static constexpr std::size_t kMaxHeld = 256U << 10U;
  // Bytes of output at which no further request begins until they are written.
  static constexpr std::size_t kFullOutput = 65536;

  Pipeline(Shared& shared, Owner& owner, protocol::Door door);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Adds bytes from the client. None may follow end_input().
  void feed(std::string_view bytes) { codec_.feed(bytes); }
  void end_input();
  // Begins the complete requests, as far as there is room, and collects answers. True: there was no room, so further requests may
  // be waiting.
  bool take_requests();
  // Moves complete answers to the output, from the first slot on.
  void collect_answers();
  // Answers a partial request with an error that gives `why`, and takes no further request.
  void give_up(std::string_view why);
  // Takes no further request.
  void close() { is_closed_ = true; }
  // Ends the open checks: DNS answers that are missing count as timed out.
  void expire();
  // Does the same for the first slot's check, for which the others wait. False: it is not under way.
  bool expire_first();
  // Drops all requests; the owner is not called again.
  void drop();

  // Returns how many requests have been read.
  [[nodiscard]] std::uint64_t asked() const { return asked_; }
  [[nodiscard]] bool is_at_end() const { return at_end_; }
  [[nodiscard]] bool is_closed() const { return is_closed_; }
  [[nodiscard]] bool is_empty() const { return slots_.empty(); }
  [[nodiscard]] bool has_finished() const { return !slots_.empty() && slots_.front().is_done; }
  [[nodiscard]] bool is_full() const { return held_ >= kFullSlots || slots_.size() >= in_flight_limit(); }
  [[nodiscard]] bool is_overfull() const { return held_ > kMaxHeld; }
  // Precondition: not is_empty().
  [[nodiscard]] std::chrono::steady_clock::time_point first_started() const { return slots_.front().started; }
  [[nodiscard]] const protocol::Codec& codec() const { return codec_; }

  // The answers to be written.
  std::string& output() { return output_; }
  // Borrow the output's memory from the worker, and return it.
  void borrow_output();
  void return_output();
  // Updates Shared::held with the bytes of input and output; those of slots are counted already.
  void weigh();
  // Returns the bytes held, as of the last weigh().
  [[nodiscard]] std::size_t held() const { return held_ + buffered_; }

 private:
  using Milliseconds = std::chrono::milliseconds;

  Slot& take_slot();
  void begin(Slot& slot);
  [[nodiscard]] std::string why_not_explained();
  void begin(protocol::CheckRequest& check, Slot& slot);
  void add_id(protocol::CheckRequest& check, CheckIds ids);
  void begin(protocol::RewritingRequest& rewriting, Slot& slot);
  void begin(protocol::HealthRequest& request, Slot& slot);
  void begin(protocol::Ready& ready, Slot& slot);
  void begin(protocol::ControlRequest& request, Slot& slot);
  // Runs look() for the slot, whose request is of kind What, as a step of the driver, and then answer_found().
  template <class What>
  void run(Slot& slot, Milliseconds time);
  // Look at the DNS answers and return the missing questions. With none missing, Slot::found is complete.
  spf::Needs look(const protocol::CheckRequest& check, Slot& slot, spf::AnswerSource& answers);
  spf::Needs explain(Slot& slot, spf::AnswerSource& answers);
  // Lets the second policy judge the request, whose reply is decided.
  void judge_shadow(const protocol::CheckRequest& check, const receiver::Reply& reply, Slot& slot, spf::AnswerSource& answers);
  spf::Needs look(const protocol::RewritingRequest& rewriting, Slot& slot, spf::AnswerSource& answers);
  spf::Needs look(const protocol::HealthRequest& request, Slot& slot, spf::AnswerSource& answers);
  // Write the answer from Slot::found, or an answer that reports that there is no result.
  void answer_found(const protocol::CheckRequest& check, Slot& slot);
  void answer_found(const protocol::RewritingRequest& rewriting, Slot& slot);
  void answer_found(const protocol::HealthRequest& request, Slot& slot);
  void answer(const protocol::CheckRequest& check, const receiver::Reply& reply, Slot& slot);
  void answer(const protocol::RewritingRequest& rewriting, const receiver::SrsReply& reply, Slot& slot);
  void complete(Slot& slot);
  static void expire(Slot& slot);
  std::string& answer_of(Slot& slot);
  void hold(Slot& slot);
  void give_back(Slot& slot);
  [[nodiscard]] Milliseconds time_left(Milliseconds time) const;
  [[nodiscard]] std::size_t in_flight_limit() const;

  Shared& shared_;
  Owner& owner_;
  const protocol::AnyCodec any_codec_;
  protocol::Codec& codec_;
  std::list<Slot> slots_;
  std::string output_;
  std::uint64_t asked_ = 0;   // requests so far
  std::size_t held_ = 0;      // bytes in slots_
  std::size_t buffered_ = 0;  // bytes of the codec's input and of output_
  bool at_end_ = false;       // of the input
  bool is_closed_ = false;
};

}  // namespace spfd
