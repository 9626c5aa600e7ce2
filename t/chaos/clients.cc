#include "t/chaos/clients.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "t/support/milter_client.h"
#include "t/support/spfd_process.h"

namespace chaos {

Outage& outage() {
  static Outage one;
  return one;
}

namespace {

using support::Client;
using support::MilterClient;

void expect(bool holds, const Case& asked, std::string_view got) {
  if (holds) return;
  const std::string what = fmt::format("{} from {}: expected {}{}, got: {}", asked.domain, asked.client, asked.expected,
                                       asked.may_temperror ? " or temperror" : "", got);
  if (got.empty()) throw std::runtime_error(what);
  throw WrongAnswer(what);
}

// Adds an answer to the score. Throws if the case does not allow its result. While no name server answers, any result may be
// temperror.
void note(Case asked, std::string_view result, std::string_view answer, Score& score) {
  asked.may_temperror = asked.may_temperror || outage().is_felt();
  expect(is_allowed(asked, result), asked, answer);
  ++score.answers;
  if (result == "temperror") ++score.temperrors;
}

std::string lines_of(const Case& asked, std::size_t id, std::string_view more) {
  return fmt::format("ip={}\nhelo=1.ip.c1.test\nsender=user@{}\nid={}\n{}\n", asked.client, asked.domain, id, more);
}

// A connection for each request, like Exim.
void single_lines(const Doors& doors, Random& random, Score& score) {
  const Case asked = make_case(random);
  const auto start = std::chrono::steady_clock::now();
  Client client(doors.query);
  client.send(lines_of(asked, 1, ""));
  client.end_of_input();
  const std::string answer = client.read_to_end();
  note(asked, support::parse_answer(answer)["result"], answer, score);
  if (!asked.may_temperror && !outage().is_felt())
    score.seconds.push_back(std::chrono::duration<float>(std::chrono::steady_clock::now() - start).count());
}

// Many requests on a connection, all sent before the first answer is read.
void pipelined(const Doors& doors, Random& random, Score& score, bool json) {
  std::vector<Case> cases;
  std::string all;
  const std::size_t count = 1 + below(random, 40);
  for (std::size_t i = 0; i < count; ++i) {
    cases.push_back(make_case(random));
    all += lines_of(cases.back(), i, json ? "keep=1\nformat=json\n" : "keep=1\n");
  }
  Client client(doors.query);
  client.send(all);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string answer = json ? client.read_until('\n') : client.read_answer();
    if (json) {
      const std::string id = fmt::format("\"id\": \"{}\"", i);
      const std::string mark = "{\"result\": \"";
      expect(answer.starts_with(mark) && answer.find(id) != std::string::npos, cases[i], answer);
      const auto end = answer.find('"', mark.size());
      note(cases[i], answer.substr(mark.size(), end - mark.size()), answer, score);
    } else {
      auto values = support::parse_answer(answer);
      expect(values["id"] == std::to_string(i), cases[i], answer);
      note(cases[i], values["result"], answer, score);
    }
  }
}

// Returns the result that leads to this action.
std::string result_of_action(std::string_view action) {
  constexpr std::string_view kHeader = "action=PREPEND Received-SPF: ";
  if (action.starts_with(kHeader))
    return std::string(action.substr(kHeader.size(), action.find(' ', kHeader.size()) - kHeader.size()));
  if (action.starts_with("action=550 5.7.23 ")) return "fail";
  return action.starts_with("action=451 4.7.24 ") ? "temperror" : "?";
}

void postfix(const Doors& doors, Random& random, Score& score) {
  Client client(doors.query);
  const std::size_t count = 1 + below(random, 8);
  for (std::size_t i = 0; i < count; ++i) {
    const Case asked = make_case(random);
    client.send(
        fmt::format("request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address={}\nhelo_name=1.ip.c1.test\n"
                    "sender=user@{}\nrecipient=r@mx.example.org\ninstance={:x}.{}\n\n",
                    asked.client, asked.domain, random(), i));
    const std::string answer = client.read_answer();
    note(asked, result_of_action(answer), answer, score);
  }
}

void milter(const Doors& doors, Random& random, Score& score) {
  MilterClient mta(doors.milter);
  mta.negotiate();
  const std::size_t count = 1 + below(random, 4);
  for (std::size_t i = 0; i < count; ++i) {
    const Case asked = make_case(random);
    mta.connect(asked.client, "1.ip.c1.test");
    const auto verdict = mta.mail("user@" + asked.domain);
    if (verdict.command == 'y') {
      const std::string result = verdict.data.starts_with("550 5.7.23 ") ? "fail" : "temperror";
      note(asked, result, verdict.data, score);
      mta.send('A');
    } else {
      expect(verdict.command == 'c', asked, std::string(1, verdict.command));
      const auto end = mta.end_of_message();
      const std::string& header = end.front().data;
      const auto nul = header.find('\0', 4);
      expect(end.front().command == 'i' && nul != std::string::npos, asked, header);
      const std::string value = header.substr(nul + 1);
      note(asked, value.substr(0, value.find(' ')), value, score);
    }
    mta.send('K');  // the next client, on the same connection
  }
}

// A rewritten sender is restored.
void rewriting(const Doors& doors, Random& random, Score& score) {
  const std::string sender = fmt::format("user{}@{}.ip.c1.test", below(random, 1000), below(random, 400));
  Case asked;
  asked.domain = sender;
  asked.expected = "an SRS address";
  const auto look_up = [&](const std::string& address, const std::string& key) {
    Client client(address);
    client.send("get " + key + "\n");
    return client.read_until('\n');
  };
  const std::string forward = look_up(doors.srs_forward, sender);
  expect(forward.starts_with("200 SRS0"), asked, forward);
  const std::string back = look_up(doors.srs_reverse, forward.substr(4, forward.size() - 5));
  // The clock may have jumped back to the day before.
  expect(back == "200 " + sender + "\n" || back == "500 the day stamp is in the future\n", asked, back);
  score.answers += 2;
}

// Many connections that ask nothing.
void flood(const Doors& doors, Random& random, Score& /*score*/) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<Client>(below(random, 2) == 0 ? doors.query : doors.milter));
  if (below(random, 2) == 0) return;
  for (const auto& client : clients) client->send(lines_of(make_case(random), 1, "keep=1\n"));
}

// The administrator's commands; some of them wait for DNS.
void commands(const Doors& doors, Random& random, Score& score) {
  Case asked = make_case(random);
  const std::array<std::string, 8> all = {"status",
                                          "stats",
                                          "stats openmetrics",
                                          "peers",
                                          "top temperror",
                                          "lookup " + asked.domain,
                                          "flush " + asked.domain,
                                          fmt::format("explain ip={} helo=1.ip.c1.test sender=u@{}", asked.client, asked.domain)};
  const std::size_t which = below(random, all.size());
  const bool is_json = which != 2 && below(random, 2) == 0;
  Client client(doors.control);
  client.send((is_json ? "json " : "") + all.at(which) + "\n");
  const std::string answer = client.read_to_end();
  asked.expected = "an answer to " + all.at(which);
  expect(answer.starts_with(is_json ? "{\"ok\": true" : "ok\n"), asked, answer);
  ++score.answers;
}

// Clients that leave in the middle or send nonsense: the others must not notice.
void rude(const Doors& doors, Random& random, Score& /*score*/) {
  Client client(below(random, 2) == 0 ? doors.query : doors.milter);
  std::string bytes;
  switch (below(random, 4)) {
    case 0: bytes = lines_of(make_case(random), 1, "keep=1\n"); break;
    case 1: bytes = "ip=192.0.2.1\nsender="; break;
    case 2: bytes = MilterClient::packet('M', std::string("<\0", 2)); break;
    default:
      for (int i = 0; i < 300; ++i) bytes += static_cast<char>(below(random, 256));
  }
  client.send(bytes);
}

}  // namespace

void Score::add(const Score& other) {
  answers += other.answers;
  temperrors += other.temperrors;
  seconds.insert(seconds.end(), other.seconds.begin(), other.seconds.end());
}

float Score::quantile(double share) const {
  if (seconds.empty()) return 0;
  std::vector<float> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

const std::vector<NamedPlayer>& players() {
  static const std::vector<NamedPlayer> all = {
      {"query lines", single_lines},
      {"pipelined lines", [](const Doors& doors, Random& random, Score& score) { pipelined(doors, random, score, false); }},
      {"pipelined JSON", [](const Doors& doors, Random& random, Score& score) { pipelined(doors, random, score, true); }},
      {"Postfix", postfix},
      {"milter", milter},
      {"rewriting", rewriting},
      {"commands", commands},
      {"floods", flood},
      {"rude clients", rude}};
  return all;
}

}  // namespace chaos
