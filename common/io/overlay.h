// A zone overlay with its answers parsed once. One thread.
#pragma once

#include <memory>
#include <unordered_map>
#include <variant>

#include "common/dns/answer.h"
#include "common/dns/zone.h"
#include "common/io/cache.h"

namespace io {

class Overlay {
 public:
  // Strangers may ask for any number of names below an apex or a wildcard.
  static constexpr std::size_t kMaxKnown = 1000;

  explicit Overlay(std::shared_ptr<const dns::Zone> zone) : zone_(std::move(zone)) {}

  // The answer, or the question that DNS has to answer: the same one, or what a CNAME led to.
  std::variant<SharedAnswer, dns::Question> find(const dns::Question& question);

 private:
  std::shared_ptr<const dns::Zone> zone_;
  std::unordered_map<dns::Question, SharedAnswer> known_;
};

}  // namespace io
