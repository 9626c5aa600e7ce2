// The clients that have connections now, for "spfctl peers".
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

namespace spfd {

struct PeerUse {
  std::uint64_t connections = 0;
  std::map<pid_t, std::uint64_t> processes;  // connections by process; on UNIX sockets
};
using Peers = std::map<std::string, PeerUse>;  // by Peer::text()

// Adds the peers of another worker.
inline void add_peers(Peers& sums, const Peers& more) {
  for (const auto& [peer, use] : more) {
    PeerUse& sum = sums[peer];
    sum.connections += use.connections;
    for (const auto& [process, connections] : use.processes) sum.processes[process] += connections;
  }
}

}  // namespace spfd
