// spfquery's own evaluation: a driver with resolver, cache and zone overlay.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/dns/zone.h"
#include "common/io/driver.h"
#include "common/io/loop.h"
#include "common/receiver/receiver.h"
#include "spfquery/asker.h"

namespace spfquery {

// The zone made from the zone files and records of the options. The error is "FILE:LINE: what".
struct MadeZone {
  std::shared_ptr<const dns::Zone> zone;
  std::vector<std::string> notes;  // about lines that were skipped
};
base::Result<MadeZone, std::string> make_zone(const Options& options);

// Returns the options of the resolver, with the system's name servers where none are given.
io::ResolverOptions resolver_options(const Options& options);
// Bytes of the cache of DNS answers.
inline constexpr std::size_t kCacheBytes = std::size_t{64} << 20;

class Evaluator final : public Asker {
 public:
  // Loop and options must outlive it.
  Evaluator(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone);

  std::unique_ptr<Ask> ask(const protocol::QueryLines& asked, Done done) override;

 private:
  class Check;

  const Options& options_;
  receiver::Policy policy_;
  io::Driver driver_;
};

}  // namespace spfquery
