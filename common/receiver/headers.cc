#include "common/receiver/headers.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "common/base/blocks.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/receiver/request.h"

namespace receiver {

namespace {

// Size, in bytes, of the longest mailbox or host name that SMTP allows (RFC 5321 §4.5.3.1: 64 bytes, "@" and 255 bytes).
constexpr std::size_t kMaxValue = 320;
// Minimum room, in bytes, for a comment: a shorter one would say nothing.
constexpr std::size_t kMinComment = 24;

// Matches all bytes except dots and the characters of an atom (RFC 5322 §3.2.3). "/" and "=" match too, because simple parsers
// misread them. A lambda and not a function, so that it is inlined into the loop over a text.
constexpr auto no_atom_chars = [](base::Block block) {
  using base::is_between, base::is_byte;
  return ~is_between(block, '!', '~') | is_byte(block, '"') | is_between(block, '(', ')') | is_byte(block, ',') |
         is_byte(block, '/') | is_between(block, ':', '>') | is_byte(block, '@') | is_between(block, '[', ']');
};

// Returns whether the text is a dot-atom (RFC 5322 §3.2.3) without "/" and "=".
bool is_dot_atom(std::string_view text) {
  return !text.empty() && !base::has_any(text, no_atom_chars) && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos;
}

// Appends a value that must be shortened or escaped.
void append_changed_word(std::string& out, std::string_view text, std::size_t limit) {
  const std::string shown = base::clip_middle(text, limit);
  if (is_dot_atom(shown)) return base::append(out, shown);
  out += base::quoted_string(shown);
}

// Appends a dot-atom unchanged and any other text as a quoted-string (RFC 5322 §3.2.4). A dot-atom without "/" and "=" is also a
// token (RFC 2045 §5.1), and so a value of RFC 8601 §2.2.
void append_word(std::string& out, std::string_view text, std::size_t limit) {
  if (text.size() <= limit) {
    if (is_dot_atom(text)) return base::append(out, text);
    if (base::all_printable<'"', '\\'>(text)) return base::append(out, "\"", text, "\"");
  }
  append_changed_word(out, text, limit);
}

// Returns whether the text is printable and has no characters that must be quoted in a comment (RFC 5322 §3.2.2).
bool is_plain_comment(std::string_view text) { return base::all_printable<'(', ')', '\\'>(text); }

// Returns the text with quoted-pairs where a comment needs them, at most `room` bytes long.
std::string quoted_comment(std::string_view text, std::size_t room) {
  std::string out;
  std::size_t cut = 0;  // last position at which "..." still fits
  for (const char c : text) {
    if (out.size() + 3 <= room) cut = out.size();
    if (!base::is_printable(c)) {
      out += '\\';
      base::append_printable(out, {&c, 1});
    } else {
      if (c == '(' || c == ')' || c == '\\') out += '\\';  // RFC 5322 §3.2.2
      out += c;
    }
    if (out.size() > room) return out.substr(0, cut) + "...";
  }
  return out;
}

// Inserts " (text)" into the field at `place`, shortened to fit; inserts nothing if there is less room than kMinComment.
void insert_comment(std::string& field, std::size_t place, std::string_view text) {
  const std::size_t used = field.size() + 1;
  if (text.empty() || used + kMinComment > kMaxHeader) return;
  const std::size_t room = kMaxHeader - used - 2;  // without the parentheses
  if (text.size() > room || !is_plain_comment(text)) {
    field.insert(place, " (" + quoted_comment(text, room) + ")");
    return;
  }
  field.insert(place, text.size() + 3, ' ');
  field[place + 1] = '(';
  text.copy(field.data() + place + 2, text.size());
  field[place + 2 + text.size()] = ')';
}

struct Pair {
  std::string_view key;  // "; key="; the ";" is left out before the first pair
  std::string_view value;
  std::size_t limit = kMaxValue;  // maximum size of the value shown, in bytes
  std::size_t size = 0;           // size of the pair as last written, in bytes
};

class Pairs {
 public:
  void add(std::string_view key, std::string_view value) {
    if (!value.empty()) pairs_[count_++] = {.key = key, .value = value};
  }
  // Appends " key=value; key=value".
  void write(std::string& out) {
    for (std::size_t i = 0; i < count_; ++i) {
      const std::size_t begin = out.size();
      out += pairs_[i].key.substr(i == 0 ? 1 : 0);
      append_word(out, pairs_[i].value, pairs_[i].limit);
      pairs_[i].size = out.size() - begin;
    }
  }
  void halve_longest() {
    Pair& longest = *std::max_element(pairs_.begin(), pairs_.begin() + static_cast<std::ptrdiff_t>(count_),
                                      [](const Pair& a, const Pair& b) { return a.size < b.size; });
    longest.limit = std::max<std::size_t>(3, std::min(longest.limit, longest.value.size()) / 2);
  }

 private:
  std::array<Pair, 7> pairs_;
  std::size_t count_ = 0;
};

}  // namespace

void received_spf(const HeaderFacts& facts, std::string& out) {
  Pairs pairs;
  pairs.add("; client-ip=", facts.client);
  if (facts.identity == spf::Identity::mailfrom) pairs.add("; envelope-from=", facts.envelope_from);
  pairs.add("; helo=", facts.helo);
  if (facts.identity) pairs.add("; identity=", spf::identity_name(*facts.identity));
  pairs.add("; receiver=", facts.receiver);
  pairs.add("; mechanism=", facts.mechanism);
  pairs.add("; problem=", facts.problem);

  out.clear();
  base::append(out, "Received-SPF: ", spf::result_name(facts.result));
  const std::size_t place = out.size();
  pairs.write(out);
  // The comment gets the room that the pairs leave. The longest values are shortened only if the pairs alone do not fit.
  while (out.size() > kMaxHeader) {
    pairs.halve_longest();
    out.resize(place);
    pairs.write(out);
  }
  insert_comment(out, place, facts.comment);
}

namespace {

// Appends a property of Authentication-Results (RFC 8601 §2.2). It is left out if it is overlong, since a part of it could be
// taken for another domain, and if it has a ";", at which simple readers divide results, also within quotes.
void append_property(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty() || value.size() > dns::Name::kMaxText || value.find(';') != std::string_view::npos) return;
  out += name;
  append_word(out, value, kMaxValue);
}

}  // namespace

void authentication_results(const HeaderFacts& facts, std::string& out) {
  out = "Authentication-Results: ";
  append_word(out, facts.receiver.empty() ? "unknown" : facts.receiver, kMaxValue);
  if (!facts.identity && facts.result == spf::Result::none) {
    // RFC 8601 §2.2: "none" means that nothing was authenticated; spf=none would mean a domain without an SPF record.
    out += "; none";
  } else {
    base::append(out, "; spf=", spf::result_name(facts.result));
  }
  const std::size_t place = out.size();
  // RFC 8601 §2.7.2: the local part is left out, because SPF seldom authenticates it.
  if (facts.identity)
    append_property(out, *facts.identity == spf::Identity::mailfrom ? " smtp.mailfrom=" : " smtp.helo=", facts.domain);
  // RFC 8601 §2.2: several results of one method follow each other, each with its own property.
  if (facts.helo_result) {
    base::append(out, "; spf=", spf::result_name(*facts.helo_result));
    // In the form of smtp.mailfrom: a name in lower case, without a trailing dot.
    const auto name = dns::Name::parse(facts.helo);
    append_property(out, " smtp.helo=", name && !name->is_root() ? name->text() : facts.helo);
  }
  if (out.size() > kMaxHeader) out.resize(place);
  insert_comment(out, place, facts.comment);
}

}  // namespace receiver
