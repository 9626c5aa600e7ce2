#include "common/io/promise.h"

#include <utility>

namespace io {

Promise::~Promise() {
  if (cache_ != nullptr) complete(dns::failure_answer("stopped", dns::Cause::local));
}

void Promise::begin(std::shared_ptr<Cache> cache, std::shared_ptr<Inbox> inbox, const std::shared_ptr<Resolver>& resolver) {
  resolver_ = resolver;
  inbox_ = std::move(inbox);
  cache_ = std::move(cache);
  cache_->set_asking(question_, weak_from_this());
}

void Promise::joined(std::uint64_t check) {
  inbox_->post([promise = weak_from_this(), check] {
    if (const auto self = promise.lock()) self->join(check);
  });
}

void Promise::join(std::uint64_t check) {
  const auto resolver = resolver_.lock();
  if (resolver != nullptr && cache_ != nullptr) resolver->join(number_, check);
}

void Promise::complete(dns::Answer answer) {
  const auto cache = std::exchange(cache_, nullptr);
  if (cache == nullptr) return;
  (*cache.*end_)(question_, std::move(answer), Cache::Clock::now());
}

bool Promise::is_wanted() {
  if (cache_ != nullptr && !cache_->abandon(question_, Cache::Clock::now())) return true;
  cache_ = nullptr;
  return false;
}

}  // namespace io
