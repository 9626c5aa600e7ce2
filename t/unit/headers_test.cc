#include "common/receiver/headers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <string_view>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/receiver/request.h"
#include "t/support/show.h"

using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

using receiver::HeaderFacts;

std::string received_spf(const HeaderFacts& facts) {
  std::string out;
  receiver::received_spf(facts, out);
  return out;
}

std::string authentication_results(const HeaderFacts& facts) {
  std::string out;
  receiver::authentication_results(facts, out);
  return out;
}

// A strict reader of both fields in the form that we write, by the grammar of RFC 7208 §9.1 and RFC 8601 §2.2.
struct Field {
  bool ok = false;
  std::string result;   // or authserv-id and result
  std::string id;       // authserv-id
  std::string comment;  // without quoting
  std::map<std::string, std::string> values;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  std::string word(std::string_view also) {
    std::string out;
    while (!rest_.empty() && (base::is_alphanumeric(rest_[0]) || also.find(rest_[0]) != std::string_view::npos)) take(out);
    return out;
  }
  // RFC 5322 §3.2.2. We do not write nested comments, so a "(" inside is an error.
  bool comment(std::string& out) { return skip("(") && until(')', "(", out); }
  // dot-atom (RFC 5322) or quoted-string.
  bool value(std::string& out) {
    if (skip("\"")) return until('"', "", out);
    out = word("!#$%&'*+-/=?^_`{|}~.");
    return !out.empty() && out.front() != '.' && out.back() != '.' && out.find("..") == std::string::npos;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool at(char c) const { return rest_.starts_with(c); }

 private:
  void take(std::string& out) {
    out += rest_[0];
    rest_.remove_prefix(1);
  }
  bool until(char end, std::string_view forbidden, std::string& out) {
    while (!rest_.empty() && rest_[0] != end) {
      if (forbidden.find(rest_[0]) != std::string_view::npos) return false;
      if (skip("\\") && rest_.empty()) return false;
      take(out);
    }
    return skip(std::string_view(&end, 1));
  }

  std::string_view rest_;
};

Field read_received_spf(std::string_view text) {
  Field field;
  Reader reader(text);
  if (!reader.skip("Received-SPF: ")) return field;
  field.result = reader.word("");
  if (reader.skip(" (") && !(reader = Reader(text.substr(text.find('(')))).comment(field.comment)) return field;
  while (!reader.at_end()) {
    if (!field.values.empty() && !reader.skip(";")) return field;
    if (!reader.skip(" ")) return field;
    const std::string key = reader.word("-");
    std::string value;
    if (key.empty() || !reader.skip("=") || !reader.value(value) || !field.values.emplace(key, value).second) return field;
  }
  field.ok = true;
  return field;
}

Field read_authentication_results(std::string_view text) {
  Field field;
  Reader reader(text);
  if (!reader.skip("Authentication-Results: ") || !reader.value(field.id) || !reader.skip("; ")) return field;
  if (reader.skip("none")) {
    field.result = "not checked";
  } else {
    if (!reader.skip("spf=")) return field;
    field.result = reader.word("");
  }
  if (!reader.at_end() && !reader.skip(" ")) return field;
  if (reader.at('(')) {
    if (!reader.comment(field.comment)) return field;
    if (!reader.at_end() && !reader.skip(" ")) return field;
  }
  if (!reader.at_end()) {
    const std::string key = reader.word(".");
    if (!reader.skip("=") || !reader.value(field.values[key])) return field;
  }
  field.ok = reader.at_end();
  return field;
}

bool is_safe_line(std::string_view text) {
  return text.size() <= receiver::kMaxHeader && std::all_of(text.begin(), text.end(), base::is_printable);
}

HeaderFacts pass_facts() {
  HeaderFacts facts;
  facts.result = spf::Result::pass;
  facts.comment = "mx.example.org: domain of u@example.com designates 192.0.2.1 as permitted sender";
  facts.receiver = "mx.example.org";
  facts.client = "192.0.2.1";
  facts.identity = spf::Identity::mailfrom;
  facts.envelope_from = "u@example.com";
  facts.helo = "mail.example.com";
  facts.domain = "example.com";
  facts.mechanism = "ip4:192.0.2.0/24";
  return facts;
}

TEST_CASE("RFC 7208 §9.1: Received-SPF") {
  HeaderFacts facts = pass_facts();
  CHECK(received_spf(facts) ==
        "Received-SPF: pass (mx.example.org: domain of u@example.com designates 192.0.2.1 as permitted sender) "
        "client-ip=192.0.2.1; "
        "envelope-from=\"u@example.com\"; helo=mail.example.com; identity=mailfrom; receiver=mx.example.org; "
        "mechanism=\"ip4:192.0.2.0/24\"");

  facts.result = spf::Result::permerror;
  facts.identity = spf::Identity::helo;
  facts.client = "2001:db8::1";
  facts.mechanism = "";
  facts.problem = "unknown mechanism \"foo\"";
  facts.comment = "mx: a (b) \\c";
  CHECK(received_spf(facts) ==
        "Received-SPF: permerror (mx: a \\(b\\) \\\\c) client-ip=\"2001:db8::1\"; helo=mail.example.com; identity=helo; "
        "receiver=mx.example.org; problem=\"unknown mechanism \\\"foo\\\"\"");

  facts.mechanism = "-all";
  facts.problem = "";
  CHECK(received_spf(facts).ends_with("; mechanism=-all"));
}

TEST_CASE("RFC 7208 erratum 5436: the comment and the pairs are optional") {
  CHECK(received_spf({}) == "Received-SPF: none");
  HeaderFacts facts;
  facts.comment = "a comment";
  CHECK(received_spf(facts) == "Received-SPF: none (a comment)");
}

TEST_CASE("RFC 5322 §3.2.3: a value that is not a dot-atom is quoted") {
  const auto helo = [](std::string_view value) {
    HeaderFacts facts;
    facts.helo = value;
    return received_spf(facts).substr("Received-SPF: none helo="s.size());
  };
  CHECK(helo("mail.example.com") == "mail.example.com");
  CHECK(helo("_x.example.com") == "_x.example.com");
  CHECK(helo("mail.example.com.") == "\"mail.example.com.\"");
  CHECK(helo(".example.com") == "\".example.com\"");
  CHECK(helo("a..b") == "\"a..b\"");
  CHECK(helo("[192.0.2.1]") == "\"[192.0.2.1]\"");
  CHECK(helo("a b") == "\"a b\"");
  CHECK(helo("a;b=c") == "\"a;b=c\"");
  CHECK(helo("a\\\"b") == "\"a\\\\\\\"b\"");
  CHECK(helo("(a)") == "\"(a)\"");
  CHECK(helo("\xc3\xa4.example") == "\"\\\\xc3\\\\xa4.example\"");
}

// Checks the grammar literally: atoms with dots between them; without "/" and "=".
bool is_dot_atom(std::string_view word) {
  const auto atoms = base::split(word, '.');
  return std::all_of(atoms.begin(), atoms.end(), [](std::string_view atom) {
    return !atom.empty() && std::all_of(atom.begin(), atom.end(), [](char c) {
      return base::is_alphanumeric(c) || "!#$%&'*+-?^_`{|}~"sv.find(c) != std::string_view::npos;
    });
  });
}

TEST_CASE("RFC 5322 §3.2.3: every character at every position of a word decides whether the word is quoted") {
  for (std::size_t size = 1; size <= 34; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (char c = ' '; c <= '~'; ++c) {
        std::string word(size, 'a');
        if (at % 3 == 2) word[at - 1] = '.';
        word[at] = c;
        HeaderFacts facts;
        facts.helo = word;
        const std::string field = received_spf(facts);
        CAPTURE(field);
        REQUIRE(field.ends_with('"') != is_dot_atom(word));
      }
    }
  }
}

TEST_CASE("RFC 8601: Authentication-Results") {
  HeaderFacts facts = pass_facts();
  CHECK(authentication_results(facts) ==
        "Authentication-Results: mx.example.org; spf=pass (mx.example.org: domain of u@example.com designates 192.0.2.1 as "
        "permitted "
        "sender) smtp.mailfrom=example.com");
  facts.identity = spf::Identity::helo;
  facts.domain = "mail.example.com";
  facts.comment = "";
  CHECK(authentication_results(facts) == "Authentication-Results: mx.example.org; spf=pass smtp.helo=mail.example.com");
  facts.result = spf::Result::none;
  facts.domain = "[192.0.2.1]";
  CHECK(authentication_results(facts) == "Authentication-Results: mx.example.org; spf=none smtp.helo=\"[192.0.2.1]\"");
  // Simple readers take what is after ";" for the result of another method.
  facts.domain = "h; dkim=pass header.d=bank.example";
  CHECK(authentication_results(facts) == "Authentication-Results: mx.example.org; spf=none");
  facts.receiver = "mx example";
  facts.domain = std::string_view();
  CHECK(authentication_results(facts) == "Authentication-Results: \"mx example\"; spf=none");
}

TEST_CASE("RFC 8601 §2.2: mail without an SMTP client was not checked, which differs from spf=none") {
  HeaderFacts facts;
  facts.receiver = "mx.example.org";
  CHECK(authentication_results(facts) == "Authentication-Results: mx.example.org; none");
  facts.result = spf::Result::permerror;
  CHECK(authentication_results(facts) == "Authentication-Results: mx.example.org; spf=permerror");
}

TEST_CASE("a name that is too long for a domain is not shortened to one that could be somebody else's") {
  HeaderFacts facts = pass_facts();
  const std::string domain = "victim.example." + std::string(500, 'a') + ".victim.example";
  facts.domain = domain;
  CHECK(authentication_results(facts).find("smtp.mailfrom") == std::string::npos);
}

TEST_CASE("libspf2 #56: HELO and sender inject neither a header, nor a pair, nor an end of the comment") {
  HeaderFacts facts = pass_facts();
  facts.result = spf::Result::fail;
  const std::string helo = "evil.test\r\nX-Spam: no\r\n\r\nbody; identity=mailfrom";
  const std::string sender = "a@evil.test\nReceived-SPF: pass; client-ip=127.0.0.1";
  const std::string comment = "domain of x) client-ip=127.0.0.1; (\r\nReceived-SPF: pass \\";
  facts.helo = helo;
  facts.envelope_from = sender;
  facts.comment = comment;
  const std::string line = received_spf(facts);
  CHECK(is_safe_line(line));
  const Field field = read_received_spf(line);
  REQUIRE(field.ok);
  CHECK(field.result == "fail");
  CHECK(field.comment == base::printable(comment));
  CHECK(field.values.size() == 6);
  CHECK(field.values.at("client-ip") == "192.0.2.1");
  CHECK(field.values.at("helo") == base::printable(helo));
  CHECK(field.values.at("envelope-from") == base::printable(sender));

  const std::string domain = "evil.test dkim=pass (\r\n";
  facts.domain = domain;
  const std::string results = authentication_results(facts);
  CHECK(is_safe_line(results));
  const Field read = read_authentication_results(results);
  REQUIRE(read.ok);
  CHECK(read.result == "fail");
  CHECK(read.values.at("smtp.mailfrom") == base::printable(domain));
}

TEST_CASE("RFC 5322 §2.1.1: first the comment is shortened, then the longest values") {
  HeaderFacts facts = pass_facts();
  const std::string comment(5000, 'c');
  facts.comment = comment;
  Field field = read_received_spf(received_spf(facts));
  REQUIRE(field.ok);
  CHECK(received_spf(facts).size() == receiver::kMaxHeader);
  CHECK(field.comment.ends_with("ccc..."));
  CHECK(field.values.at("mechanism") == "ip4:192.0.2.0/24");

  const std::string sender = std::string(65536, '"') + "@example.com";
  const std::string helo(65536, '\\');
  facts.envelope_from = sender;
  facts.helo = helo;
  CHECK(is_safe_line(received_spf(facts)));
  field = read_received_spf(received_spf(facts));
  REQUIRE(field.ok);
  CHECK(field.values.at("envelope-from").ends_with("@example.com"));
  CHECK(field.values.at("client-ip") == "192.0.2.1");
  CHECK(field.values.at("receiver") == "mx.example.org");

  facts.receiver = helo;
  CHECK(is_safe_line(authentication_results(facts)));
  CHECK(read_authentication_results(authentication_results(facts)).ok);
}

TEST_CASE("near the limit, the field stays within it at every length") {
  HeaderFacts facts = pass_facts();
  const std::string comment(2000, ')');
  const std::string filler(320, '(');
  facts.comment = comment;
  facts.envelope_from = facts.helo = filler;
  for (std::size_t size = 0; size <= filler.size(); ++size) {
    facts.mechanism = std::string_view(filler).substr(0, size);
    CAPTURE(size);
    CHECK(is_safe_line(received_spf(facts)));
    CHECK(read_received_spf(received_spf(facts)).ok);
    facts.receiver = facts.domain = facts.mechanism;
    CHECK(is_safe_line(authentication_results(facts)));
    facts.receiver = "mx.example.org";
  }
}

TEST_CASE("with random facts, both fields stay within their grammar and their length") {
  std::mt19937 random(7208);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  const auto text = [&random] {
    constexpr std::string_view kNasty = "()\\\"';:=@<>[]. \t\r\n\0\x7f\xc3\xa4%ab1-"sv;
    const std::size_t sizes[] = {0, 1, 5, 30, 250, 320, 400, 1000, 3000};
    std::string out(sizes[random() % std::size(sizes)], 'a');
    const bool tame = random() % 3 == 0;
    for (char& c : out) c = tame ? static_cast<char>('a' + random() % 26) : kNasty[random() % kNasty.size()];
    return out;
  };
  for (int i = 0; i < 3000; ++i) {
    const std::string comment = text(), host = text(), sender = text(), helo = text(), domain = text(), mechanism = text(),
                      problem = text();
    HeaderFacts facts{
        static_cast<spf::Result>(random() % 7), comment, host, {}, std::nullopt, sender, helo, domain, mechanism, problem};
    if (random() % 2 == 0) facts.client = "2001:db8::1";
    if (random() % 4 != 0) facts.identity = static_cast<spf::Identity>(random() % 2);
    const std::string received = received_spf(facts);
    CAPTURE(received);
    CHECK(is_safe_line(received));
    const Field field = read_received_spf(received);
    REQUIRE(field.ok);
    CHECK(field.result == spf::result_name(facts.result));
    if (!facts.client.empty()) CHECK(field.values.at("client-ip") == "2001:db8::1");
    if (!helo.empty() && helo.size() < 100) CHECK(field.values.at("helo") == base::printable(helo));

    const std::string results = authentication_results(facts);
    CAPTURE(results);
    CHECK(is_safe_line(results));
    CHECK(read_authentication_results(results).ok);
  }
}

}  // namespace
