// Asks the servers of a domain's own zone for its TXT records, each by itself (spfquery --authoritative).
//
// The servers are found through the usual name servers: the NS records of the domain, or of the nearest name above it that has
// some, and the addresses of these servers. Bounds: kMaxServers addresses, and the time-out of the examination. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/dns/name.h"
#include "common/io/driver.h"
#include "common/io/loop.h"
#include "common/io/resolver_options.h"
#include "common/lint/reader.h"

namespace spfquery {

class Authority {
 public:
  static constexpr std::size_t kMaxServers = 16;

  struct Found {
    std::vector<lint::ServerAnswer> answers;
    std::vector<std::string> missing;  // what could not be asked
  };
  // Called once, from the loop or within ask(). It may destroy the object only from the loop.
  using Done = std::function<void(Found)>;

  // `driver` asks for the servers. `options`: how each of them is asked; its servers are not used. `port`: of the servers.
  Authority(io::Loop& loop, io::Driver& driver, io::ResolverOptions options, std::uint16_t port = 53);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  // Asks for the records of the domain; once per object. `patience`: for each of the two parts.
  void ask(const dns::Name& domain, std::chrono::milliseconds patience, Done done);
  // Stops waiting: answers that have not come are missing.
  void expire();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace spfquery
