#include "spfweb/engine.h"

#include <ctime>
#include <utility>

#include "common/base/printable.h"
#include "common/io/random.h"
#include "common/protocol/query_client.h"
#include "common/spf/round.h"

namespace spfweb {

namespace {

constexpr std::size_t kCacheBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxAnswerBytes = std::size_t{4} << 20;

io::DriverOptions driver_options() {
  return {
      .max_questions = static_cast<int>(Engine::limits().questions) + 200, .max_bytes = kMaxAnswerBytes, .max_bytes_of_all = 0};
}

void add_detail(Present& present, std::string_view sentence) {
  if (!sentence.empty()) present.details.push_back(base::clip(sentence, 2000));
}

Present present_of(const base::Result<std::string, std::string>& answer) {
  Present present;
  if (!answer) {
    present.problem = base::printable(answer.error());
    return present;
  }
  const auto value = [&](std::string_view key) { return protocol::answer_value(*answer, key); };
  present.result = value("result");
  if (const auto error = value("error"); !error.empty()) present.problem = error;
  if (present.result.empty()) present.problem = "spfd gave no result";
  if (value("mechanism") != spf::kDefaultMechanism) present.term = value("mechanism");
  present.theirs = value("authority_explanation");
  // An spfd that explains (explain=1) adds these lines, which are more precise.
  add_detail(present, value("why").empty() ? value("local_explanation") : value("why"));
  add_detail(present, value("why_missing"));
  if (const auto record = value("change_record"); !record.empty())
    present.change = {std::string(value("change_name")), std::string(record), std::string(value("change_lookups"))};
  return present;
}

Present present_of(const spf::Verdict& verdict, const spf::Query& query) {
  Present present;
  present.result = spf::result_name(verdict.result);
  if (verdict.mechanism != spf::kDefaultMechanism) present.term = base::printable(verdict.mechanism);
  present.record_of = verdict.domain;
  present.theirs = verdict.authority_explanation;
  add_detail(present, base::printable(verdict.problem));
  if (!query.domain) present.problem = "this is not a domain name";
  return present;
}

// Sets the parameters that a page does not supply: the receiver, and the time.
void set_moment(spf::Query& query) {
  query.receiver = "unknown";
  query.time = static_cast<std::uint64_t>(std::time(nullptr));
}

// Runs the examination, then the evaluation.
class Steps {
 public:
  Steps(lint::Subject subject, std::optional<spf::Query> query) : subject_(std::move(subject)), query_(std::move(query)) {
    if (query_) set_moment(*query_);
  }

  spf::Needs step(spf::AnswerSource& answers) {
    return round_.run(answers, true, [&] {
      spf::Needs needs = is_examined_ ? spf::Needs{} : lint::examine(subject_, answers, report);
      if (needs.empty()) {
        is_examined_ = true;
        if (query_) needs = spf::evaluate(*query_, {}, answers, verdict_);
        is_complete = needs.empty();
      }
      return needs;
    });
  }

  [[nodiscard]] std::optional<Present> present() const {
    return query_ && is_complete ? std::optional(present_of(verdict_, *query_)) : std::nullopt;
  }

  lint::Report report;
  bool is_complete = false;

 private:
  lint::Subject subject_;
  std::optional<spf::Query> query_;
  spf::Verdict verdict_;
  bool is_examined_ = false;
  spf::Round round_;
};

}  // namespace

struct Engine::Job {
  io::Driver::Handle handle;
  bool is_over = false;
};

Engine::Engine(io::Loop& loop, EngineOptions options)
    : loop_(loop),
      salt_(io::random_number()),
      zone_(options.zone),
      spfd_(options.spfd),
      driver_(loop, std::make_shared<io::Cache>(kCacheBytes), std::move(options.dns), driver_options()) {
  driver_.set_zone(zone_);
  // Visitors read the problems, and must not see paths or addresses of this site.
  spfd_.name = "spfd";
  if (!spfd_.addresses) spfd_.addresses = base::failure(std::string("its address is not known"));
}

Engine::~Engine() = default;

void Engine::call(std::string lines, std::function<void(base::Result<std::string, std::string>)> done) {
  const auto place = calls_.emplace(calls_.end());
  *place =
      std::make_unique<io::Call>(loop_, spfd_, std::move(lines), protocol::completion_of(protocol::Format::lines), kSpfdTimeout,
                                 [this, place, done = std::move(done)](base::Result<std::string, std::string> answer) {
                                   const auto call_back = done;
                                   calls_.erase(place);
                                   call_back(std::move(answer));
                                 });
}

void Engine::run(io::Driver::Step step, std::function<void(const io::CheckCost&)> done) {
  const auto job = std::make_shared<Job>();
  auto handle = driver_.start(std::move(step), kLookupTimeout,
                              [this, weak = std::weak_ptr<Job>(job), done = std::move(done)](const io::CheckCost& cost) {
                                const auto ended = weak.lock();
                                const auto call_back = done;
                                if (ended) {
                                  ended->is_over = true;
                                  jobs_.remove(ended);
                                }
                                call_back(cost);
                              });
  if (job->is_over) return;
  job->handle = std::move(handle);
  jobs_.push_back(job);
}

void Engine::ask(const token::Facts& facts, std::function<void(Present)> done) {
  protocol::QueryLines asked;
  asked.request.client = facts.client;
  const bool is_helo = facts.identity == spf::Identity::helo;
  asked.request.scope = is_helo ? receiver::Scope::helo : receiver::Scope::mailfrom;
  asked.request.helo = is_helo ? facts.domain : facts.helo;
  if (!is_helo) asked.request.sender = "postmaster@" + facts.domain;
  call("explain=1\n" + protocol::query_lines(asked, kSpfdTimeout),
       [done = std::move(done)](const base::Result<std::string, std::string>& answer) { done(present_of(answer)); });
}

void Engine::health(std::function<void(std::string)> done) {
  call("request=health\n\n", [done = std::move(done)](const base::Result<std::string, std::string>& answer) {
    if (!answer) return done(base::printable(answer.error()));
    const std::string_view health = protocol::answer_value(*answer, "health");
    done(health == "ok" ? std::string() : health.empty() ? "spfd gave no answer" : "spfd: " + base::printable(health));
  });
}

void Engine::examine(const dns::Name& domain, const std::optional<std::string>& record, std::optional<spf::Query> query,
                     std::function<void(Examined)> done) {
  if (record) {
    auto zone = zone_ ? std::make_shared<dns::Zone>(*zone_) : std::make_shared<dns::Zone>();
    zone->remove_texts(domain);
    zone->add_text(domain, *record);
    driver_.set_zone(std::move(zone));
  }
  const auto steps =
      std::make_shared<Steps>(lint::Subject{.domain = domain, .limits = limits(), .salt = salt_}, std::move(query));
  const auto begin = std::chrono::steady_clock::now();
  run([steps](spf::AnswerSource& answers) { return steps->step(answers); },
      [steps, begin, done = std::move(done)](const io::CheckCost& cost) {
        Examined examined;
        examined.present = steps->present();
        examined.report = std::move(steps->report);
        examined.is_complete = steps->is_complete;
        examined.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        examined.questions = cost.questions;
        done(std::move(examined));
      });
  if (record) driver_.set_zone(zone_);
}

}  // namespace spfweb
