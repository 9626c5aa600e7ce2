#include "spfquery/evaluator.h"

#include <ctime>
#include <utility>

#include "common/io/machine_name.h"
#include "common/io/zone_file.h"
#include "common/receiver/explanation.h"

namespace spfquery {

namespace {}  // namespace

io::ResolverOptions resolver_options(const Options& options) {
  io::ResolverOptions dns = options.dns;
  if (dns.servers.empty()) dns.servers = io::system_name_servers();
  return dns;
}

base::Result<MadeZone, std::string> make_zone(const Options& options) {
  auto zone = std::make_shared<dns::Zone>();
  auto notes = io::add_zone_files(*zone, options.zones, io::FileKind::any);
  if (!notes) return base::failure(notes.error());
  // The records replace the texts of a zone file, but not each other: two records for one name must be seen as two.
  for (const WhatIf& record : options.records) zone->remove_texts(record.name);
  for (const WhatIf& record : options.records) zone->add_text(record.name, record.text);
  return MadeZone{std::move(zone), std::move(*notes)};
}

class Evaluator::Check final : public Ask {
 public:
  Check(const Evaluator& evaluator, const protocol::QueryLines& asked, Done done)
      : evaluator_(evaluator), asked_(asked), request_(asked.request), done_(std::move(done)) {
    request_.time = static_cast<std::uint64_t>(std::time(nullptr));
  }

  // Starts the check. Returns whether it has ended already.
  bool start(io::Driver& driver, std::chrono::milliseconds deadline) {
    auto running = driver.start([this](spf::AnswerSource& answers) { return step(answers); }, deadline,
                                [this](const io::CheckCost&) { finish(); });
    running_ = std::move(running);
    return running_ == nullptr;
  }

 private:
  spf::Needs step(spf::AnswerSource& answers) {
    if (!is_decided_) {
      spf::Needs needs = receiver::decide(request_, evaluator_.policy_, answers, decision_);
      is_decided_ = needs.empty();
      if (!is_decided_) return needs;
    }
    return request_.explain ? explanation_.run(evaluator_.policy_, answers, decision_) : spf::Needs{};
  }

  void finish() {
    const Done done = std::move(done_);
    done(is_decided_ ? make_answer(decision_.reply, asked_, evaluator_.options_)
                     : no_answer("the evaluation was not finished", asked_, evaluator_.options_));
  }

  const Evaluator& evaluator_;
  const protocol::QueryLines& asked_;
  receiver::Request request_;
  Done done_;
  receiver::Workspace decision_;
  bool is_decided_ = false;
  receiver::Explanation explanation_;
  io::Driver::Handle running_;
};

Evaluator::Evaluator(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone)
    : options_(options),
      policy_(options.policy),
      driver_(loop, std::make_shared<io::Cache>(kCacheBytes), resolver_options(options)) {
  policy_.hostname = options.receiver.empty() ? io::machine_name() : options.receiver;
  driver_.set_zone(std::move(zone));
}

std::unique_ptr<Ask> Evaluator::ask(const protocol::QueryLines& asked, Done done) {
  auto check = std::make_unique<Check>(*this, asked, std::move(done));
  if (check->start(driver_, options_.timeout)) return nullptr;
  return check;
}

}  // namespace spfquery
