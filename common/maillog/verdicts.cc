#include "common/maillog/verdicts.h"

#include <utility>

#include "common/base/text.h"
#include "common/maillog/scan.h"

namespace maillog {

namespace {

// Takes a value: a quoted-string without its marks and backslashes, or the text up to one of `ends`. None: it is uncertain where
// it ends, since a quote is within it or is not closed.
std::optional<std::string> take_value(std::string_view& text, std::string_view ends) {
  if (!take(text, "\"")) {
    const std::string_view value = text.substr(0, text.find_first_of(ends));
    text.remove_prefix(value.size());
    if (value.find('"') != std::string_view::npos) return {};
    return std::string(value);
  }
  std::string value;
  std::size_t at = 0;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    value += text[at];
  }
  if (at >= text.size()) return {};
  text.remove_prefix(at + 1);
  if (!text.empty() && ends.find(text.front()) == std::string_view::npos) return {};
  return value;
}

// Takes a comment, which may contain others (RFC 5322 §3.2.2). A comment that does not end is the rest of the text.
std::string_view take_comment(std::string_view& text) {
  int depth = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '(') {
      ++depth;
    } else if (text[at] == ')' && --depth == 0) {
      break;
    }
  }
  const std::string_view comment = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return comment;
}

// Sets the value of a key that is used. `is_helo`: the value of the identity. Returns false if the key already has a value, since
// one of the two then belongs to the text of another value.
bool set(Verdict& verdict, bool& is_helo, std::string_view key, const std::string& value) {
  if (base::equals_ignoring_case(key, "client-ip") || key == "ip") {
    if (verdict.client) return false;
    verdict.client = base::IpAddress::parse(value);
  } else if (base::equals_ignoring_case(key, "helo")) {
    if (verdict.helo) return false;
    verdict.helo = helo_text(value);
  } else if (base::equals_ignoring_case(key, "envelope-from") || key == "sender") {
    if (verdict.sender) return false;
    std::string_view bare = base::strip(value);
    if (bare.starts_with('<') && bare.ends_with('>')) bare = bare.substr(1, bare.size() - 2);
    verdict.sender = sender_text(bare);
  } else if (base::equals_ignoring_case(key, "identity")) {
    is_helo = base::equals_ignoring_case(value, "helo");
  }
  return true;
}

// Removes the result of a check of the HELO identity, unless the sender is null: only then it is that of the message (RFC 7208
// §2.4).
void settle_identity(Verdict& verdict, bool is_helo) {
  if (!is_helo) return;
  const bool is_postmaster = verdict.sender && verdict.helo && *verdict.sender == "postmaster@" + *verdict.helo;
  if (!verdict.sender || is_postmaster) verdict.sender = "";
  if (!verdict.sender->empty()) verdict.result.reset();
}

// Reads "result=pass identity=mailfrom ip=192.0.2.1 helo=... sender=...": a line of spfd.
std::optional<Verdict> parse_spfd(std::string_view text) {
  if (!text.starts_with("result=")) return {};
  Verdict verdict;
  bool is_helo = false;
  while (!text.empty()) {
    const auto key = take_until(text, "=");
    if (!key) break;
    auto value = take_value(text, " ");
    if (!value) return {};
    take(text, " ");
    if (*key == "result") {
      verdict.result = result_of(*value);
    } else if (!set(verdict, is_helo, *key, *value)) {
      return {};
    }
  }
  settle_identity(verdict, is_helo);
  return verdict;
}

// Takes the text up to "Received-SPF: ". False: there is none, or the text before it may contain a sender or HELO name, and
// so be written by a stranger.
bool take_received_spf(std::string_view& text) {
  const auto before = take_until(text, "Received-SPF: ");
  if (!before || before->starts_with("result=")) return false;
  return before->find_first_of("\"@;?<>()") == std::string_view::npos;
}

// Reads the text of a refusal by policyd-spf: "... Why?s=mfrom;id=a@example.org;ip=192.0.2.1;r=...".
std::optional<Verdict> parse_why(std::string_view text) {
  if (!take_until(text, "Why?s=")) return {};
  const auto scope = take_until(text, ";id=");
  if (!scope) return {};
  const auto id = take_until(text, ";ip=");
  if (!id || text.find(";ip=") != std::string_view::npos) return {};  // the sender may contain it
  Verdict verdict{.result = spf::Result::fail, .client = {}, .helo = {}, .sender = {}};
  verdict.client = base::IpAddress::parse(text.substr(0, text.find_first_of("; ")));
  verdict.sender = *scope == "helo" ? std::string() : sender_text(*id);
  return verdict;
}

std::string pair_of(const base::IpAddress& client, std::string_view sender) {
  base::IpAddress::TextBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written as far as used
  std::string key(client.text(buffer));
  key += ' ';
  return key += base::lower(sender);
}

}  // namespace

std::optional<spf::Result> result_of(std::string_view word) {
  for (std::size_t i = 0; i < spf::kResults; ++i) {
    const auto result = static_cast<spf::Result>(i);
    if (base::equals_ignoring_case(word, spf::result_name(result))) return result;
  }
  if (base::equals_ignoring_case(word, "unknown")) return spf::Result::permerror;
  if (base::equals_ignoring_case(word, "error")) return spf::Result::temperror;
  if (base::equals_ignoring_case(word, "hardfail")) return spf::Result::fail;
  return {};
}

std::optional<Verdict> parse_received_spf(std::string_view value) {
  std::string_view text = base::strip(value);
  const std::string_view word = text.substr(0, text.find_first_of(" \t(;"));
  Verdict verdict;
  verdict.result = result_of(word);
  if (!verdict.result) return {};
  text.remove_prefix(word.size());
  bool is_helo = false;
  bool has_key = false;
  std::string_view comment;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(" \t;");
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    if (text.front() == '(') {
      // All checkers write their comment before the keys; a later one may be a part of a sender or HELO name.
      if (has_key) return {};
      const std::string_view one = take_comment(text);
      if (comment.empty()) comment = one;
      continue;
    }
    const std::string_view key = base::strip(text.substr(0, text.find_first_of("=;(")));
    text.remove_prefix(std::min(text.find_first_of("=;("), text.size()));
    if (!take(text, "=")) continue;
    has_key = true;
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    auto one = take_value(text, "; \t");
    if (!one || !set(verdict, is_helo, key, *one)) return {};
  }
  // Several checkers name the sender only in the comment.
  if (!verdict.sender && !is_helo && take_until(comment, "domain of "))
    verdict.sender = sender_text(comment.substr(0, comment.find_first_of(" )")));
  settle_identity(verdict, is_helo);
  return verdict;
}

bool Verdicts::read(std::string_view program, std::string_view text) {
  // policyd-spf, policy-spf, spfd, smf-spf and others
  if (program.find("spf") != std::string_view::npos) {
    std::optional<Verdict> verdict;
    bool is_field = false;
    std::string_view value = text;
    if (take_received_spf(value)) {
      verdict = parse_received_spf(value);
      is_field = true;
    } else {
      verdict = parse_spfd(text);
      if (!verdict) verdict = parse_why(text);
    }
    if (!verdict) return false;
    add(std::move(*verdict), is_field);
    return true;
  }
  if (!program.ends_with("opendmarc")) return false;
  // "4jZrPG2F7CzBYC3: SPF(mailfrom): example.org pass"
  const auto id = take_until(text, ": SPF(");
  if (!id || !take_until(text, "): ")) return false;
  Verdict verdict;
  verdict.result = result_of(text.substr(text.rfind(' ') + 1));
  if (!verdict.result) return false;
  if (baseline_ == Baseline::log) add_to(std::string(*id), std::move(verdict));
  return true;
}

void Verdicts::add_field(std::string_view id, std::string_view value) {
  auto verdict = parse_received_spf(value);
  if (!verdict) return;
  if (baseline_ == Baseline::none) verdict->result.reset();
  add_to(std::string(id), std::move(*verdict));
}

void Verdicts::add_to(const std::string& id, Verdict verdict) {
  if (const Verdict* earlier = by_id_.find(id)) {
    if (!verdict.result) verdict.result = earlier->result;
    if (!verdict.helo) verdict.helo = earlier->helo;
  }
  by_id_.put(id, std::move(verdict));
}

void Verdicts::add(Verdict verdict, bool is_field) {
  if (!verdict.client || !verdict.sender) return;
  if (baseline_ == Baseline::none || (baseline_ == Baseline::header && !is_field)) verdict.result.reset();
  const std::string key = pair_of(*verdict.client, *verdict.sender);
  if (const Verdict* earlier = by_pair_.find(key); earlier != nullptr && !verdict.result) verdict.result = earlier->result;
  by_pair_.put(key, std::move(verdict));
}

void Verdicts::complete(Message& message, std::string_view id) {
  const auto take_from = [&message](const Verdict* verdict) {
    if (verdict == nullptr) return;
    if (!message.helo) message.helo = verdict->helo;
    if (!message.baseline) message.baseline = verdict->result;
  };
  if (!id.empty() && by_id_.size() > 0) {
    const std::string key(id);
    take_from(by_id_.find(key));
    by_id_.erase(key);
  }
  if (by_pair_.size() > 0 && (!message.helo || !message.baseline))
    take_from(by_pair_.find(pair_of(message.client, message.sender)));
}

}  // namespace maillog
