// Compares the cache's byte limit with the process's heap, for answers of every shape.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/io/cache.h"
#include "t/support/heap.h"
#include "t/support/show.h"

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kLimit = std::size_t{2} << 20;
const io::Clock::time_point kNow{1000h};

dns::Question question(const std::string& name, dns::Type type) { return {*dns::Name::parse(name), type}; }

std::string numbered(int i) { return "n" + std::to_string(i) + ".example"; }

// Returns 250 characters that differ for each number.
std::string long_name(int i) {
  std::string name = numbered(i);
  while (name.size() + 51 < dns::Name::kMaxText) name = std::string(50, 'x') + "." + name;
  return name;
}

dns::Answer texts(std::vector<std::string> of) {
  dns::Answer answer;
  answer.ttl = 3600;
  answer.texts = std::move(of);
  return answer;
}

std::string repeated(const std::string& term, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += term;
  return text;
}

struct Shape {
  const char* name;
  dns::Type type;
  std::function<dns::Answer(int)> answer;
  bool has_long_name = false;
};

std::vector<Shape> shapes() {
  const auto txt = [](std::string text) { return [text](int /*number*/) { return texts({text}); }; };
  return {
      {"short record", dns::Type::txt, txt("v=spf1 mx -all")},
      {"long name", dns::Type::txt, txt("v=spf1 -all"), true},
      {"long text that is not SPF", dns::Type::txt, txt(std::string(20000, 'x'))},
      {"many short texts", dns::Type::txt, [](int) { return texts(std::vector<std::string>(1000, "x")); }},
      {"many middling texts", dns::Type::txt, [](int) { return texts(std::vector<std::string>(300, std::string(60, 'x'))); }},
      {"many addresses in a record", dns::Type::txt, txt("v=spf1 " + repeated("ip4:192.0.2.1 ", 8000) + "-all")},
      {"shortest terms", dns::Type::txt, txt("v=spf1 " + repeated("a ", 4000) + "-all")},
      {"terms with names", dns::Type::txt, txt("v=spf1 " + repeated("a:b.cc ", 4000) + "-all")},
      {"macros", dns::Type::txt, txt("v=spf1 " + repeated("exists:%{i}.%{l}.%{d}.example ", 8000) + "-all")},
      {"shortest macros", dns::Type::txt, txt("v=spf1 exists:" + repeated("%{i}%%", 8000) + ".example -all")},
      {"broken at a long term", dns::Type::txt, txt("v=spf1 " + std::string(20000, 'x'))},
      {"broken with a message", dns::Type::txt, txt("v=spf1 a:" + std::string(300, 'x') + "..example -all")},
      {"broken at the end", dns::Type::txt, txt("v=spf1 " + repeated("ip4:192.0.2.1 ", 8000) + "ip4:1.2.3.4.5")},
      {"two records", dns::Type::txt,
       [](int) {
         return texts({"v=spf1 -all", "v=spf1 " + std::string(5000, 'x')});
       }},
      {"many addresses", dns::Type::a,
       [](int) {
         dns::Answer answer;
         answer.ttl = 3600;
         for (int i = 0; i < 1000; ++i) answer.addresses.push_back(base::IpAddress::v4({192, 0, 2, 1}));
         return answer;
       }},
      {"many hosts", dns::Type::mx,
       [](int) {
         dns::Answer answer;
         answer.ttl = 3600;
         for (int i = 0; i < 100; ++i) answer.names.push_back(long_name(i));
         return answer;
       }},
      {"no such name", dns::Type::a,
       [](int) {
         dns::Answer answer;
         answer.status = dns::Status::name_error;
         answer.ttl = 3600;
         return answer;
       }},
      {"failure", dns::Type::txt, [](int) { return dns::failure_answer("a reason that does not fit into a string object"); }},
      {"alias", dns::Type::a, [](int i) { return dns::alias_answer(*dns::Name::parse(long_name(i)), 3600); }},
      {"all sizes", dns::Type::txt,
       [](int i) {
         return texts({"v=spf1 " + repeated("ip6:2001:db8::/32 ", 50U << (i % 9)) + std::string(i % 2 == 0 ? 0 : 1, '!')});
       }},
  };
}

}  // namespace

TEST_CASE("cache: it uses at most its limit on the heap, for answers of every shape, and not much less") {
  for (const Shape& shape : shapes()) {
    CAPTURE(shape.name);
    std::ptrdiff_t held = 0;
    std::ptrdiff_t counted = 0;
    {
      const support::HeapWatch watch;
      io::Cache cache(kLimit);
      for (int i = 0; i < 100000 && cache.counters().evictions < 50; ++i) {
        cache.complete(question(shape.has_long_name ? long_name(i) : numbered(i), shape.type), shape.answer(i), kNow);
      }
      held = watch.bytes();
      counted = static_cast<std::ptrdiff_t>(cache.counters().bytes);
    }
    CHECK(counted > 0);
    // The shards themselves are not in the limit.
    CHECK(held <= static_cast<std::ptrdiff_t>(kLimit + 8192));
    CHECK(held >= static_cast<std::ptrdiff_t>(kLimit / 2));
  }
}

TEST_CASE("cache: waiters count, and answers make room for them") {
  const support::HeapWatch watch;
  io::Cache cache(kLimit);
  for (int i = 0; i < 20000; ++i) cache.complete(question(numbered(i), dns::Type::txt), texts({"v=spf1 mx -all"}), kNow);
  const std::uint64_t before = cache.counters().entries;
  struct Captured {
    std::shared_ptr<int> mailbox;
    std::weak_ptr<int> check;
    std::size_t slot;
  };
  const auto shared = std::make_shared<int>(0);
  std::vector<std::uint64_t> tickets;
  tickets.reserve(10000);
  const auto asked = [](int i) { return question("waits" + std::to_string(i % 100) + ".example", dns::Type::txt); };
  const std::ptrdiff_t without = watch.bytes();
  for (int i = 0; i < 10000; ++i) {
    tickets.push_back(
        cache.find_or_join(asked(i), kNow, [captured = Captured{shared, shared, 0}](const io::SharedAnswer&) {}).ticket);
  }
  const std::ptrdiff_t with = watch.bytes();
  const std::uint64_t during = cache.counters().entries;
  for (int i = 0; i < 10000; ++i) cache.leave(asked(i), tickets.at(static_cast<std::size_t>(i)));
  for (int i = 0; i < 100; ++i) cache.abandon(asked(i), kNow);
  for (int i = 0; i < 20000; ++i) cache.complete(question(numbered(i), dns::Type::txt), texts({"v=spf1 mx -all"}), kNow);
  const std::uint64_t after = cache.counters().entries;
  CHECK(with <= without + 8192);
  CHECK(during < before);
  CHECK(after == before);
}

TEST_CASE("cache: a hundred thousand waiters of one question are called in order of arrival") {
  io::Cache cache(kLimit);
  const dns::Question asked = question("example.com", dns::Type::txt);
  int calls = 0;
  std::vector<std::uint64_t> tickets;
  for (int i = 0; i < 100000; ++i) tickets.push_back(cache.find_or_join(asked, kNow, [&](const auto&) { ++calls; }).ticket);
  const std::uint64_t stays = tickets.at(500);
  for (const std::uint64_t ticket : tickets) {
    if (ticket != stays) cache.leave(asked, ticket);
  }
  cache.complete(asked, texts({"x"}), kNow);
  CHECK(calls == 1);
}

TEST_CASE("cache: wherever memory runs out, a question still ends, and can be asked again") {
  std::size_t failures = 0;
  for (std::size_t at = 1;; ++at) {
    io::Cache cache(kLimit);
    const dns::Question asked = question("example.com", dns::Type::txt);
    const std::shared_ptr<int> calls = std::make_shared<int>(0);
    support::HeapWatch watch;
    watch.fail_at(at);
    bool has_joined = false;
    try {
      has_joined = cache.find_or_join(asked, kNow, [calls, more = calls](const io::SharedAnswer&) { ++*calls; }).look ==
                   io::Cache::Look::start;
    } catch (const std::bad_alloc&) {}
    cache.complete(asked, dns::failure_answer("short"), kNow);
    const bool has_failed = watch.end_failures();
    CHECK(*calls == (has_joined ? 1 : 0));
    // Nothing is in flight, and no failure of our own was stored.
    const auto again = cache.find_or_join(asked, kNow, [](const io::SharedAnswer&) {});
    CHECK(again.look != io::Cache::Look::join);
    if (again.look == io::Cache::Look::hit) CHECK(again.answer->answer.problem == "short");
    if (!has_failed) break;
    ++failures;
  }
  CHECK(failures >= 4);
}
