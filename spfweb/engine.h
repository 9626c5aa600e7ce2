// The asynchronous work of spfweb: requests to spfd, and look-ups in DNS with a small separate cache, so that they do not evict
// answers for mail.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ip.h"
#include "common/dns/name.h"
#include "common/dns/zone.h"
#include "common/io/call.h"
#include "common/io/driver.h"
#include "common/io/loop.h"
#include "common/lint/lint.h"
#include "common/spf/evaluate.h"
#include "common/spf/query.h"
#include "common/token/token.h"

namespace spfweb {

struct PresentChange {
  std::string name;     // of the record
  std::string record;   // the new text
  std::string lookups;  // a number
};

// The present result for an identity, in texts of printable US-ASCII.
struct Present {
  std::string problem;  // why there is no result; else empty
  std::string result;
  std::string term;                  // that decided; empty: none
  std::string record_of;             // the domain in whose record the term is; empty: not known
  std::string theirs;                // the domain's own explanation
  std::vector<std::string> details;  // sentences
  std::optional<PresentChange> change;
};

struct Examined {
  lint::Report report;
  bool is_complete = false;
  std::optional<Present> present;  // for the address that was asked
  std::chrono::milliseconds took{0};
  int questions = 0;
};

struct EngineOptions {
  io::ServerAddress spfd;
  io::ResolverOptions dns;
  std::shared_ptr<const dns::Zone> zone;  // null: none
};

class Engine {
 public:
  static constexpr std::chrono::seconds kSpfdTimeout{10};
  static constexpr std::chrono::seconds kLookupTimeout{15};

  // Bounds of an examination: tighter than those of spfquery, since one thread serves all visitors.
  static lint::Limits limits() {
    return {.records = 100, .questions = 400, .terms = 2000, .addresses = 5000, .depth = 11, .work = 250'000};
  }

  Engine(io::Loop& loop, EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Each calls back once, from the loop or from within the call.
  // Asks spfd for the present result of the check that a token describes.
  void ask(const token::Facts& facts, std::function<void(Present)> done);
  // Returns why spfd is not ready, or an empty text.
  void health(std::function<void(std::string)> done);
  // Examines the record of a domain; `record` replaces the published one. `query`: also evaluates it.
  void examine(const dns::Name& domain, const std::optional<std::string>& record, std::optional<spf::Query> query,
               std::function<void(Examined)> done);

 private:
  struct Job;

  void call(std::string lines, std::function<void(base::Result<std::string, std::string>)> done);
  void run(io::Driver::Step step, std::function<void(const io::CheckCost&)> done);

  io::Loop& loop_;
  const std::uint64_t salt_;  // of examinations: see lint::Subject
  std::shared_ptr<const dns::Zone> zone_;
  io::Server spfd_;
  io::Driver driver_;
  std::list<std::unique_ptr<io::Call>> calls_;
  std::list<std::shared_ptr<Job>> jobs_;
};

}  // namespace spfweb
