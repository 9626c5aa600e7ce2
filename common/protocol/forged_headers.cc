#include "common/protocol/forged_headers.h"

#include <string>

#include "common/base/text.h"

namespace protocol {

namespace {

// Reads the words of a structured header field (RFC 5322 §3.2), and forgives what is not well-formed: an MTA behind us might.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  // Blanks, line ends and comments. `comment`: the begin of the first one.
  void skip_blanks() {
    for (;;) {
      while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
      if (rest_.empty() || rest_.front() != '(') return;
      skip_comment();
    }
  }
  // A quoted-string without its quotes, or a run of other bytes up to one of `ends`, a blank or a comment.
  std::string take_word(std::string_view ends) {
    skip_blanks();
    std::string word;
    if (!rest_.empty() && rest_.front() == '"') {
      rest_.remove_prefix(1);
      while (!rest_.empty() && rest_.front() != '"') word += take_quoted();
      if (!rest_.empty()) rest_.remove_prefix(1);
      return word;
    }
    while (!rest_.empty() && !is_blank(rest_.front()) && rest_.front() != '(' &&
           ends.find(rest_.front()) == std::string_view::npos)
      word += take();
    return word;
  }
  bool take_if(char c) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view first_comment() const { return comment_; }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  char take_quoted() {
    if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
    return take();
  }
  void skip_comment() {
    if (comment_.empty()) comment_ = rest_.substr(1);
    std::size_t depth = 0;
    do {
      switch (rest_.front()) {
        case '(': ++depth; break;
        case ')': --depth; break;
        case '\\':
          if (rest_.size() > 1) rest_.remove_prefix(1);
          break;
        default: break;
      }
      rest_.remove_prefix(1);
    } while (depth > 0 && !rest_.empty());
  }

  std::string_view rest_;
  std::string_view comment_;
};

}  // namespace

bool is_authentication_results_of(std::string_view value, std::string_view us) {
  return !us.empty() && base::equals_ignoring_case(FieldReader(value).take_word(";"), us);
}

bool is_received_spf_of(std::string_view value, std::string_view us) {
  if (us.empty()) return false;
  FieldReader reader(value);
  reader.take_word(";");  // the result
  while (!reader.at_end()) {
    const std::string key = reader.take_word("=;");
    if (reader.take_if('=')) {
      const std::string word = reader.take_word(";");
      if (base::equals_ignoring_case(key, "receiver")) return base::equals_ignoring_case(word, us);
    } else if (!reader.take_if(';') && key.empty() && !reader.at_end()) {
      reader.take();
    }
  }
  const std::string_view comment = base::strip(reader.first_comment());
  return comment.size() > us.size() && base::starts_with_ignoring_case(comment, us) && comment[us.size()] == ':';
}

}  // namespace protocol
