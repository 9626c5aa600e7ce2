#include "common/protocol/forged_headers.h"

#include <string>

#include "common/base/text.h"

namespace protocol {

namespace {

std::string_view without_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

bool is_same_host(std::string_view a, std::string_view b) { return base::equals_ignoring_case(without_dot(a), without_dot(b)); }

// Reads the words of a structured header field (RFC 5322 §3.2). Accepts malformed fields, because programs after us may do so.
class FieldReader {
 public:
  FieldReader(std::string_view text, std::string_view us) : rest_(text), us_(us) {}

  // Skips blanks, line ends and comments.
  void skip_blanks() {
    for (;;) {
      while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
      if (rest_.empty() || rest_.front() != '(') return;
      skip_comment();
    }
  }
  // Takes a quoted-string and returns it without quotes, or takes other bytes up to one of `ends`, a blank or a comment.
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
  // Returns whether a comment so far begins with our name and a colon.
  [[nodiscard]] bool comment_names_us() const { return comment_names_us_; }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  char take_quoted() {
    if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
    return take();
  }
  void skip_comment() {
    std::string name;  // the text before the first colon, without blanks and parentheses
    bool is_name = true;
    std::size_t depth = 0;
    do {
      const char c = rest_.front();
      if (c == '(') {
        ++depth;
      } else if (c == ')') {
        --depth;
      } else if (c == ':' && is_name) {
        is_name = false;
        comment_names_us_ = comment_names_us_ || is_same_host(name, us_);
      } else if (is_name && !is_blank(c)) {
        name += take_quoted();
        continue;
      } else if (c == '\\' && rest_.size() > 1) {
        rest_.remove_prefix(1);
      }
      rest_.remove_prefix(1);
    } while (depth > 0 && !rest_.empty());
  }

  std::string_view rest_;
  std::string_view us_;
  bool comment_names_us_ = false;
};

}  // namespace

bool is_authentication_results_of(std::string_view value, std::string_view us) {
  return !us.empty() && is_same_host(FieldReader(value, us).take_word(";"), us);
}

bool is_received_spf_of(std::string_view value, std::string_view us) {
  if (us.empty()) return false;
  FieldReader reader(value, us);
  reader.take_word(";");  // the result
  while (!reader.at_end()) {
    const std::string key = reader.take_word("=;");
    if (reader.take_if('=')) {
      const std::string word = reader.take_word(";");
      if (base::equals_ignoring_case(key, "receiver") && is_same_host(word, us)) return true;
    } else if (!reader.take_if(';') && key.empty() && !reader.at_end()) {
      reader.take();
    }
  }
  return reader.comment_names_us();
}

}  // namespace protocol
