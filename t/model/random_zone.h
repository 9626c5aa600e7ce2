// Random zones and checks for the property test. They have few names, so that includes, redirects, loops, void answers, errors,
// many MX and PTR hosts, macros that expand to an existing name, and broken records all occur often.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "common/base/ip.h"
#include "common/dns/answer.h"

namespace model {

// A random generator with the same numbers on every platform for the same seed.
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

// The data in DNS. A missing name does not exist; a name without the type has no such record.
class Zone {
 public:
  using Records = std::map<dns::Type, dns::Answer>;

  Records& at(const std::string& name) { return names_[name]; }
  [[nodiscard]] dns::Answer answer(const dns::Question& question) const;
  [[nodiscard]] const std::map<std::string, Records>& names() const { return names_; }
  // Returns the zone as text for error messages.
  [[nodiscard]] std::string text() const;

 private:
  std::map<std::string, Records> names_;  // in lower case
};

// One check, as a mail server would request it.
struct Sample {
  base::IpAddress client;
  std::string sender;  // empty: the check is of the HELO identity
  std::string helo;
};

Zone random_zone(Random& random);
Sample random_sample(Random& random);
// Returns a record that begins with "v=spf1" and may be invalid.
std::string random_record(Random& random);
std::string random_explanation(Random& random);

}  // namespace model
