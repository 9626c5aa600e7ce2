// A spfd with a control socket, for the tests of commands, metrics and the pages for operators.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/io/descriptor.h"
#include "common/io/socket.h"
#include "t/support/dns_server.h"
#include "t/support/spfd_process.h"

namespace control_world {

// The answers of DNS: names below known.test have a record, those with "slow" get no answer, those with "servfail" SERVFAIL.
inline support::Reaction records(const dns::Question& question, bool /*tcp*/) {
  dns::Answer answer;
  answer.ttl = 300;
  const std::string_view name = question.name.text();
  if (name.find("slow") != std::string_view::npos) return support::react(support::Reaction::Fault::silence);
  if (name.find("servfail") != std::string_view::npos) return support::react(dns::failure_answer("SERVFAIL"));
  if (question.type == dns::Type::txt && name.ends_with("known.test")) {
    answer.texts = {"v=spf1 ip4:192.0.2.10 -all"};
  } else {
    answer.status = dns::Status::name_error;
  }
  return support::react(answer);
}

class World {
 public:
  explicit World(support::SpfdProcess::Settings settings = {}, const std::string& more = "") {
    settings.arguments.insert(settings.arguments.end(), {"--control", "unix:" + path() + more});
    spfd_ = std::make_unique<support::SpfdProcess>(std::move(settings));
  }

  [[nodiscard]] std::string path() const { return folder_ / "control.sock"; }
  [[nodiscard]] const support::TempFolder& folder() const { return folder_; }
  [[nodiscard]] support::SpfdProcess& spfd() const { return *spfd_; }
  [[nodiscard]] support::Finished ctl(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--socket", path()});
    return support::run(support::program("spfctl"), words);
  }
  // Returns the output of a command that must succeed.
  [[nodiscard]] std::string output(const std::vector<std::string>& words) const {
    const support::Finished finished = ctl(words);
    CAPTURE(words.front());
    CAPTURE(finished.errors);
    CHECK(finished.exit_code == 0);
    return finished.output;
  }
  // Returns the answer to these bytes.
  [[nodiscard]] std::string send(std::string_view bytes) const {
    support::Client client("unix:" + path());
    client.send(bytes);
    return client.read_to_end();
  }

 private:
  support::TempFolder folder_;
  std::unique_ptr<support::SpfdProcess> spfd_;
};

// A server that answers its first client as soon as a request has come, which it does not read.
class FakeServer {
 public:
  explicit FakeServer(std::string answer) {
    const io::SocketAddress address = io::unix_address(path());
    REQUIRE(::bind(listener_.get(), address.get(), address.size) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const io::Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      pollfd request{client.get(), POLLIN, 0};
      ::poll(&request, 1, 10'000);
      static_cast<void>(::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL));
    });
  }
  ~FakeServer() { thread_.join(); }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] std::string path() const { return folder_ / "socket"; }

 private:
  support::TempFolder folder_;
  io::Descriptor listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::thread thread_;
};

// Returns the commands in the list of spfctl --help.
inline std::vector<std::string> commands() {
  std::vector<std::string> all;
  const std::string help = support::run(support::program("spfctl"), {"--help"}).output;
  const std::size_t begin = help.find("Commands:\n");
  REQUIRE(begin != std::string::npos);
  for (const std::string_view line : base::split(std::string_view(help).substr(begin, help.find("\n\n", begin) - begin), '\n')) {
    if (!line.starts_with("  ") || line.starts_with("   ")) continue;
    for (const std::string_view word : base::split(line.substr(2), ' ')) {
      const bool is_last = !word.ends_with(',');
      all.emplace_back(is_last ? word : word.substr(0, word.size() - 1));
      if (is_last) break;
    }
  }
  return all;
}

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace control_world
