// The built spfweb beside an spfd, with a zone that answers every question, and tokens for it.
#pragma once

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/token/token.h"
#include "t/support/spfd_process.h"

namespace web_test {

using support::Client;
using support::SpfdProcess;
using support::TempFolder;

// No question goes to DNS.
inline constexpr std::string_view kZone = R"($TTL 300
. SOA a.test b.test 1 2 3 4 5
test SOA a.test b.test 1 2 3 4 5
pass.test TXT "v=spf1 ip4:192.0.2.10 -all"
fail.test TXT "v=spf1 ip4:198.18.0.1 include:more.test -all"
more.test TXT "v=spf1 ip4:198.18.0.9 ?all"
none.test A 192.0.2.80
silent.test TXT "v=spf1 -all"
wrong.test TXT "v=spf1 ipv4:192.0.2.1 -all"
broken.test TXT "v=spf1 ip4:198.18.0.1 ipv4:198.18.0.2 <b>x -all"
twice.test TXT "v=spf1 a -all"
twice.test TXT "v=spf1 mx -all"
near.test TXT "v=spf1; a -all"
exp.test TXT "v=spf1 -all exp=e.exp.test"
e.exp.test TXT "<script>alert('%{i}')</script> Call 555"
)";

class SpfwebProcess {
 public:
  explicit SpfwebProcess(const SpfdProcess& spfd, std::vector<std::string> more = {})
      : SpfwebProcess(spfd.address(), spfd.zone_path(), std::move(more)) {}
  SpfwebProcess(const std::string& spfd, const std::string& zone, const std::vector<std::string>& more = {}) {
    const std::string key = folder_.write("key", "a key\n");
    ::chmod(key.c_str(), 0600);
    std::vector<std::string> arguments = {support::program("spfweb"),
                                          "--listen",
                                          address(),
                                          "--spfd",
                                          spfd,
                                          "--key-file",
                                          key,
                                          "--hostname",
                                          "mx.test",
                                          "--nameserver",
                                          "127.0.0.1:1",
                                          "--zone",
                                          zone};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execv(words[0], words.data());
      ::_exit(127);
    }
    support::wait_until("spfweb", [&] { return ::access((folder_ / "s").c_str(), F_OK) == 0; });
  }
  ~SpfwebProcess() {
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    CHECK(status == 0);
  }
  SpfwebProcess(const SpfwebProcess&) = delete;
  SpfwebProcess& operator=(const SpfwebProcess&) = delete;

  [[nodiscard]] std::string address() const { return "unix:" + (folder_ / "s"); }
  [[nodiscard]] std::string get(const std::string& url, const std::string& fields = {}) const {
    Client client(address());
    // Each request comes from a network of its own.
    client.send("GET " + url + " HTTP/1.1\r\nHost: mx.test\r\nX-Forwarded-For: 11.0." + std::to_string(++requests_ % 250) +
                ".1\r\n" + fields + "\r\n");
    return client.read_to_end();
  }

 private:
  const TempFolder folder_;
  pid_t pid_ = -1;
  mutable int requests_ = 0;
};

inline bool has(const std::string& page, std::string_view text) { return page.find(text) != std::string::npos; }

inline std::string token_for(const token::Facts& facts) { return token::Keys::make({"a key"})->write(facts, "alice"); }

inline token::Facts facts() {
  return {.minute = static_cast<std::uint64_t>(std::time(nullptr)) / 60,
          .client = *base::IpAddress::parse("192.0.2.77"),
          .domain = "fail.test",
          .helo = "host.example.net",
          .result = spf::Result::fail,
          .cause = token::Cause::last_word};
}

}  // namespace web_test
