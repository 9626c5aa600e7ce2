// Limits the work of a part of an examination, which a hostile record could make long.
#pragma once

#include <cstddef>
#include <functional>

namespace lint {

class Work {
 public:
  // `most`: the steps that are allowed. `is_over` is called regularly; true ends the work. It may be empty, and must outlive
  // the object.
  Work(std::size_t most, const std::function<bool()>& is_over) : most_(most), is_over_(is_over) {}

  // Counts steps over intervals of addresses and over terms. False: no further step is allowed, and is_cut_off().
  bool spend(std::size_t steps) {
    done_ += steps;
    if (done_ >= next_look_) look();
    return !is_cut_off_;
  }
  [[nodiscard]] bool is_cut_off() const { return is_cut_off_; }

 private:
  static constexpr std::size_t kBetweenLooks = 20'000;

  void look() {
    next_look_ = done_ + kBetweenLooks < most_ ? done_ + kBetweenLooks : most_ + 1;
    if (done_ > most_ || (is_over_ && is_over_())) {
      is_cut_off_ = true;
      next_look_ = 0;
    }
  }

  std::size_t most_;
  const std::function<bool()>& is_over_;
  std::size_t done_ = 0;
  std::size_t next_look_ = 0;
  bool is_cut_off_ = false;
};

}  // namespace lint
