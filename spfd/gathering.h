// Adds up what each worker reports for a command, and ends the wait for workers that do not report.
//
// An administrator may ask for the counters because a worker is stuck. So the command is answered after a while with the parts
// that have come, and with the names of the workers whose parts are missing.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/io/guarded.h"

namespace spfd {

template <class Total>
struct Gathered {
  Total total;
  std::vector<std::string> missing;  // the workers that are not in the total, such as "worker 2 of 4"
};

// begin() and give_up() are for one thread.
class Gatherings {
 public:
  using Clock = std::chrono::steady_clock;
  // A program that collects metrics gives up after 5 seconds (spfweb(8)).
  static constexpr std::chrono::milliseconds kLongest{3000};

  // Returns one function per name, which that worker calls once, from any thread, with its part. `add` adds a part to the sum.
  // `done` is called once: by the thread that reports the last part, or by give_up().
  template <class Total, class Add>
  std::vector<std::function<void(const Total&)>> begin(Clock::time_point now, const std::vector<std::string>& names, Add add,
                                                       std::function<void(const Gathered<Total>&)> done) {
    struct Sum {
      Gathered<Total> gathered;
      bool is_over = false;
    };
    auto sum = std::make_shared<io::Guarded<Sum>>();
    sum->with([&](Sum& all) { all.gathered.missing = names; });
    // Returns the result if `change` has ended the wait.
    const auto end_by = [](io::Guarded<Sum>& guarded, auto&& change) {
      return guarded.with([&](Sum& all) -> std::optional<Gathered<Total>> {
        if (all.is_over) return {};
        all.is_over = change(all.gathered);
        if (!all.is_over) return {};
        return std::move(all.gathered);
      });
    };
    std::vector<std::function<void(const Total&)>> reports;
    for (const std::string& name : names) {
      reports.push_back([sum, end_by, add, done, name](const Total& part) {
        const auto result = end_by(*sum, [&](Gathered<Total>& gathered) {
          add(gathered.total, part);
          std::erase(gathered.missing, name);
          return gathered.missing.empty();
        });
        if (result) done(*result);
      });
    }
    waiting_.push_back({now + kLongest, sum, [weak = std::weak_ptr(sum), end_by, done = std::move(done)] {
                          const auto held = weak.lock();
                          if (held == nullptr) return;
                          if (const auto result = end_by(*held, [](const Gathered<Total>&) { return true; })) done(*result);
                        }});
    return reports;
  }

  // Ends each wait that has lasted too long. Returns when the next one will have; none: no worker's part is missing.
  std::optional<Clock::time_point> give_up(Clock::time_point now) {
    std::vector<Waiting> overdue;
    std::ranges::copy_if(waiting_, std::back_inserter(overdue), [&](const Waiting& one) { return one.end <= now; });
    std::erase_if(waiting_, [&](const Waiting& one) { return one.end <= now || one.sum.expired(); });
    for (const Waiting& one : overdue) one.give_up();
    if (waiting_.empty()) return {};
    return std::min_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) { return a.end < b.end; })->end;
  }

 private:
  struct Waiting {
    Clock::time_point end;
    std::weak_ptr<void> sum;  // expired: all parts have come
    std::function<void()> give_up;
  };

  std::vector<Waiting> waiting_;
};

// Returns "without worker 2 of 4, worker 3 of 4"; empty: no part is missing.
inline std::string missing_text(const std::vector<std::string>& missing) {
  std::string text;
  for (const std::string& name : missing) text.append(text.empty() ? "without " : ", ").append(name);
  return text;
}

}  // namespace spfd
