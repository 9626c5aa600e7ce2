#include "common/io/check_answers.h"

#include <algorithm>
#include <new>
#include <utility>

namespace io {

namespace {

bool is_alias(const KeptAnswer& answer) { return answer.answer.status == dns::Status::alias; }

dns::Question target_of(const KeptAnswer& alias, dns::Type type) {
  return {dns::Name::parse(alias.answer.names.at(0)).value_or(dns::Name()), type};
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
  bool is_due = false;
  SharedAnswer answer = cache_.find(question, now_, due_ ? nullptr : &is_due);
  if (is_due) due_ = question;
  return answer == nullptr && is_expired_ ? timed_out(question, asking_) : answer;
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
    if (slot->answer->stale != nullptr) failed_ |= asking_;
    const KeptAnswer& answer = chosen(*slot);
    if (!is_alias(answer)) return &answer;
    target = target_of(answer, question.type);
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
  // Most often the answer was found a moment ago, and has the last slot.
  const Slot* slot = !slots_.empty() && slots_.back().question == question ? &slots_.back() : slot_of(question);
  for (int links = 0; slot != nullptr && slot->answer != nullptr && links <= kMaxAliases; ++links) {
    const KeptAnswer& answer = chosen(*slot);
    ttl = std::min(ttl, &answer == slot->answer.get() ? answer.ttl_left(now_) : spf::kStaleTtl);
    if (!is_alias(answer)) break;
    slot = slot_of(target_of(answer, question.type));
  }
  return ttl;
}

int CheckAnswers::cnames_to(const dns::Question& question, const spf::KnownAnswer& known) const {
  int cnames = known.answer.cnames;
  const Slot* slot = slot_of(question);
  for (int links = 0; slot != nullptr && slot->answer != nullptr && links <= kMaxAliases; ++links) {
    const KeptAnswer& answer = chosen(*slot);
    if (!is_alias(answer)) break;
    cnames += answer.answer.cnames;
    slot = slot_of(target_of(answer, question.type));
  }
  return cnames;
}

CheckAnswers::Missing CheckAnswers::missing(const dns::Question& question) const {
  dns::Question at = question;
  for (int links = 0; links <= kMaxAliases; ++links) {
    const Slot* const slot = slot_of(at);
    if (slot == nullptr) return {is_full() ? Missing::What::no_room : Missing::What::to_be_asked, at};
    if (slot->answer == nullptr) return {slot->is_open ? Missing::What::to_be_asked : Missing::What::under_way, at};
    const KeptAnswer& answer = chosen(*slot);
    if (!is_alias(answer)) break;
    at = target_of(answer, question.type);
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

bool CheckAnswers::fits(Shares shares, std::size_t bytes) const {
  for (std::size_t i = 0; i < kIdentities; ++i) {
    if (has(shares, i) && bytes_[i] + bytes <= limits_.bytes) return true;
  }
  return false;
}

bool CheckAnswers::pin(std::size_t bytes) {
  if (pinned_ == nullptr || pinned_->limit == 0) return true;
  const std::size_t rest = pinned_->limit - std::min(pinned_->held, pinned_->limit);
  if (own_pinned_ + bytes > std::max(rest / PinnedBytes::kPartOfRest, PinnedBytes::kForEach)) return false;
  own_pinned_ += bytes;
  pinned_->held += bytes;
  return true;
}

void CheckAnswers::settle(std::size_t slot, SharedAnswer answer) {
  const Shares shares = slots_[slot].shares;
  if (!fits(shares, answer->bytes)) {
    answer = own_failures().too_large;
  } else if (!pin(answer->bytes)) {
    answer = own_failures().no_room;
  }
  charge(shares, answer->bytes);
  if (answer->stale != nullptr) failed_ |= shares;
  slots_[slot].answer = std::move(answer);
}

void CheckAnswers::settle_or_reopen(std::size_t slot, const SharedAnswer& answer) {
  Slot& settled = slots_[slot];
  const bool is_local = answer->answer.status == dns::Status::failure && dns::is_own(answer->answer.cause);
  // A failure that carries an expired answer is kept in the cache.
  if (!is_local || answer->stale != nullptr || !settled.has_joined || settled.times >= kMaxTimes) return settle(slot, answer);
  settled.is_open = true;
  settled.ticket = 0;
}

void CheckAnswers::expire() {
  is_expired_ = true;
  const Shares failed = failed_;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].answer != nullptr) continue;
    slots_[i].answer = own_failures().timed_out;
    const Shares shares = slots_[i].shares & failed;
    SharedAnswer answer = timed_out(slots_[i].question, shares);
    if (answer->stale != nullptr && fits(shares, answer->bytes)) settle(i, std::move(answer));
  }
}

SharedAnswer CheckAnswers::timed_out(const dns::Question& question, Shares shares) {
  const SharedAnswer& without = own_failures().timed_out;
  if ((failed_ & shares) == 0) return without;
  try {
    SharedAnswer stale = cache_.expired(question, now_);
    return stale == nullptr ? without : std::make_shared<const KeptAnswer>(without->answer, now_, std::move(stale));
  } catch (const std::bad_alloc&) {
    return without;
  }
}

}  // namespace io
