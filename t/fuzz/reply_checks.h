// Invariants of every receiver::Reply, for any client and DNS: sizes, bytes, and header fields that a separate reader, which
// shares no code with common/receiver, can parse.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "common/receiver/request.h"
#include "t/fuzz/target.h"

namespace fuzz {

// Reads a header field from its front. Each function reads the part in its name, or nothing.
class FieldReader {
 public:
  explicit FieldReader(std::string_view field) : rest_(field) {}

  bool literal(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  // Letters and hyphens: a result, a key, a method.
  std::string_view word() {
    return run([](char c) { return base::is_alpha(c) || c == '-'; });
  }
  // Skips " (" text ")", in which parentheses are escaped, if a comment begins here. Returns false if it is not closed.
  bool comment_if_any() {
    if (!rest_.starts_with(" (")) return true;
    rest_.remove_prefix(1);
    return enclosed('(', ')');
  }
  // A dot-atom or a quoted-string.
  bool value() {
    if (enclosed('"', '"')) return true;
    constexpr std::string_view kMarks = "!#$%&'*+-?^_`{|}~.";
    return !run([kMarks](char c) { return base::is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos; }).empty();
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  template <class Belongs>
  std::string_view run(Belongs belongs) {
    std::size_t size = 0;
    while (size < rest_.size() && belongs(rest_[size])) ++size;
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  bool enclosed(char open, char close) {
    if (rest_.empty() || rest_.front() != open) return false;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == close) {
        rest_.remove_prefix(i + 1);
        return true;
      }
      if (rest_[i] == open) return false;
      if (rest_[i] == '\\') ++i;
    }
    return false;
  }

  std::string_view rest_;
};

inline void check_field(std::string_view field) {
  check(field.size() <= receiver::kMaxHeader, "a header line has at most 998 bytes");
  check(is_printable(field), "a header line is printable");
}

// RFC 7208 §9.1, erratum 5436.
inline void check_received_spf(std::string_view field, spf::Result result) {
  check_field(field);
  FieldReader reader(field);
  check(reader.literal("Received-SPF: "), "Received-SPF is named");
  check(reader.word() == spf::result_name(result), "Received-SPF begins with the result");
  check(reader.comment_if_any(), "the comment of Received-SPF is closed");
  constexpr std::array<std::string_view, 7> kKeys = {"client-ip", "envelope-from", "helo",     "problem",
                                                     "receiver",  "identity",      "mechanism"};
  std::array<bool, kKeys.size()> seen{};
  for (bool is_first = true; !reader.at_end(); is_first = false) {
    check(reader.literal(is_first ? " " : "; "), "pairs are separated");
    const auto key = static_cast<std::size_t>(std::find(kKeys.begin(), kKeys.end(), reader.word()) - kKeys.begin());
    check(key < kKeys.size(), "a key of Received-SPF is one of RFC 7208");
    check(!seen[key], "a key of Received-SPF stands there once");
    seen[key] = true;
    check(reader.literal("=") && reader.value(), "a value of Received-SPF is a dot-atom or a quoted-string");
  }
}

// RFC 8601 §2.2. A property is left out if its value is too long for a domain.
inline void check_authentication_results(std::string_view field, spf::Result result,
                                         const std::optional<receiver::HeloReply>& helo) {
  check_field(field);
  FieldReader reader(field);
  check(reader.literal("Authentication-Results: ") && reader.value(), "the authserv-id is a word");
  check(reader.literal("; "), "a result follows the authserv-id");
  bool is_mailfrom = false;
  if (reader.literal("none")) {
    check(result == spf::Result::none, "\"none\" is said of none only");
    check(reader.comment_if_any(), "the comment of Authentication-Results is closed");
  } else {
    check(reader.literal("spf=") && reader.word() == spf::result_name(result), "the method is spf, its result the result");
    check(reader.comment_if_any(), "the comment of Authentication-Results is closed");
    is_mailfrom = reader.literal(" smtp.mailfrom=");
    if (is_mailfrom || reader.literal(" smtp.helo=")) check(reader.value(), "the property has a value");
  }
  if (reader.literal("; spf=")) {
    check(helo.has_value(), "a second result is that of the HELO identity");
    check(reader.word() == spf::result_name(helo->result), "the HELO identity has its result");
    if (reader.literal(" smtp.helo=")) check(reader.value(), "the HELO identity is a word");
  }
  check(reader.at_end(), "nothing follows the last result");
}

inline void check_reply(const receiver::Reply& reply) {
  check(reply.smtp_comment.size() <= receiver::kMaxSmtpComment, "smtp_comment has at most 400 bytes");
  check(reply.local_explanation.size() <= receiver::kMaxDetail, "local_explanation is bounded");
  check(reply.mechanism.size() <= receiver::kMaxDetail, "mechanism is bounded");
  check(reply.problem.size() <= receiver::kMaxDetail, "problem is bounded");
  for (const std::string* text : {&reply.smtp_comment, &reply.header_comment}) {
    check(text->find_first_of("\"\\") == std::string::npos, "the 2004 ACL's texts hold no quote and no backslash");
  }
  check(reply.header_comment.find_first_of("()") == std::string::npos, "header_comment holds no parentheses");
  for (const std::string* text :
       {&reply.smtp_comment, &reply.header_comment, &reply.local_explanation, &reply.authority_explanation, &reply.spf_record,
        &reply.spf_domain, &reply.mechanism, &reply.problem, &reply.error, &reply.enhanced_code}) {
    check(is_printable(*text), "every text of a reply is printable");
  }
  check(reply.spf_domain.empty() || reply.identity, "a domain is that of an identity");
  for (const auto& step : reply.trace) {
    check(is_printable(step.text) && is_printable(step.outcome), "the trace is printable");
  }
  check_received_spf(reply.received_spf_header, reply.result);
  check_authentication_results(reply.authentication_results, reply.result, reply.helo);
  check(is_printable(reply.local_policy) && reply.local_policy.size() <= receiver::kMaxDetail, "the note is a line");
  if (reply.would) check(reply.action == receiver::Action::accept, "a dry run accepts");
  if (reply.helo) {
    check(is_printable(reply.helo->header_comment), "so is the comment about HELO");
    check_received_spf(reply.helo->received_spf_header, reply.helo->result);
  }
  if (reply.guesses) {
    for (const receiver::Guess* guess : {&reply.guesses->usual, &reply.guesses->forwarders}) {
      check(guess->result.empty() || guess->result == "pass" || guess->result == "neutral", "a guess is pass or neutral");
      check(is_printable(guess->smtp_comment) && is_printable(guess->header_comment), "the texts of a guess are printable");
    }
  }
  check(reply.lookups <= 11 && reply.void_lookups <= 3, "the limits hold");
  if (reply.result != spf::Result::fail) check(reply.authority_explanation.empty(), "only a fail is explained by the domain");
}

}  // namespace fuzz
