#include "spfquery/examiner.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <utility>

#include "common/io/descriptor.h"
#include "common/io/driver.h"
#include "common/lint/json.h"
#include "common/lint/lint.h"
#include "spfquery/evaluator.h"
#include "spfquery/report.h"

namespace spfquery {

namespace {

constexpr std::size_t kCacheBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxAnswerBytes = std::size_t{16} << 20;

// The end of the pipe that the handler of SIGINT writes to; -1: none.
std::atomic<int> interrupt_fd = -1;

void on_interrupt(int /*number*/) { static_cast<void>(!::write(interrupt_fd, "", 1)); }

// Calls back at the first SIGINT; the second one ends the program, as usual.
class Interrupt {
 public:
  Interrupt(io::Loop& loop, std::function<void()> callback) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
    reading_ = io::Descriptor(ends[0]);
    writing_ = io::Descriptor(ends[1]);
    watch_ = std::make_unique<io::Watch>(loop, reading_.get(), io::Watch::readable, [this, call = std::move(callback)] {
      watch_->disable();
      call();
    });
    watch_->enable();
    interrupt_fd = writing_.get();
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, nullptr);
  }
  ~Interrupt() { static_cast<void>(std::signal(SIGINT, SIG_DFL)); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  io::Descriptor reading_;
  io::Descriptor writing_;
  std::unique_ptr<io::Watch> watch_;
};

// The step of the driver. All questions of a round are answered before the records are read again: reading takes longer than
// looking whether an answer came.
class Examination {
 public:
  explicit Examination(const dns::Name& domain) : domain_(domain) {}

  spf::Needs step(spf::AnswerSource& answers) {
    while (next_ < open_.size() && answers.find(open_[next_]) != nullptr) ++next_;
    if (next_ < open_.size()) return {.needed = {open_[next_]}, .wanted = {}};
    spf::Needs needs = lint::examine(domain_, limits_, answers, report_);
    is_complete_ = needs.empty();
    open_ = needs.needed;
    next_ = 0;
    return needs;
  }

  [[nodiscard]] bool is_complete() const { return is_complete_; }
  [[nodiscard]] const lint::Report& report() const { return report_; }
  [[nodiscard]] const lint::Limits& limits() const { return limits_; }

 private:
  dns::Name domain_;
  lint::Limits limits_;
  lint::Report report_;
  bool is_complete_ = false;
  std::vector<dns::Question> open_;
  std::size_t next_ = 0;
};

int exit_code_of(const lint::Report& report) {
  if (!report.is_complete()) return kExitIncomplete;
  return report.count(lint::Severity::error) > 0 ? kExitErrors : 0;
}

}  // namespace

bool is_examination(const std::vector<std::string>& words) {
  return std::ranges::any_of(words, [](const std::string& word) {
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    return name == "--lint" || name == "-lint";
  });
}

int examine(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone) {
  Examination examination(options.examined);
  const io::DriverOptions limits{.max_questions = static_cast<int>(examination.limits().questions) + 100,
                                 .max_bytes = kMaxAnswerBytes};
  io::Driver driver(loop, std::make_shared<io::Cache>(kCacheBytes), resolver_options(options), limits);
  driver.set_zone(std::move(zone));
  io::Driver::Handle running;
  bool is_over = false;
  const Interrupt interrupt(loop, [&running] {
    if (running) running->expire();
  });
  running = driver.start([&](spf::AnswerSource& answers) { return examination.step(answers); }, options.timeout,
                         [&](const io::CheckCost&) {
                           is_over = true;
                           loop.stop();
                         });
  if (!is_over) loop.run();
  if (!examination.is_complete()) {
    kProgram.complain("the examination came to no end");
    return kExitIncomplete;
  }
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const lint::Report& report = examination.report();
  const std::string text = options.json ? lint::json(report) : report_text(report, tree_style(STDOUT_FILENO));
  if (kProgram.print_and_exit(text) != 0) return kExitIncomplete;
  return exit_code_of(report);
}

}  // namespace spfquery
