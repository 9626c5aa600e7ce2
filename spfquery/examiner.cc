#include "spfquery/examiner.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <set>
#include <utility>

#include "common/base/printable.h"
#include "common/io/descriptor.h"
#include "common/io/driver.h"
#include "common/io/random.h"
#include "common/lint/comparison.h"
#include "common/lint/json.h"
#include "common/lint/lint.h"
#include "common/lint/sarif.h"
#include "common/spf/round.h"
#include "spfquery/authority.h"
#include "spfquery/batch.h"
#include "spfquery/comparison_report.h"
#include "spfquery/evaluator.h"
#include "spfquery/exit_codes.h"
#include "spfquery/interrupt.h"
#include "spfquery/known_file.h"
#include "spfquery/report.h"

namespace spfquery {

namespace {

using Clock = std::chrono::steady_clock;

// Maximum size, in bytes, of the answers that an examination holds: a single one, and one of many.
constexpr std::size_t kMaxAnswerBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxAnswerBytesOfMany = std::size_t{4} << 20;
// An examination that got its answers at the last moment may compute for this time.
constexpr std::chrono::seconds kLastComputation{1};

// An examination, as a step of the driver.
class Examination {
 public:
  Examination(const lint::Subject& subject, const Options& options)
      : subject_(subject), new_record_(options.new_record), deadline_(Clock::now() + options.timeout) {
    subject_.is_over = [this] { return Clock::now() > computes_until_ || (Interrupt::has_come() && !was_interrupted_); };
  }
  Examination(const Examination&) = delete;
  Examination& operator=(const Examination&) = delete;
  ~Examination() = default;

  void add_servers(Authority::Found found) {
    subject_.servers = std::move(found.answers);
    subject_.missing = std::move(found.missing);
  }

  spf::Needs step(spf::AnswerSource& answers) {
    return round_.run(answers, true, [&] {
      // An interrupt that ended the wait for answers does not end the work on those that have come.
      was_interrupted_ = Interrupt::has_come();
      computes_until_ = std::max(deadline_, Clock::now() + kLastComputation);
      spf::Needs needs =
          new_record_ ? lint::compare(subject_, *new_record_, answers, comparison_) : lint::examine(subject_, answers, report_);
      is_complete_ = needs.empty();
      return needs;
    });
  }

  [[nodiscard]] bool is_complete() const { return is_complete_; }
  // Returns the report; with Options::new_record, that of the new record.
  [[nodiscard]] const lint::Report& report() const { return new_record_ ? comparison_.after : report_; }
  // Null without Options::new_record.
  [[nodiscard]] const lint::Comparison* comparison() const { return new_record_ ? &comparison_ : nullptr; }

 private:
  lint::Subject subject_;
  std::optional<std::string> new_record_;
  lint::Report report_;
  lint::Comparison comparison_;
  bool is_complete_ = false;
  Clock::time_point deadline_;
  Clock::time_point computes_until_;
  bool was_interrupted_ = false;
  spf::Round round_;
};

// The form of the output: one report after the other, or one line per report.
enum class Form : std::uint8_t { report, line };

class Examiner {
 public:
  Examiner(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone, KnownFile known,
           std::size_t answer_bytes, Form form)
      : loop_(loop),
        options_(options),
        form_(form),
        salt_(io::random_number()),
        known_(std::move(known)),
        driver_(loop, std::make_shared<io::Cache>(kCacheBytes), resolver_options(options),
                {.max_questions = 2 * static_cast<int>(lint::Limits{}.questions) + 200 * static_cast<int>(1 + options.own.size()),
                 .max_bytes = answer_bytes,
                 .max_bytes_of_all = 0}) {
    driver_.set_zone(std::move(zone));
  }

  // Begins an examination; null: it has ended already.
  std::unique_ptr<Ask> begin(const dns::Name& domain, Asker::Done done) {
    auto one = std::make_unique<One>(*this, domain, std::move(done));
    if (one->start()) return nullptr;
    return one;
  }
  // Ends all waits for DNS.
  void end_waits() {
    const std::set<One*> waiting = waiting_;
    for (One* one : waiting) one->expire();
  }
  // Returns the exit code for all examinations that have ended.
  [[nodiscard]] int exit_code() const { return exit_code_; }

 private:
  class One final : public Ask {
   public:
    One(Examiner& examiner, const dns::Name& domain, Asker::Done done)
        : examiner_(examiner),
          domain_(domain),
          examination_(examiner.subject(domain), examiner.options_),
          done_(std::move(done)) {}
    ~One() override { examiner_.waiting_.erase(this); }
    One(const One&) = delete;
    One& operator=(const One&) = delete;

    // Returns whether it has ended already.
    bool start() {
      const Options& options = examiner_.options_;
      if (!options.authoritative) return start_examination();
      examiner_.waiting_.insert(this);
      authority_.emplace(examiner_.loop_, examiner_.driver_, options.dns);
      authority_->ask(domain_, options.timeout, [this](Authority::Found found) {
        examination_.add_servers(std::move(found));
        start_examination();
      });
      return has_ended_;
    }
    void expire() { running_ ? running_->expire() : authority_->expire(); }

   private:
    bool start_examination() {
      auto running = examiner_.driver_.start([this](spf::AnswerSource& answers) { return examination_.step(answers); },
                                             examiner_.options_.timeout, [this](const io::CheckCost&) { finish(); });
      if (running == nullptr) return true;
      running_ = std::move(running);
      examiner_.waiting_.insert(this);
      return false;
    }

    void finish() {
      has_ended_ = true;
      const Asker::Done done = std::move(done_);
      examiner_.waiting_.erase(this);
      done(examiner_.answer(examination_));
    }

    Examiner& examiner_;
    dns::Name domain_;
    Examination examination_;
    Asker::Done done_;
    bool has_ended_ = false;
    std::optional<Authority> authority_;
    io::Driver::Handle running_;
  };

  [[nodiscard]] lint::Subject subject(const dns::Name& domain) const {
    lint::Subject out = {.domain = domain, .salt = salt_, .own = options_.own, .subdomains = options_.subdomains};
    out.is_published = options_.records.empty() && options_.zones.empty();
    out.known = known_;
    if (options_.helo) out.helo = *parse_examined(*options_.helo);
    return out;
  }

  [[nodiscard]] std::string text_of(const lint::Report& report) const {
    if (options_.json) return lint::json(report);
    if (options_.sarif) return lint::sarif_run(report);
    return form_ == Form::line ? report_line(report) : report_text(report, style_);
  }

  Answer answer(const Examination& examination) {
    Answer answer;
    if (!examination.is_complete()) {
      answer.complaint = "the examination was not finished";
      answer.exit_code = kExitIncomplete;
    } else {
      const lint::Report& report = examination.report();
      const lint::Comparison* const comparison = examination.comparison();
      const bool is_known = report.is_complete() && (comparison == nullptr || comparison->is_complete());
      answer.exit_code = !is_known ? kExitIncomplete : report.count(lint::Severity::error) > 0 ? kExitErrors : 0;
      answer.output =
          comparison != nullptr ? (options_.json ? lint::json(*comparison) : comparison_text(*comparison)) : text_of(report);
    }
    exit_code_ = std::max(exit_code_, answer.exit_code);
    return answer;
  }

  io::Loop& loop_;
  const Options& options_;
  Form form_;
  TreeStyle style_ = tree_style(STDOUT_FILENO);
  std::uint64_t salt_;
  KnownFile known_;
  std::set<One*> waiting_;
  int exit_code_ = 0;
  io::Driver driver_;
};

// Prints the reports of the domains of the command line.
int examine_each(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone, KnownFile known) {
  Examiner examiner(loop, options, std::move(zone), std::move(known), kMaxAnswerBytes, Form::report);
  const Interrupt interrupt(loop, [&] { examiner.end_waits(); });
  std::string before = options.sarif ? std::string(lint::kSarifBegin) : std::string();
  const std::string between = options.sarif ? ", " : options.json ? "" : "\n";
  int exit_code = 0;
  std::size_t printed = 0;
  for (const dns::Name& domain : options.examined) {
    if (printed > 0 && Interrupt::has_come()) {
      kProgram.complain(fmt::format("interrupted: {} not examined", lint::counted(options.examined.size() - printed, "domain")));
      exit_code = kExitIncomplete;
      break;
    }
    std::optional<Answer> answer;
    const std::unique_ptr<Ask> ask = examiner.begin(domain, [&](Answer got) {
      answer = std::move(got);
      loop.stop();
    });
    if (!answer) loop.run();
    if (!answer) return kExitIncomplete;
    if (!answer->complaint.empty()) kProgram.complain(answer->complaint);
    if (kProgram.print_and_exit(before + answer->output) != 0) return kExitIncomplete;
    before = between;
    ++printed;
  }
  if (options.sarif && kProgram.print_and_exit(lint::kSarifEnd) != 0) return kExitIncomplete;
  return std::max(exit_code, examiner.exit_code());
}

// Prints a line or an object for each line of the file.
int examine_file(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone, KnownFile known) {
  auto file = InputFile::open(*options.examined_file);
  if (!file) return kProgram.bad_usage(file.error(), kExitTaskUsage);
  Examiner examiner(loop, options, std::move(zone), std::move(known), kMaxAnswerBytesOfMany, Form::line);
  Batch batch(loop, options, *file,
              [&](std::string_view line, std::size_t, Asker::Done done) -> base::Result<std::unique_ptr<Ask>, std::string> {
                const auto domain = parse_examined(line);
                if (!domain) return base::failure(domain.error());
                return examiner.begin(*domain, std::move(done));
              });
  const Interrupt interrupt(loop, [&] {
    batch.end();
    examiner.end_waits();
  });
  batch.run();
  if (Interrupt::has_come()) kProgram.complain("interrupted: the other domains were not examined");
  if (Interrupt::has_come() || batch.is_broken()) return kExitIncomplete;
  return batch.has_bad_lines() ? kExitTaskUsage : examiner.exit_code();
}

}  // namespace

int examine(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  auto known = read_known_networks(options.networks);
  if (!known) return kProgram.bad_usage(known.error(), kExitTaskUsage);
  const auto task = options.examined_file ? examine_file : examine_each;
  return task(loop, options, std::move(zone), std::move(*known));
}

}  // namespace spfquery
