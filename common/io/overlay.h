// A zone overlay with its answers parsed once. One thread.
#pragma once

#include <memory>
#include <unordered_map>

#include "common/dns/answer.h"
#include "common/dns/zone.h"
#include "common/io/kept_answer.h"

namespace io {

class Overlay {
 public:
  // Strangers may ask for any number of names below an apex or a wildcard.
  static constexpr std::size_t kMaxKnown = 1000;

  explicit Overlay(std::shared_ptr<const dns::Zone> zone) : zone_(std::move(zone)) {}

  // The answer; of status alias where a CNAME leads out of the zone; null when DNS has to answer.
  SharedAnswer find(const dns::Question& question);

 private:
  std::shared_ptr<const dns::Zone> zone_;
  std::unordered_map<dns::Question, SharedAnswer> known_;
};

}  // namespace io
