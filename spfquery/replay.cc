#include "spfquery/replay.h"

#include <fmt/core.h>

#include <array>
#include <ctime>
#include <utility>

#include "common/io/machine_name.h"
#include "common/receiver/receiver.h"
#include "spfquery/evaluator.h"
#include "spfquery/exit_codes.h"

namespace spfquery {

namespace {

// The memory for the checks of triples that may come again.
constexpr std::size_t kKnownBytes = std::size_t{64} << 20;
constexpr std::size_t kBytesPerEntry = 200;  // of a table, besides the texts
// Checks under way at the same time. Most of them wait for name servers that are far away.
constexpr int kChecks = 256;
// Lines that are read per turn of the loop.
constexpr int kLogLinesATurn = 256;

std::string key_of(const maillog::Message& message) {
  base::IpAddress::TextBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written as far as used
  std::string key(message.client.text(buffer));
  key += message.is_authenticated ? '+' : ' ';
  if (message.helo) key += *message.helo + ' ';
  return key += '\n' + message.sender;
}

}  // namespace

// The check of a triple, and the messages that wait for it.
class Replay::Check {
 public:
  Check(const receiver::Policy& policy, std::string key, const maillog::Message& message)
      : policy_(policy), key_(std::move(key)), message_(message) {
    request_.client = message.client;
    request_.helo = message.helo.value_or("");
    request_.sender = message.sender;
    request_.is_authenticated = message.is_authenticated;
    request_.time = static_cast<std::uint64_t>(std::time(nullptr));
  }

  // Starts the check. Returns whether it has ended already; if not, `done` is called when it ends.
  template <class Done>
  bool start(io::Driver& driver, std::chrono::milliseconds deadline, Done done) {
    auto running = driver.start([this](spf::AnswerSource& answers) { return step(answers); }, deadline,
                                [this, done](const io::CheckCost&) {
                                  if (running_) done();
                                });
    running_ = std::move(running);
    return running_ == nullptr;
  }

  // Counts a message that has the same triple.
  void add(const maillog::Message& message) {
    const std::size_t baseline = message.baseline ? static_cast<std::size_t>(*message.baseline) + 1 : 0;
    ++waiting_[static_cast<std::size_t>(message.fate)][baseline];
  }
  void tally(const ReplayedCheck& replayed, Tally& tally) {
    for (std::size_t fate = 0; fate < waiting_.size(); ++fate) {
      for (std::size_t baseline = 0; baseline < waiting_[fate].size(); ++baseline) {
        if (waiting_[fate][baseline] == 0) continue;
        message_.fate = static_cast<maillog::Fate>(fate);
        message_.baseline.reset();
        if (baseline > 0) message_.baseline = static_cast<spf::Result>(baseline - 1);
        tally.add(message_, replayed, waiting_[fate][baseline]);
      }
    }
  }
  [[nodiscard]] ReplayedCheck replayed() const {
    if (is_decided_) return replayed_check(work_.reply, message_);
    ReplayedCheck replayed = replayed_check(receiver::not_checked(policy_, "the check was not finished"), message_);
    replayed.is_checked = true;
    replayed.why = "the check was not finished";
    return replayed;
  }
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  spf::Needs step(spf::AnswerSource& answers) {
    is_decided_ = false;
    spf::Needs needs = receiver::decide(request_, policy_, answers, work_);
    is_decided_ = needs.empty();
    return needs;
  }

  const receiver::Policy& policy_;
  std::string key_;
  maillog::Message message_;
  receiver::Request request_;
  receiver::Workspace work_;
  std::array<std::array<std::uint64_t, spf::kResults + 1>, maillog::kFates> waiting_{};
  bool is_decided_ = false;  // false: memory ran out
  io::Driver::Handle running_;
};

Replay::Replay(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone)
    : loop_(loop),
      options_(options),
      policy_(options.policy),
      driver_(loop, std::make_shared<io::Cache>(kCacheBytes), resolver_options(options)),
      files_(
          loop, options.logs, [this] { advance(); }, [this](const std::string& what) { complain(what); }),
      reader_(maillog::make_reader(*options.replay, options.baseline)),
      progress_(files_.total_bytes(), Progress::Output::at_end),
      interrupt_(loop, [this] { loop_.stop(); }),
      soon_(loop, [this] {
        is_scheduled_ = false;
        advance();
      }) {
  if (!options.receiver.empty()) policy_.hostname = options.receiver;
  if (policy_.hostname.empty()) policy_.hostname = io::machine_name();
  policy_.spf.explains = false;
  driver_.set_zone(std::move(zone));
}

Replay::~Replay() = default;

int Replay::run() {
  if (!options_.mailbox.empty()) {
    if (const auto problem = mailbox_.read(options_.mailbox)) return kProgram.bad_usage(*problem, kExitTaskUsage);
  }
  schedule();
  loop_.run();
  progress_.clear();
  counts_.is_interrupted = Interrupt::has_come();
  counts_.unfinished = checks_.size();
  counts_.dropped = reader_->dropped();
  counts_.baseline_left_out = mailbox_.left_out();
  counts_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  const std::string report = options_.json ? replay_json(options_, counts_, tally_) : replay_text(options_, counts_, tally_);
  return kProgram.print_and_exit(report) != 0 || !counts_.is_complete() ? kExitIncomplete : 0;
}

// Calls advance() in the next turn of the loop, since checks may end within begin().
void Replay::schedule() {
  if (is_scheduled_) return;
  is_scheduled_ = true;
  soon_.set(std::chrono::milliseconds{0});
}

void Replay::advance() {
  const auto most = static_cast<std::size_t>(options_.jobs == 0 ? kChecks : options_.jobs);
  for (int i = 0; i < kLogLinesATurn; ++i) {
    while (next_message_ < messages_.size()) {
      if (checks_.size() >= most) return;
      take(messages_[next_message_++]);
    }
    messages_.clear();
    next_message_ = 0;
    if (at_end_) {
      if (checks_.empty()) loop_.stop();
      return;
    }
    if (!read_line()) return;
  }
  progress_.show(tally_.checked(), files_.bytes());
  schedule();
}

// Reads a line. Returns false if there is none now.
bool Replay::read_line() {
  switch (files_.next()) {
    case LogFiles::Got::nothing: return false;
    case LogFiles::Got::paused: schedule(); return false;
    case LogFiles::Got::end:
      at_end_ = true;
      reader_->finish(messages_);
      return true;
    case LogFiles::Got::too_long: ++counts_.too_long; break;
    case LogFiles::Got::line:
      switch (reader_->read(files_.line(), messages_)) {
        case maillog::Line::understood:
        case maillog::Line::other: break;
        case maillog::Line::local: ++counts_.local; break;
        case maillog::Line::bad: ++counts_.bad; break;
      }
      break;
  }
  ++counts_.lines;
  return true;
}

void Replay::take(maillog::Message& message) {
  ++counts_.messages;
  if (!message.baseline) message.baseline = mailbox_.find(message);
  if (message.sender.empty() && message.helo.value_or("").empty()) return tally_.add_without_identity(message);
  const std::string key = key_of(message);
  if (const auto known = known_.find(key); known != known_.end()) return tally_.add(message, known->second);
  if (const auto running = checks_.find(key); running != checks_.end()) return running->second->add(message);
  begin(key, message);
}

void Replay::begin(const std::string& key, const maillog::Message& message) {
  Check& check = *checks_.emplace(key, std::make_unique<Check>(policy_, key, message)).first->second;
  check.add(message);
  if (check.start(driver_, options_.timeout, [this, &check] { finish(check); })) finish(check);
}

void Replay::finish(Check& check) {
  ReplayedCheck replayed = check.replayed();
  if (replayed.is_checked) ++counts_.checks;
  check.tally(replayed, tally_);
  const std::string key = check.key();
  const std::size_t bytes = key.size() + replayed.domain.size() + replayed.why.size() + kBytesPerEntry;
  if (known_bytes_ + bytes <= kKnownBytes) {
    known_bytes_ += bytes;
    known_.emplace(key, std::move(replayed));
  }
  checks_.erase(key);
  schedule();
}

void Replay::complain(const std::string& what) {
  ++counts_.failed_files;
  progress_.clear();
  kProgram.complain(what);
}

}  // namespace spfquery
