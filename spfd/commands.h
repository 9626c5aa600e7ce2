// The commands of the control socket (spfctl(8)): reads a line, and carries it out through the interface that the server
// implements. Runs in the main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/io/cache.h"
#include "common/protocol/codec.h"
#include "spfd/cache_keeper.h"
#include "spfd/config/snapshot.h"
#include "spfd/counters.h"
#include "spfd/gathering.h"
#include "spfd/metrics.h"
#include "spfd/peers.h"
#include "spfd/tops.h"

namespace spfd {

// The process that commands act on.
class Commanded {
 public:
  Commanded() = default;
  Commanded(const Commanded&) = delete;
  Commanded& operator=(const Commanded&) = delete;
  virtual ~Commanded() = default;

  struct Fact {
    std::string_view name;
    std::variant<std::string, std::uint64_t> value;
  };
  using Facts = std::vector<Fact>;

  // Returns the state of the process, as names and values.
  [[nodiscard]] virtual Facts status() = 0;
  // Returns the facts that metrics report besides counters.
  [[nodiscard]] virtual ProcessFacts facts() = 0;
  // The next three call `done`, from any thread, at the latest after Gatherings::kLongest: with the sum of the workers' counters;
  // with the domains of all workers, in no order; with the peers of all workers.
  virtual void count(std::function<void(const Gathered<Counters>&)> done) = 0;
  virtual void top(base::TopNames Tops::*which, std::function<void(const Gathered<TopEntries>&)> done) = 0;
  virtual void peers(std::function<void(const Gathered<Peers>&)> done) = 0;
  // Reloads the configuration, as SIGHUP does. Returns false if the old configuration stays in force.
  virtual bool reload() = 0;
  // Ends kept connections between their requests and reports "draining" in answers to request=health, or stops doing so.
  virtual void set_drained(bool on) = 0;
  // Stops the process soon, as SIGTERM does.
  virtual void stop() = 0;
  [[nodiscard]] virtual const Snapshot& in_force() = 0;
  // Puts a changed snapshot in force, until the next reload.
  virtual void adjust(std::shared_ptr<const Snapshot> snapshot) = 0;
  [[nodiscard]] virtual const std::shared_ptr<io::Cache>& cache() = 0;
  [[nodiscard]] virtual const CacheKeeper& cache_keeper() = 0;
};

// Carries out a command. `may_only_watch`: its user may give the commands "status" and "stats" only. `done` is called once,
// perhaps later and from another thread, with an answer in the format of the request.
void obey(Commanded& commanded, const protocol::ControlRequest& request, bool may_only_watch,
          const std::function<void(const protocol::ControlAnswer&)>& done);

}  // namespace spfd
