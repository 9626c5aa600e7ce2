// The requests of one connection, from bytes in to bytes out.
//
//   feed() -> codec -> Slot -> driver -> answer in its slot -> output(), in the order of the requests
//
// Each request has a slot, which is begun at once: SPF, rewriting and health are steps of the driver. Often the DNS answers are
// known, so that the answer is there when begin() returns. Otherwise the driver calls back, and the owner learns it by
// answered(). What an answer is made of belongs to its slot until then, so nothing is shared between requests.
//
// Bounds: Codec::max_in_flight() slots, fewer when the worker is busy; kFullSlots bytes of requests and answers that wait for
// those before them, above which no further request is begun; kFullOutput bytes of output.
// Errors: begin() and the functions that call it may throw, std::bad_alloc above all. What a step throws costs its check only
// (temperror); what encoding an answer throws goes to the owner.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "common/protocol/codec.h"
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
    // An answer came later than its request. Not called for what is answered within a call of a member function.
    virtual void answered() noexcept = 0;
    // An answer could not be written.
    virtual void failed(const std::exception& exception) noexcept = 0;
  };

  // Bytes of requests and answers in slots: at kFullSlots no further request is begun. When the answers of those under way
  // become more than kMaxHeld, is_overfull().
  static constexpr std::size_t kFullSlots = 64U << 10U;
  static constexpr std::size_t kMaxHeld = 256U << 10U;
  // At so many bytes of output no further request is begun before they are written.
  static constexpr std::size_t kFullOutput = 65536;

  Pipeline(Shared& shared, Owner& owner, protocol::Door door);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Adds bytes from the client; after finish() there are none.
  void feed(std::string_view bytes) { codec_->feed(bytes); }
  void finish();
  // Begins what can be begun, and collects. True: more requests may be there, but there is no room for them.
  bool take_requests();
  // Moves finished answers to the output, the first slot's first.
  void collect_answers();
  // Answers a partial request with `why`. No further request is begun.
  void give_up(std::string_view why);
  // Takes no further request.
  void close() { is_closed_ = true; }
  // Ends the open checks: DNS answers that are missing count as timed out.
  void expire();
  // The same for the check that the others wait for. False: it is not under way.
  bool expire_first();
  // Drops everything; the owner hears nothing more.
  void drop();

  [[nodiscard]] bool has_asked() const { return asked_ > 0; }
  [[nodiscard]] bool is_closed() const { return is_closed_; }
  [[nodiscard]] bool is_empty() const { return slots_.empty(); }
  [[nodiscard]] bool has_finished() const { return !slots_.empty() && slots_.front().is_done; }
  [[nodiscard]] bool is_full() const { return held_ >= kFullSlots || slots_.size() >= in_flight_limit(); }
  [[nodiscard]] bool is_overfull() const { return held_ > kMaxHeld; }
  // Precondition: not is_empty().
  [[nodiscard]] std::chrono::steady_clock::time_point first_started() const { return slots_.front().started; }
  [[nodiscard]] const protocol::Codec& codec() const { return *codec_; }

  // Answers to be written.
  std::string& output() { return output_; }
  // Memory for the output, from the worker and back to it.
  void borrow_output();
  void return_output();
  // Counts input and output in Shared::held, beside the slots.
  void weigh();
  // Bytes, as of the last weigh().
  [[nodiscard]] std::size_t held() const { return held_ + buffered_; }

 private:
  using Milliseconds = std::chrono::milliseconds;

  Slot& take_slot();
  void begin(Slot& slot);
  void begin(protocol::CheckRequest& check, Slot& slot);
  void begin(receiver::SrsRequest& request, Slot& slot);
  void begin(protocol::HealthRequest& request, Slot& slot);
  void begin(protocol::Ready& ready, Slot& slot);
  // Runs look() for the slot, a request of kind What, as a step of the driver, and then finish().
  template <class What>
  void run(Slot& slot, Milliseconds time);
  // Looks at the DNS answers and says what is missing; with nothing missing, Slot::found is complete.
  spf::Needs look(const protocol::CheckRequest& check, Slot& slot, spf::AnswerSource& answers);
  spf::Needs look(const receiver::SrsRequest& request, Slot& slot, spf::AnswerSource& answers);
  spf::Needs look(const protocol::HealthRequest& request, Slot& slot, spf::AnswerSource& answers);
  // Writes the answer from Slot::found, or one that says that there is none.
  void finish(const protocol::CheckRequest& check, Slot& slot);
  void finish(const receiver::SrsRequest& request, Slot& slot);
  void finish(const protocol::HealthRequest& request, Slot& slot);
  void answer(const protocol::CheckRequest& check, const receiver::Reply& reply, Slot& slot);
  void answer(const receiver::SrsRequest& request, const receiver::SrsReply& reply, Slot& slot);
  void finished(Slot& slot);
  static void expire(Slot& slot);
  std::string& answer_of(Slot& slot);
  void hold(Slot& slot);
  void give_back(Slot& slot);
  [[nodiscard]] Milliseconds time_left(Milliseconds time) const;
  [[nodiscard]] std::size_t in_flight_limit() const;

  Shared& shared_;
  Owner& owner_;
  const std::unique_ptr<protocol::Codec> codec_;
  std::list<Slot> slots_;
  std::string output_;
  std::uint64_t asked_ = 0;   // requests, so far
  std::size_t held_ = 0;      // bytes in slots_
  std::size_t buffered_ = 0;  // bytes of the codec's input and of output_
  bool at_end_ = false;       // of the input
  bool is_closed_ = false;
};

}  // namespace spfd
