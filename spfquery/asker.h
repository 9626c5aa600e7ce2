// The source of answers: spfquery itself, or a server.
#pragma once

#include <functional>
#include <memory>

#include "common/protocol/query_lines.h"
#include "spfquery/answer.h"

namespace spfquery {

// A request under way. Destroying it drops the request, and `done` is not called.
class Ask {
 public:
  Ask() = default;
  Ask(const Ask&) = delete;
  Ask& operator=(const Ask&) = delete;
  virtual ~Ask() = default;
};

class Asker {
 public:
  // Called once, perhaps within ask(). It may destroy the Ask.
  using Done = std::function<void(Answer)>;

  Asker() = default;
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;
  virtual ~Asker() = default;

  // The request must have no error, and must outlive the Ask.
  virtual std::unique_ptr<Ask> ask(const protocol::QueryLines& asked, Done done) = 0;
};

}  // namespace spfquery
