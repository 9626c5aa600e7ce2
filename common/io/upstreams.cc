#include "common/io/upstreams.h"

#include <algorithm>
#include <utility>

namespace io {

Upstreams::Upstreams(Loop& loop, RandomIds& random, ResolverCounters& counters, OnChange on_change)
    : loop_(loop), random_(random), counters_(counters), on_change_(std::move(on_change)) {}

void Upstreams::set(const std::vector<NameServer>& servers) {
  List list;
  for (const NameServer& server : servers) {
    const auto old = std::find_if(list_->begin(), list_->end(), [&](const auto& known) { return known->address == server; });
    list.push_back(old != list_->end() ? *old : std::make_shared<Upstream>(loop_, server, random_, budget_, counters_));
  }
  list_ = std::make_shared<const List>(std::move(list));
}

std::vector<ServerCounters> Upstreams::counters() const {
  std::vector<ServerCounters> all;
  for (const auto& server : *list_) {
    all.push_back(server->counts);
    all.back().server = server->address;
  }
  return all;
}

void Upstreams::on_answer(Upstream& server) { report(server, server.health.on_answer(loop_.now())); }

void Upstreams::on_unreachable(Upstream& server) {
  ++server.counts.unreachable;
  report(server, server.health.on_unreachable(loop_.now()));
}

void Upstreams::on_silence(Upstream& server, std::uint64_t zone, Clock::time_point sent) {
  report(server, server.health.on_silence(zone, sent, loop_.now()));
}

void Upstreams::on_other_answered(Upstream& server, Clock::time_point sent) {
  report(server, server.health.on_other_answered(sent, loop_.now()));
}

void Upstreams::report(const Upstream& server, bool has_changed) const {
  if (has_changed && on_change_) on_change_(server.address, server.health.is_down());
}

void Upstreams::send_probes(const dns::Question& question, std::chrono::milliseconds timeout) {
  const auto is_down = [](const auto& server) { return server->health.is_down(); };
  if (std::all_of(list_->begin(), list_->end(), is_down)) return;
  for (const auto& server : *list_) {
    if (!server->health.take_probe(loop_.now())) continue;
    server->probe(question, timeout, [this, server = server.get()](const Ending& ending) {
      if (ending) on_answer(*server);
    });
  }
}

}  // namespace io
