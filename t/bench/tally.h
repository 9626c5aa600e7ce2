// The results of a load generator: counts answers and their latencies, and prints the figures as one JSON line.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

class Tally {
 public:
  using Clock = std::chrono::steady_clock;

  // pid: the server, including its child processes; 0: its CPU time is not measured.
  explicit Tally(int pid) : pid_(pid) {}

  void start();
  void stop();
  void answered(Clock::duration latency) { latencies_.push_back(std::chrono::duration<float>(latency).count()); }
  void wrong() { ++wrong_; }
  void again() { ++again_; }
  void lost() { ++lost_; }

  [[nodiscard]] Clock::time_point started() const { return start_; }
  [[nodiscard]] std::uint64_t done() const { return latencies_.size(); }
  [[nodiscard]] std::uint64_t wrong_count() const { return wrong_; }
  [[nodiscard]] std::uint64_t lost_count() const { return lost_; }
  // {"label": .., "questions": N, "wrong": N, "again": N, "lost": N, "seconds": S, "rate": per second, "cpu_us": per question,
  // "p50_us": .., ...}
  std::string json(const std::string& label);

 private:
  int pid_;
  Clock::time_point start_;
  double seconds_ = 0;
  double cpu_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t again_ = 0;
  std::uint64_t lost_ = 0;
  std::vector<float> latencies_;  // seconds
};

}  // namespace bench
