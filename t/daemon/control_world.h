// A spfd with a control socket, for the tests of commands, metrics and the pages for operators.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace control_world
