// Builds JSON objects (RFC 8259) in printable US-ASCII, member by member. Keys are our own words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace base {

// Returns the text as a string. Bytes that are not printable US-ASCII are shown as in logs, with \xNN.
std::string json_string(std::string_view text);

class JsonMembers {
 public:
  // Adds a json_string().
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::uint64_t value);
  // Adds an array of strings, in the same form.
  void list(std::string_view key, const std::vector<std::string>& values);
  // Adds an array of values that are JSON.
  void array(std::string_view key, const std::vector<std::string>& values);
  // Adds a value that is JSON.
  void raw(std::string_view key, std::string_view json);

  // Returns the members without braces, or as an object.
  [[nodiscard]] const std::string& members() const { return members_; }
  [[nodiscard]] std::string object() const { return "{" + members_ + "}"; }
  [[nodiscard]] std::string take() { return std::move(members_); }

 private:
  std::string members_;
};

}  // namespace base
