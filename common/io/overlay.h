// A zone overlay whose answers are parsed only once. One thread.
#pragma once

#include <memory>
#include <unordered_map>

#include "common/dns/answer.h"
#include "common/dns/zone.h"
#include "common/io/kept_answer.h"

namespace io {

class Overlay {
 public:
  // Answers remembered: there may be any number of names below an apex or a wildcard.
  static constexpr std::size_t kMaxKnown = 1000;

  explicit Overlay(std::shared_ptr<const dns::Zone> zone) : zone_(std::move(zone)) {}

  // Returns the answer, of status alias if a CNAME leads out of the zone; null if DNS must answer.
  SharedAnswer find(const dns::Question& question);

 private:
  std::shared_ptr<const dns::Zone> zone_;
  std::unordered_map<dns::Question, SharedAnswer> known_;
};

}  // namespace io
