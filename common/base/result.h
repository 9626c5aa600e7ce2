// Result<T, E>: a value or an error.
//
// Used by parsers and other functions that fail in normal operation. SPF's permerror and temperror are results of an evaluation,
// not errors of this kind. Exceptions are used only at start-up.
#pragma once

#include <utility>
#include <variant>

namespace base {

template <class E>
struct Failure {
  E error;
};

template <class E>
Failure<std::decay_t<E>> failure(E&& error) {
  return {std::forward<E>(error)};
}

template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}                   // NOLINT(google-explicit-constructor)
  Result(Failure<E> failed) : state_(std::in_place_index<1>, std::move(failed.error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const { return std::get<0>(state_); }
  [[nodiscard]] const E& error() const { return std::get<1>(state_); }

  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, E> state_;
};

}  // namespace base
