// Guarded<T>: a value and the mutex that protects it; the value can be reached only with the mutex held.
//
// Rules of the house: hold one lock at a time, and never over a callback.
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

  // Calls use(value) under the lock and returns what it returns.
  template <class F>
  auto with(F&& use) {
    std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) {
      lock.lock();
      ++waits_;
    }
    return std::forward<F>(use)(value_);
  }

  // How often a thread found the lock held by another one.
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
