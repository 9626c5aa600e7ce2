// Guarded<T>: a value and the mutex that protects it; the value can be reached only with the mutex held.
//
// Rules of the house: hold one lock at a time, and never over a callback.
#pragma once

#include <mutex>
#include <utility>

namespace base {

template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  // Calls use(value) under the lock and returns what it returns.
  template <class F>
  auto with(F&& use) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::forward<F>(use)(value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace base
