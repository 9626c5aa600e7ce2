// Guarded<T>: a value with the mutex that protects it. The value is accessible only while the mutex is held.
//
// Rules: hold only one lock at a time, and none during a callback.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

namespace io {

template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  // Calls use(value) under the lock and returns its result.
  template <class F>
  auto with(F&& use) {
    std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) {
      lock.lock();
      ++waits_;
    }
    return std::forward<F>(use)(value_);
  }

  // Returns how often a thread found the lock held by another thread.
  std::uint64_t waits() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return waits_;
  }

 private:
  std::mutex mutex_;
  std::uint64_t waits_ = 0;
  T value_;
};

}  // namespace io
