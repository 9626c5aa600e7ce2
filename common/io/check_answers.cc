#include "common/io/check_answers.h"

#include <algorithm>
#include <utility>

namespace io {

namespace {

bool is_alias(const SharedAnswer& answer) { return answer->answer.status == dns::Status::alias; }

dns::Question target_of(const SharedAnswer& alias, dns::Type type) {
  return {dns::Name::parse(alias->answer.names.at(0)).value_or(dns::Name()), type};
}

}  // namespace

const OwnFailures& own_failures() {
  static const OwnFailures failures;
  return failures;
}

const CheckAnswers::Slot* CheckAnswers::slot_of(const dns::Question& question) const {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) { return slot.question == question; });
  return found == slots_.end() ? nullptr : &*found;
}

SharedAnswer CheckAnswers::look(const dns::Question& question) {
  if (overlay_ != nullptr) {
    if (SharedAnswer answer = overlay_->find(question)) return answer;
  }
  SharedAnswer answer = cache_.find(question, now_);
  return answer == nullptr && is_expired_ ? own_failures().timed_out : answer;
}

const spf::KnownAnswer* CheckAnswers::find(const dns::Question& question) {
  const dns::Question* at = &question;
  dns::Question target;
  for (int links = 0; links <= kMaxAliases; ++links) {
    const Slot* slot = slot_of(*at);
    if (slot == nullptr) {
      // Slots are never removed, so this answer stays the same for the whole check.
      if (is_full()) return own_failures().too_many.get();
      SharedAnswer answer = look(*at);
      if (answer == nullptr) {
        if (Shares* const known = seekers(*at)) {
          *known |= asking_;
        } else {
          sought_.emplace_back(*at, asking_);
        }
        return nullptr;
      }
      slot = &add(*at, std::move(answer));
    } else if (slot->answer == own_failures().too_large && (slot->shares & asking_) == 0) {
      retry(static_cast<std::size_t>(slot - slots_.data()));
    }
    if (slot->answer == nullptr) {
      slots_[static_cast<std::size_t>(slot - slots_.data())].shares |= asking_;
      return nullptr;
    }
    if (!is_alias(slot->answer)) return slot->answer.get();
    target = target_of(slot->answer, question.type);
    at = &target;
  }
  return own_failures().endless.get();
}

// Adds a slot whose answer is known at once. The question has not been asked before in this step.
const CheckAnswers::Slot& CheckAnswers::add(const dns::Question& question, SharedAnswer answer) {
  Slot& slot = slots_.emplace_back(question, 0);
  slot.shares = asking_;
  charge(slot.shares, sizeof(Slot));
  settle(slots_.size() - 1, std::move(answer));
  return slot;
}

CheckAnswers::Shares* CheckAnswers::seekers(const dns::Question& question) {
  for (auto& [sought, shares] : sought_) {
    if (sought == question) return &shares;
  }
  return nullptr;
}

void CheckAnswers::retry(std::size_t slot) {
  slots_[slot].shares |= asking_;
  SharedAnswer answer = look(slots_[slot].question);
  slots_[slot].answer = nullptr;
  if (answer != nullptr) return settle(slot, std::move(answer));
  slots_[slot].is_open = true;
  slots_[slot].ticket = 0;
}

std::uint32_t CheckAnswers::ttl_of(const dns::Question& question, const spf::KnownAnswer& known) const {
  std::uint32_t ttl = known.answer.ttl;
  // Most often it was found a moment ago, and has the last slot.
  const Slot* slot = !slots_.empty() && slots_.back().question == question ? &slots_.back() : slot_of(question);
  for (int links = 0; slot != nullptr && slot->answer != nullptr && links <= kMaxAliases; ++links) {
    ttl = std::min(ttl, slot->answer->ttl_left(now_));
    if (!is_alias(slot->answer)) break;
    slot = slot_of(target_of(slot->answer, question.type));
  }
  return ttl;
}

int CheckAnswers::cnames_to(const dns::Question& question, const spf::KnownAnswer& known) const {
  int cnames = known.answer.cnames;
  const Slot* slot = slot_of(question);
  for (int links = 0; slot != nullptr && slot->answer != nullptr && is_alias(slot->answer) && links <= kMaxAliases; ++links) {
    cnames += slot->answer->answer.cnames;
    slot = slot_of(target_of(slot->answer, question.type));
  }
  return cnames;
}

CheckAnswers::Missing CheckAnswers::missing(const dns::Question& question) const {
  dns::Question at = question;
  for (int links = 0; links <= kMaxAliases; ++links) {
    const Slot* const slot = slot_of(at);
    if (slot == nullptr) return {is_full() ? Missing::What::no_room : Missing::What::to_be_asked, at};
    if (slot->answer == nullptr) return {slot->is_open ? Missing::What::to_be_asked : Missing::What::under_way, at};
    if (!is_alias(slot->answer)) break;
    at = target_of(slot->answer, question.type);
  }
  return {Missing::What::nothing, at};
}

std::optional<std::size_t> CheckAnswers::open_slot(const dns::Question& question, int depth) {
  const Shares* const sought = seekers(question);
  const Shares shares = sought == nullptr ? asking_ : *sought;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].is_open || slots_[i].question != question) continue;
    slots_[i].is_open = false;
    slots_[i].depth = depth;
    slots_[i].shares |= shares;
    ++slots_[i].times;
    return i;
  }
  if (is_full()) return std::nullopt;
  slots_.emplace_back(question, depth);
  slots_.back().shares = shares;
  charge(shares, sizeof(Slot));
  return slots_.size() - 1;
}

void CheckAnswers::charge(Shares shares, std::size_t bytes) {
  for (std::size_t i = 0; i < kIdentities; ++i) {
    if (has(shares, i)) bytes_[i] += bytes;
  }
}

void CheckAnswers::settle(std::size_t slot, SharedAnswer answer) {
  const Shares shares = slots_[slot].shares;
  bool fits = false;
  for (std::size_t i = 0; i < kIdentities; ++i) fits |= has(shares, i) && bytes_[i] + answer->bytes <= limits_.bytes;
  if (!fits) answer = own_failures().too_large;
  charge(shares, answer->bytes);
  slots_[slot].answer = std::move(answer);
}

void CheckAnswers::settle_or_reopen(std::size_t slot, const SharedAnswer& answer) {
  Slot& settled = slots_[slot];
  const bool is_local = answer->answer.status == dns::Status::failure && answer->answer.cause == dns::Cause::local;
  if (!is_local || !settled.has_joined || settled.times >= kMaxTimes) return settle(slot, answer);
  settled.is_open = true;
  settled.ticket = 0;
}

void CheckAnswers::expire() {
  is_expired_ = true;
  for (Slot& slot : slots_) {
    if (slot.answer == nullptr) slot.answer = own_failures().timed_out;
  }
}

}  // namespace io
