// Builds JSON (RFC 8259) in printable US-ASCII: objects member by member, with their keys in the order of the calls. Keys are our
// own words.
//
// Answers of the query lines and lines of the log are JSON too, but they are written for each request; AnswerWriter
// (query_lines.cc) and LogLine (log_line.cc) write them without temporary strings.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace base {

// Returns the text as a string. Bytes that are not printable US-ASCII are shown as in logs, with \xNN.
std::string json_string(std::string_view text);
// Returns an array of values that are JSON.
std::string json_array(const std::vector<std::string>& values);

class JsonMembers {
 public:
  // Adds a json_string().
  void text(std::string_view key, std::string_view value);
  template <std::integral Number>
  void number(std::string_view key, Number value) {
    raw(key, std::to_string(value));
  }
  void flag(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
  // Adds an array of strings, in the same form.
  void list(std::string_view key, const std::vector<std::string>& values);
  // Adds an array of values that are JSON.
  void array(std::string_view key, const std::vector<std::string>& values) { raw(key, json_array(values)); }
  // Adds a value that is JSON.
  void raw(std::string_view key, std::string_view json);

  // Returns the members without braces, or as an object.
  [[nodiscard]] const std::string& members() const { return members_; }
  [[nodiscard]] std::string object() const { return "{" + members_ + "}"; }
  [[nodiscard]] std::string take() { return std::move(members_); }

 private:
  void begin(std::string_view key);

  std::string members_;
};

}  // namespace base
