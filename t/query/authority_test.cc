// spfquery --authoritative: the servers of the zone are found, and each is asked separately.
#include "spfquery/authority.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "common/io/cache.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

namespace {

using namespace std::chrono_literals;
using spfquery::Authority;

dns::Answer texts(std::vector<std::string> published) {
  dns::Answer answer;
  answer.ttl = 300;
  answer.texts = std::move(published);
  return answer;
}

// example.com has two servers, ns1 at 127.0.0.1 and ns2 at `second`. The server is that of the machine, and each of them.
class World {
 public:
  explicit World(std::string second, support::DnsServer::Options options = {})
      : second_(std::move(second)),
        server_([this](const dns::Question& question, bool) { return support::react(answer(question)); }, options) {}

  Authority::Found ask(std::string_view domain, std::chrono::milliseconds patience = 20s) {
    io::Loop loop;
    io::ResolverOptions options;
    options.servers = {{.address = *base::IpAddress::parse("127.0.0.1"), .port = server_.port()}};
    options.try_timeout = 50ms;
    io::Driver driver(loop, std::make_shared<io::Cache>(std::size_t{1} << 20), options);
    Authority authority(loop, driver, options, server_.port());
    std::optional<Authority::Found> found;
    authority.ask(*dns::Name::parse(domain), patience, [&](Authority::Found got) { found = std::move(got); });
    REQUIRE(support::run_until(loop, [&] { return found.has_value(); }));
    return std::move(*found);
  }

  std::atomic<int> records = 0;  // questions for the TXT records

 private:
  dns::Answer answer(const dns::Question& question) {
    dns::Answer out;
    out.ttl = 300;
    const std::string_view name = question.name.text();
    if (question.type == dns::Type::ns && name == "example.com") out.names = {"ns1.example.com", "ns2.example.com"};
    if (question.type == dns::Type::a && name == "ns1.example.com") out.addresses = {*base::IpAddress::parse("127.0.0.1")};
    if (question.type == dns::Type::a && name == "ns2.example.com") out.addresses = {*base::IpAddress::parse(second_)};
    if (question.type == dns::Type::txt) return texts({++records == 1 ? "v=spf1 mx -all" : "v=spf1 a -all"});
    return out;
  }

  std::string second_;
  support::DnsServer server_;
};

TEST_CASE("--authoritative: each server of the zone is asked separately, and their answers are kept apart") {
  World world("127.0.0.1");
  for (const char* domain : {"example.com", "mail.example.com"}) {
    world.records = 0;
    const Authority::Found found = world.ask(domain);
    CHECK(found.missing.empty());
    REQUIRE(found.answers.size() == 2);
    CHECK(found.answers[0].server == "ns1.example.com (127.0.0.1)");
    CHECK(found.answers[1].server == "ns2.example.com (127.0.0.1)");
    CHECK(world.records == 2);
    CHECK(found.answers[0].answer.texts != found.answers[1].answer.texts);
  }
}

TEST_CASE("--authoritative: a server that is silent while another answers is at fault") {
  World world("127.0.0.77");  // nothing listens at this address
  const Authority::Found found = world.ask("example.com", 3s);
  REQUIRE(found.answers.size() == 2);
  CHECK(found.answers[0].answer.texts == std::vector<std::string>{"v=spf1 mx -all"});
  CHECK(found.answers[1].answer.status == dns::Status::failure);
  CHECK(found.answers[1].answer.cause == dns::Cause::no_answer);
  CHECK(found.missing.empty());
}

TEST_CASE("--authoritative: a domain whose servers cannot be found is named") {
  World world("127.0.0.1");
  const Authority::Found found = world.ask("example.org");
  CHECK(found.answers.empty());
  CHECK(found.missing == std::vector<std::string>{"NS example.org: no servers were found"});
}

}  // namespace
