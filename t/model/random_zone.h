// Random zones and questions for the property test: few names, so that includes, redirects, loops, voids, errors, crowds of MX
// and PTR, macros that hit a name, and broken records all happen often.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "common/base/ip.h"
#include "common/dns/answer.h"

namespace model {

// The same numbers everywhere for the same seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // 0 to count - 1
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(engine_() % count); }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937_64 engine_;
};

// What DNS knows. A name that is not there does not exist; a type that is not there has no record.
class Zone {
 public:
  using Records = std::map<dns::Type, dns::Answer>;

  Records& at(const std::string& name) { return names_[name]; }
  [[nodiscard]] dns::Answer answer(const dns::Question& question) const;
  [[nodiscard]] const std::map<std::string, Records>& names() const { return names_; }
  // For people.
  [[nodiscard]] std::string text() const;

 private:
  std::map<std::string, Records> names_;  // in lower case
};

// One check as a mail server would ask for it.
struct Sample {
  base::IpAddress client;
  std::string sender;  // empty: check the HELO identity
  std::string helo;
};

Zone random_zone(Random& random);
Sample random_sample(Random& random);
// A record, "v=spf1" included; not always a correct one.
std::string random_record(Random& random);
std::string random_explanation(Random& random);

}  // namespace model
