// Local parts in sender rewriting: whatever the sender, the new local part is valid in RFC 5321 and names the same mailbox.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/protocol/srs_reader.h"
#include "common/srs/address.h"
#include "common/srs/rewriter.h"
#include "t/support/rewrite.h"
#include "t/unit/srs_rewriter.h"

namespace {

using srs::Rewriter;
using srs_rewriter::forward;
using srs_rewriter::kDay;
using srs_rewriter::reverse;
using srs_rewriter::sign;

Rewriter made() {
  srs::Config config = srs_rewriter::with_secret();
  config.rewriting_domain = "example.com";
  return srs_rewriter::make(config);
}

TEST_CASE("RFC 5321 §4.1.2: a mailbox has one local part that is a dot-string or a quoted-string") {
  const std::vector<std::pair<std::string, std::string>> contents = {
      {"a.b+c=d", "a.b+c=d"}, {"a b", "\"a b\""}, {"a.", "\"a.\""},   {".a", "\".a\""},
      {"a..b", "\"a..b\""},   {".", "\".\""},     {"", "\"\""},       {"\"", "\"\\\"\""},
      {"a\\b", "\"a\\\\b\""}, {"a@b", "\"a@b\""}, {"a(b", "\"a(b\""}, {"\"a\"", "\"\\\"a\\\"\""}};
  for (const auto& one : contents) {
    CAPTURE(one.first);
    CHECK(srs::local_part_of(one.first) == one.second);
    CHECK(srs::content_of(one.second) == one.first);
  }
  // Forms that are not in RFC 5321: quotes around a part only (RFC 5322 §4.4), or quotes that are not closed.
  CHECK(srs::content_of("a.\"b c\".d") == "a.b c.d");
  CHECK(srs::content_of("\"a\\\\\"") == "a\\");
  CHECK(srs::content_of("a\"b") == "a\"b");
  CHECK(srs::content_of("a\\b") == "a\\b");
}

TEST_CASE("RFC 5321 §4.1.2: a quoted sender becomes one quoted local part, and reverses to itself") {
  const Rewriter rewriter = made();
  const std::vector<std::pair<std::string, std::string>> senders = {
      {"\"a b\"@example.org", "\"a b\"@example.org"},
      {"\"a\\\"b\\\\\"@example.org", "\"a\\\"b\\\\\"@example.org"},
      {"\"a\\ b=c\"@example.org", "\"a b=c\"@example.org"},
      {"\"joe\"@example.org", "joe@example.org"},
      {"\"\"@example.org", "\"\"@example.org"},
      {"\"\\\"\\\"\"@example.org", "\"\\\"\\\"\"@example.org"},
      {"\"\\\"a\\\"\"@example.org", "\"\\\"a\\\"\"@example.org"},
      {"a.\"b c\"@example.org", "\"a.b c\"@example.org"},
      {"a(b@example.org", "\"a(b\"@example.org"},
      {"user.@example.org", "\"user.\"@example.org"},
      {"\"user.\"@example.org", "\"user.\"@example.org"},
      {"a..b@example.org.", "\"a..b\"@example.org"},
      {"\"SRS0=HHHH=TT=first.org=a b\"@example.org", "\"SRS0=HHHH=TT=first.org=a b\"@example.org"}};
  for (const auto& one : senders) {
    const std::string& sender = one.first;
    CAPTURE(sender);
    const std::string made = forward(rewriter, sender);
    CAPTURE(made);
    const std::string local = made.substr(0, made.rfind('@'));
    CHECK(srs::local_part_of(srs::content_of(local)) == local);
    CHECK(reverse(rewriter, made) == one.second);
  }
  // Addresses that others have signed with the same secret.
  const std::string other = sign("2Wexample.orga..b").substr(0, 4);
  CHECK(reverse(rewriter, "SRS0=" + other + "=2W=example.org=a..b@example.com") == "\"a..b\"@example.org");
  const std::string dotted = sign("2Wexample.org.a").substr(0, 4);
  CHECK(reverse(rewriter, "SRS0=" + dotted + "=2W=example.org.=a@example.com") == "a@example.org");
  CHECK(forward(rewriter, "\"SRS0=HHHH=TT=first.org=a b\"@example.org").starts_with("\"SRS1="));
}

// ---- RFC 5321 §4.1.2, written once more ------------------------------------------------------------------------------------

bool is_valid_local_part(std::string_view local) {
  constexpr std::string_view kAtext = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~";
  if (local.starts_with('"')) {
    std::size_t at = 1;
    while (at < local.size() && local[at] != '"') at += local[at] == '\\' ? 2U : 1U;
    return at + 1 == local.size();
  }
  bool has_atom = false;
  for (const char c : local) {
    if (c == '.' && !has_atom) return false;
    if (c != '.' && kAtext.find(c) == std::string_view::npos) return false;
    has_atom = c != '.';
  }
  return has_atom;
}

// Returns the mailbox that a valid local part names.
std::string named_by(std::string_view local) {
  if (!local.starts_with('"')) return std::string(local);
  std::string content;
  for (std::size_t at = 1; at + 1 < local.size(); ++at) {
    if (local[at] == '\\') ++at;
    content += local[at];
  }
  return content;
}

std::string in_quotes(std::string_view content, bool escapes_all) {
  std::string local = "\"";
  for (const char c : content) {
    if (escapes_all || c == '"' || c == '\\') local += '\\';
    local += c;
  }
  return local + '"';
}

std::vector<std::string> printable_contents() {
  std::vector<std::string> out{""};
  std::string printable;
  for (char c = 0x20; c < 0x7f; ++c) printable += c;
  for (const char a : printable) {
    out.push_back({a});
    for (const char b : printable) out.push_back({a, b});
  }
  constexpr std::string_view kSpecial = "a. \"\\=";
  for (const char a : kSpecial) {
    for (const char b : kSpecial) {
      for (const char c : kSpecial) {
        out.push_back({a, b, c});
        for (const char d : kSpecial) out.push_back({a, b, c, d});
      }
    }
  }
  for (const std::string tag : {"SRS0=", "srs0+", "SRS1=H=first.example==", "SRS1=", "SRS0"}) {
    for (const std::string_view content : {"", ".", "a b", "\"", "a\"b c\"", "x.", "H=TT=first.example=a..b"}) {
      out.push_back(tag + std::string(content));
    }
  }
  return out;
}

// Rewrites each sender and reverses the result. An empty address: the sender was not rewritten.
template <class Forward, class Reverse>
void check_all_local_parts(const Forward& forward, const Reverse& reverse) {
  const auto check = [&](const std::string& local, const std::string& content) {
    const std::string sender = local + "@example.org";
    const std::string address = forward(sender);
    if (content.find('@') != std::string::npos) {
      CHECK_MESSAGE(address.empty(), sender);
      return;
    }
    CHECK_MESSAGE(is_valid_local_part(address.substr(0, address.rfind('@'))), sender, " becomes ", address);
    const std::string home = reverse(address);
    const std::string home_local = home.substr(0, home.rfind('@'));
    CHECK_MESSAGE(is_valid_local_part(home_local), sender, " is restored as ", home);
    // Somebody else's SRS address is returned to him as SRS0.
    const std::string address_content = named_by(address.substr(0, address.rfind('@')));
    if (address_content.starts_with("SRS1")) {
      CHECK_MESSAGE(named_by(home_local).starts_with("SRS0"), sender, " is restored as ", home);
      CHECK_MESSAGE(content.ends_with(named_by(home_local).substr(5)), sender, " is restored as ", home);
    } else {
      CHECK_MESSAGE(named_by(home_local) == content, sender, " is restored as ", home);
      CHECK_MESSAGE(home.ends_with("@example.org"), home);
    }
  };
  for (const std::string& content : printable_contents()) {
    check(in_quotes(content, false), content);
    check(in_quotes(content, true), content);
    const bool is_usable_plain = !content.empty() && content.find_first_of(" \"") == std::string::npos;
    if (is_usable_plain) check(content, content);
  }
}

TEST_CASE("RFC 5321 §4.1.2: for every local part, the new address and the reversed one are valid and name the same mailbox") {
  const Rewriter rewriter = made();
  check_all_local_parts(
      [&](const std::string& sender) {
        const auto forwarded = rewriter.forward(sender, "", kDay);
        return forwarded ? forwarded->address : "";
      },
      [&](const std::string& address) {
        const auto reversed = rewriter.reverse(address, kDay);
        return reversed ? *reversed : "";
      });
}

TEST_CASE("RFC 5321 §4.1.2: local parts stay valid through each protocol of rewriting") {
  const Rewriter rewriter = made();
  using protocol::SrsMap;
  const auto answer = [&](const std::string& request, SrsMap map) {
    protocol::SrsReader reader(map);
    reader.feed(request);
    const auto read = reader.next();
    REQUIRE(read.has_value());
    return encode_srs(*reader.protocol(), support::rewrite(*read, rewriter, kDay));
  };
  const auto between = [](const std::string& text, std::string_view begin, std::string_view end) -> std::string {
    const std::size_t at = text.find(begin);
    if (at == std::string::npos || !text.ends_with(end)) return "";
    return text.substr(at + begin.size(), text.size() - at - begin.size() - end.size());
  };
  const auto line = [](const std::string& text) {
    REQUIRE(text.ends_with('\n'));
    return text.starts_with("ERROR: ") ? "" : text.substr(0, text.size() - 1);
  };
  check_all_local_parts(
      [&](const std::string& sender) { return line(answer("FORWARD " + sender + " example.com\n", SrsMap::forward)); },
      [&](const std::string& address) { return line(answer("REVERSE " + address + "\n", SrsMap::forward)); });

  const auto coded = [](const std::string& text) {
    std::string out;
    for (const char c : text) out += fmt::format("%{:02x}", c);
    return out;
  };
  const auto decoded = [](const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
      out += text[at] == '%' ? static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16)) : text[at];
      if (text[at] == '%') at += 2;
    }
    return out;
  };
  const auto by_table = [&](SrsMap map) {
    return [&, map](const std::string& key) { return decoded(between(answer("get " + coded(key) + "\n", map), "200 ", "\n")); };
  };
  check_all_local_parts(by_table(SrsMap::forward), by_table(SrsMap::reverse));

  const auto by_map = [&](const std::string& name) {
    return [&, name](const std::string& key) {
      return between(answer(fmt::format("{}:{} {},", name.size() + 1 + key.size(), name, key), SrsMap::forward), ":OK ", ",");
    };
  };
  check_all_local_parts(by_map("forward"), by_map("reverse"));
}

}  // namespace
