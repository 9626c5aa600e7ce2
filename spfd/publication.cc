#include "spfd/publication.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace spfd {

namespace {

// The child's report consists of ints: the problem, the index of the file, then the result of each dismissal.
constexpr std::size_t kReportHead = 2;

bool read_all(int fd, std::vector<int>& numbers) {
  const std::size_t size = numbers.size() * sizeof(int);
  ssize_t count = 0;
  do count = ::recv(fd, numbers.data(), size, MSG_WAITALL);
  while (count < 0 && errno == EINTR);
  return count == static_cast<ssize_t>(size);
}

}  // namespace

Publication::~Publication() { end_child(); }

void Publication::end_child() {
  channel_.close();
  if (child_ > 0) ::waitpid(std::exchange(child_, -1), nullptr, 0);
}

int Publication::keep_rights() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return errno;
  io::Descriptor ours(ends[0]);
  io::Descriptor theirs(ends[1]);
  child_ = ::fork();
  if (child_ < 0) return errno;
  channel_ = std::move(child_ == 0 ? theirs : ours);
  if (child_ == 0) {
    ours.close();
    serve();
  }
  for (io::OwnFile* file : files_) file->leave_to_other();
  return 0;
}

void Publication::serve() {
  std::vector<int> order(1);
  if (read_all(channel_.get(), order)) {
    const Published published = publish_here();
    std::vector<int> report = {published.problem, static_cast<int>(published.file)};
    for (const Dismissal& dismissal : published.dismissals) report.push_back(dismissal.problem);
    report.resize(kReportHead + predecessors_.size());
    static_cast<void>(::send(channel_.get(), report.data(), report.size() * sizeof(int), MSG_NOSIGNAL));
  } else {
    for (io::OwnFile* file : files_) file->settle();
  }
  // Destructors are skipped, since they would remove the names.
  ::_exit(0);
}

Published Publication::publish() {
  if (child_ <= 0) return publish_here();
  std::vector<int> report(kReportHead + predecessors_.size());
  const int order = 1;
  const bool is_done =
      ::send(channel_.get(), &order, sizeof order, MSG_NOSIGNAL) == sizeof order && read_all(channel_.get(), report);
  end_child();
  if (!is_done) return {.problem = ECHILD};
  Published published{.problem = report[0], .file = static_cast<std::size_t>(report[1])};
  if (published.problem != 0) return published;
  for (std::size_t i = 0; i < predecessors_.size(); ++i)
    published.dismissals.push_back({predecessors_[i].pid, report[kReportHead + i]});
  return published;
}

Published Publication::publish_here() {
  Published published;
  for (; published.file < files_.size(); ++published.file) {
    published.problem = files_[published.file]->publish();
    if (published.problem == 0) continue;
    for (std::size_t i = published.file; i > 0; --i) files_[i - 1]->withdraw();
    break;
  }
  for (io::OwnFile* file : files_) file->settle();
  if (published.problem != 0) return published;
  // The predecessors accept connections until they get the signal; by now new connections go to the queues of our sockets.
  for (const Predecessor& predecessor : predecessors_) published.dismissals.push_back({predecessor.pid, dismiss(predecessor)});
  return published;
}

}  // namespace spfd
