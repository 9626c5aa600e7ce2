// Drivers for tests that ask a DnsServer, and steps that ask for texts.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/io/driver.h"
#include "t/io/questions.h"
#include "t/support/dns_server.h"
#include "t/support/show.h"

namespace support {

inline constexpr std::chrono::milliseconds kNever = std::chrono::seconds{60};

// Answers each TXT question with its own name.
inline Reaction echo(const dns::Question& asked, bool) { return react(texts({std::string(asked.name.text())})); }

// A loop with a driver, like that of a worker, without a thread.
struct Worker {
  explicit Worker(const DnsServer& server, std::shared_ptr<io::Cache> shared = nullptr, io::DriverOptions options = {},
                  std::chrono::milliseconds try_timeout = kNever)
      : cache(shared ? std::move(shared) : std::make_shared<io::Cache>(1 << 20)),
        driver(loop, cache, {.servers = {*io::parse_name_server(server.address())}, .try_timeout = try_timeout}, options) {}

  io::CheckCost run(io::Driver::Step step, std::chrono::milliseconds deadline = kNever) {
    return io::run_to_end(driver, loop, std::move(step), deadline);
  }

  io::Loop loop;
  std::shared_ptr<io::Cache> cache;
  io::Driver driver;
};

// A step that needs all `names` at once, and stores the first text of each answer, or its problem.
struct Together {
  std::vector<std::string> names;
  std::vector<std::string> got = {};
  int runs = 0;

  spf::Needs operator()(spf::AnswerSource& answers) {
    ++runs;
    got.clear();
    spf::Needs needs;
    for (const std::string& name : names) {
      const spf::KnownAnswer* const known = answers.find(question(name));
      if (known == nullptr) {
        needs.needed.push_back(question(name));
      } else {
        got.push_back(known->answer.texts.empty() ? known->answer.problem : known->answer.texts[0]);
      }
    }
    return needs;
  }
};

// A step that needs one name after the other.
struct InTurn {
  std::vector<std::string> names;
  std::vector<std::string> got = {};

  spf::Needs operator()(spf::AnswerSource& answers) {
    got.clear();
    for (const std::string& name : names) {
      const spf::KnownAnswer* const known = answers.find(question(name));
      if (known == nullptr) return {.needed = {question(name)}, .wanted = {}};
      got.push_back(known->answer.texts.empty() ? known->answer.problem : known->answer.texts[0]);
    }
    return {};
  }
};

using Strings = std::vector<std::string>;

}  // namespace support
