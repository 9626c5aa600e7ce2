// The obligation to complete a question of the cache, or to end a refresh. It is made when the question begins, and belongs to
// the callback that the resolver calls with the answer. Its destructor completes the question if nothing else does, so that no
// check waits forever: not when memory runs out, nor when the driver ends.
#pragma once

#include <cstdint>
#include <memory>

#include "common/io/cache.h"
#include "common/io/loop.h"
#include "common/io/resolver.h"

namespace io {

// Belongs to the thread of the resolver, except joined().
class Promise final : public Cache::Asking, public std::enable_shared_from_this<Promise> {
 public:
  using End = void (Cache::*)(const dns::Question&, dns::Answer, Cache::Clock::time_point);

  explicit Promise(const dns::Question& question, End end = &Cache::complete) : end_(end), question_(question) {}
  ~Promise() override;
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;

  // From here on there is an obligation. The cache reports checks that join the question, and the promise passes them on to the
  // resolver, by way of the inbox of its loop.
  void begin(std::shared_ptr<Cache> cache, std::shared_ptr<Inbox> inbox, const std::shared_ptr<Resolver>& resolver);
  // Records the resolver's number of the question.
  void set_number(std::uint64_t number) { number_ = number; }
  void joined(std::uint64_t check) override;
  void complete(dns::Answer answer);
  // Returns whether anybody waits for the answer. If not, the obligation has ended.
  bool is_wanted();

 private:
  void join(std::uint64_t check);

  const End end_;
  std::shared_ptr<Cache> cache_;  // null before begin(), and when nothing is owed
  std::shared_ptr<Inbox> inbox_;  // not changed after begin()
  std::weak_ptr<Resolver> resolver_;
  std::uint64_t number_ = 0;
  dns::Question question_;
};

}  // namespace io
