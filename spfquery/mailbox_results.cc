#include "spfquery/mailbox_results.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/io/descriptor.h"
#include "common/maillog/mailbox.h"
#include "spfquery/interrupt.h"
#include "spfquery/line_reader.h"

namespace spfquery {

namespace {

namespace fs = std::filesystem;

std::string key_of(const base::IpAddress& client, std::string_view sender) { return client.text() + ' ' + base::lower(sender); }

std::string cannot_read(const std::string& path, const std::string& why) {
  return fmt::format("{}: cannot be read: {}", base::printable(path), why);
}

}  // namespace

std::optional<std::string> MailboxResults::read(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return read_file(path);
  bool is_maildir = false;
  for (const char* folder : {"cur", "new"}) {
    fs::directory_iterator files(fs::path(path) / folder, error);
    if (error) continue;
    is_maildir = true;
    for (; files != fs::directory_iterator() && !Interrupt::has_come(); files.increment(error)) {
      if (error) return cannot_read(path, error.message());
      // A message that another program moves meanwhile is not a reason to stop.
      if (files->is_regular_file(error)) static_cast<void>(read_file(files->path()));
    }
  }
  return is_maildir ? std::nullopt : std::optional(base::printable(path) + ": is neither a Maildir nor a file");
}

std::optional<std::string> MailboxResults::read_file(const std::string& path) {
  const io::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return cannot_read(path, std::strerror(errno));
  LineReader lines(file.get(), true);
  maillog::FieldFinder finder;
  std::vector<maillog::Verdict> found;
  for (bool at_end = false; !at_end && !Interrupt::has_come();) {
    switch (lines.next()) {
      case LineReader::Got::line: finder.read(lines.line(), found); break;
      case LineReader::Got::too_long: finder.read("x", found); break;  // such a line is text of a body
      case LineReader::Got::paused: break;
      case LineReader::Got::nothing: {
        pollfd look{file.get(), POLLIN, 0};
        static_cast<void>(::poll(&look, 1, -1));
        break;
      }
      case LineReader::Got::failure: return cannot_read(path, lines.error());
      case LineReader::Got::end:
        finder.finish(found);
        at_end = true;
        break;
    }
    for (const maillog::Verdict& verdict : found) {
      if (!verdict.result || !verdict.client || !verdict.sender) continue;
      const std::string key = key_of(*verdict.client, *verdict.sender);
      if (results_.size() < kMost || results_.contains(key)) {
        results_[key] = *verdict.result;
      } else {
        ++left_out_;
      }
    }
    found.clear();
  }
  return {};
}

std::optional<spf::Result> MailboxResults::find(const maillog::Message& message) const {
  if (results_.empty()) return {};
  const auto found = results_.find(key_of(message.client, message.sender));
  if (found == results_.end()) return {};
  return found->second;
}

}  // namespace spfquery
