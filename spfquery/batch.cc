#include "spfquery/batch.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace spfquery {

namespace {

// Maximum number of lines that are under way, or whose answers wait for that of a slow line before them.
constexpr std::size_t kWindow = 4096;
// Requests under way at the same time.
constexpr int kJobs = 64;
// Lines that are begun per turn of the loop.
constexpr int kLinesATurn = 256;

std::uint64_t size_of_file(int fd) {
  struct stat about {};
  return ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode) ? static_cast<std::uint64_t>(about.st_size) : 0;
}

}  // namespace

base::Result<InputFile, std::string> InputFile::open(const std::string& path) {
  InputFile out;
  out.name_ = path == "-" ? "standard input" : base::printable(path);
  if (path == "-") return out;
  out.file_ = io::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!out.file_.is_open()) return base::failure(fmt::format("{}: cannot be read: {}", out.name_, std::strerror(errno)));
  return out;
}

Batch::Batch(io::Loop& loop, const Options& options, const InputFile& file, Begin begin)
    : loop_(loop),
      options_(options),
      name_(file.name()),
      begin_(std::move(begin)),
      reader_(file.fd()),
      output_(loop, STDOUT_FILENO, [this] { schedule(); }),
      input_(loop, file.fd(), io::Watch::readable,
             [this] {
               input_.disable();
               advance();
             }),
      soon_(loop,
            [this] {
              is_scheduled_ = false;
              advance();
            }),
      progress_(size_of_file(file.fd())) {}

int Batch::run() {
  schedule();
  loop_.run();
  progress_.clear();
  return has_bad_lines_ ? kExitUsage : exit_code_;
}

void Batch::end() {
  at_end_ = true;
  input_.disable();
  schedule();
}

std::size_t Batch::abandon() {
  const std::size_t abandoned = std::erase_if(slots_, [](const Slot& slot) { return !slot.is_done; });
  running_ = 0;
  end();
  return abandoned;
}

// Calls advance() in the next turn of the loop, since answers may come within ask().
void Batch::schedule() {
  if (is_scheduled_) return;
  is_scheduled_ = true;
  soon_.set(std::chrono::milliseconds{0});
}

void Batch::advance() {
  print_answers();
  for (int i = 0; i < kLinesATurn; ++i) {
    if (output_.error() != 0) {
      complain(fmt::format("the output cannot be written: {}", std::strerror(output_.error())));
      return loop_.stop();
    }
    if (at_end_) {
      if (slots_.empty() && output_.empty()) loop_.stop();
      return;
    }
    if (output_.is_clogged() || running_ >= (options_.jobs == 0 ? kJobs : options_.jobs) || slots_.size() >= kWindow) return;
    if (!read_line()) return;
    print_answers();
  }
  schedule();
}

void Batch::print_answers() {
  for (; !slots_.empty() && slots_.front().is_done; slots_.pop_front()) {
    const Answer& answer = slots_.front().answer;
    output_.add(answer.output);
    if (!answer.verbose.empty()) {
      progress_.clear();
      options::say(answer.verbose);
    }
    if (!slots_.front().is_comment) {
      exit_code_ = answer.exit_code;
      ++answered_;
    }
  }
  output_.flush();
  progress_.show(answered_, reader_.bytes());
}

// Reads and begins the next line. Returns false if there is none now.
bool Batch::read_line() {
  switch (reader_.next()) {
    case LineReader::Got::line: take_line(reader_.line()); return true;
    case LineReader::Got::too_long:
      complain(fmt::format("{}:{}: the line is longer than {} bytes", name_, reader_.line_number(), LineReader::kMaxLine));
      return true;
    case LineReader::Got::nothing: input_.enable(); return false;
    case LineReader::Got::paused: schedule(); return false;
    case LineReader::Got::end: at_end_ = true; return true;
    case LineReader::Got::failure:
      complain(fmt::format("{}: cannot be read: {}", name_, reader_.error()));
      at_end_ = true;
      return true;
  }
  return false;
}

void Batch::take_line(std::string_view line) {
  const std::string_view text = base::strip(line);
  if (text.empty() || text.starts_with('#')) {
    if (!options_.keep_comments || options_.json) return;
    Slot& slot = slots_.emplace_back();
    slot.is_done = slot.is_comment = true;
    slot.answer.output = std::string(line) + '\n';
    return;
  }
  Slot& slot = slots_.emplace_back();
  slot.number = reader_.line_number();
  ++running_;
  auto ask = begin_(text, slot.number, [this, &slot](Answer answer) {
    if (!answer.complaint.empty()) {
      progress_.clear();
      kProgram.complain(fmt::format("{}:{}: {}", name_, slot.number, answer.complaint));
    }
    slot.answer = std::move(answer);
    slot.is_done = true;
    --running_;
    schedule();
  });
  if (ask) {
    slot.ask = std::move(*ask);
    return;
  }
  slots_.pop_back();
  --running_;
  complain(fmt::format("{}:{}: {}", name_, reader_.line_number(), ask.error()));
}

void Batch::complain(const std::string& what) {
  has_bad_lines_ = true;
  progress_.clear();
  kProgram.complain(what);
}

}  // namespace spfquery
