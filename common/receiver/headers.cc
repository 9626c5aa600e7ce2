#include "common/receiver/headers.h"

#include <algorithm>
#include <vector>

#include "common/base/text.h"
#include "common/receiver/request.h"

namespace receiver {

namespace {

// No mailbox and no host name that SMTP allows is longer (RFC 5321 §4.5.3.1: 64 and 255 bytes, and the "@").
constexpr std::size_t kMaxValue = 320;
// A comment with less room than this says nothing.
constexpr std::size_t kMinComment = 24;

// RFC 5322 §3.2.3, without "/" and "=", at which simple readers stumble.
constexpr bool is_atom_char(char c) {
  return base::is_alphanumeric(c) || std::string_view("!#$%&'*+-?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
  bool in_atom = false;
  for (const char c : text) {
    if (c != '.' && !is_atom_char(c)) return false;
    if (c == '.' && !in_atom) return false;
    in_atom = c != '.';
  }
  return in_atom;
}

// RFC 5322 §3.2.4. `text` is printable.
std::string quoted_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

// `text` is printable. A dot-atom without "/" and "=" is also a token of RFC 2045 §5.1, the value of RFC 8601 §2.2.
std::string word_of(std::string_view text) { return is_dot_atom(text) ? std::string(text) : quoted_string(text); }

// Adds " (text)" to the field, shortened so that `rest` more bytes fit; nothing if there is hardly any room.
void add_comment(std::string& field, std::string_view text, std::size_t rest) {
  const std::size_t used = field.size() + rest + 1;
  if (text.empty() || used + kMinComment > kMaxHeader) return;
  const std::size_t room = kMaxHeader - used - 2;  // without the parentheses
  std::string body;
  body.reserve(std::min(text.size(), room) + 8);
  std::size_t cut = 0;  // here the text may end so that "..." still fits
  for (const char raw : text) {
    if (body.size() + 3 <= room) cut = body.size();
    const char c = base::is_printable(raw) ? raw : '?';
    if (c == '(' || c == ')' || c == '\\') body += '\\';  // RFC 5322 §3.2.2
    body += c;
    if (body.size() > room) {
      body.resize(cut);
      body += "...";
      break;
    }
  }
  field.append(" (").append(body).append(")");
}

struct Pair {
  std::string_view key;
  std::string value;  // printable

  [[nodiscard]] std::string text() const { return std::string(key) + "=" + (is_dot_atom(value) ? value : quoted_string(value)); }
};

std::string joined(const std::vector<Pair>& pairs) {
  std::string out;
  for (const Pair& pair : pairs) {
    if (!out.empty()) out += "; ";
    out += pair.text();
  }
  return out;
}

}  // namespace

std::string received_spf(const HeaderFacts& facts) {
  std::vector<Pair> pairs;
  const auto add = [&pairs](std::string_view key, std::string_view value) {
    if (!value.empty()) pairs.push_back({key, base::printable(base::clip_middle(value, kMaxValue))});
  };
  if (facts.client) add("client-ip", facts.client->text());
  if (facts.identity == spf::Identity::mailfrom) add("envelope-from", facts.envelope_from);
  add("helo", facts.helo);
  if (facts.identity) add("identity", spf::identity_name(*facts.identity));
  add("receiver", facts.receiver);
  add("mechanism", facts.mechanism);
  add("problem", facts.problem);

  std::string out = "Received-SPF: ";
  out += spf::result_name(facts.result);
  // The comment gets what room the pairs leave. Only if they alone are too much, the longest values are cut.
  std::string list = joined(pairs);
  while (out.size() + 1 + list.size() > kMaxHeader) {
    const auto longest = std::max_element(pairs.begin(), pairs.end(),
                                          [](const Pair& a, const Pair& b) { return a.text().size() < b.text().size(); });
    longest->value = base::clip_middle(longest->value, longest->value.size() / 2);
    list = joined(pairs);
  }
  if (!list.empty()) list.insert(0, " ");
  add_comment(out, facts.comment, list.size());
  return out += list;
}

std::string authentication_results(const HeaderFacts& facts) {
  const auto value = [](std::string_view text) { return word_of(base::printable(base::clip_middle(text, kMaxValue))); };
  std::string out = "Authentication-Results: " + value(facts.receiver.empty() ? "unknown" : facts.receiver);
  if (!facts.identity && facts.result == spf::Result::none) {
    // RFC 8601 §2.2: "none" tells that nothing was authenticated; spf=none would speak of a domain without policy.
    out += "; none";
  } else {
    out.append("; spf=").append(spf::result_name(facts.result));
  }
  std::string property;
  // A domain too long to be one is not shown: a part of it could be taken for another domain.
  if (facts.identity && !facts.domain.empty() && facts.domain.size() <= dns::Name::kMaxText) {
    // RFC 8601 §2.7.2: without the local part, which SPF seldom authenticates.
    property = *facts.identity == spf::Identity::mailfrom ? " smtp.mailfrom=" : " smtp.helo=";
    property += value(facts.domain);
  }
  if (out.size() + property.size() > kMaxHeader) property.clear();
  add_comment(out, facts.comment, property.size());
  return out += property;
}

}  // namespace receiver
