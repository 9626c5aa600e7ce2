// The name servers of a resolver: the list in use, what is known about each server, and the probes of those that are down.
//
// The resolver reports here whether a server has answered a question; server_health.h decides what that means, and a change is
// reported to `on_change`.
// Ownership: a list never changes. set() makes a new one, in which a server that was in use before keeps its state. Each question
// under way shares the list with which it began, so a server that is removed lives until its last question has ended. The object
// must outlive all questions. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/dns/answer.h"
#include "common/io/loop.h"
#include "common/io/name_server.h"
#include "common/io/random.h"
#include "common/io/resolver_counters.h"
#include "common/io/server_counters.h"
#include "common/io/udp.h"
#include "common/io/upstream.h"

namespace io {

class Upstreams {
 public:
  using Clock = std::chrono::steady_clock;
  using List = std::vector<std::shared_ptr<Upstream>>;  // in the order of the configuration
  using OnChange = std::function<void(const NameServer& server, bool is_down)>;

  // The references must outlive the object.
  Upstreams(Loop& loop, RandomIds& random, ResolverCounters& counters, OnChange on_change);

  void set(const std::vector<NameServer>& servers);
  [[nodiscard]] const std::shared_ptr<const List>& list() const { return list_; }
  [[nodiscard]] std::vector<ServerCounters> counters() const;

  void on_answer(Upstream& server);
  void on_unreachable(Upstream& server);
  // Records that a question about `zone`, sent at `sent`, got no answer in its time.
  void on_silence(Upstream& server, std::uint64_t zone, Clock::time_point sent);
  // Records that another server answered a question that was sent here at `sent` and got no answer in its time.
  void on_other_answered(Upstream& server, Clock::time_point sent);

  // Sends copies of a question to the servers that are due for a probe, unless all are down: then questions try them anyway.
  void send_probes(const dns::Question& question, std::chrono::milliseconds timeout);

 private:
  void report(const Upstream& server, bool has_changed) const;

  Loop& loop_;
  RandomIds& random_;
  ResolverCounters& counters_;
  const OnChange on_change_;
  SocketBudget budget_;
  std::shared_ptr<const List> list_ = std::make_shared<const List>();
};

}  // namespace io
