#include "common/base/json.h"

#include "common/base/printable.h"
#include "common/base/text.h"

namespace base {

namespace {

void append_json_string(std::string& out, std::string_view text) {
  if (all_printable(text)) return append_quoted_string(out, text);
  append_quoted_string(out, printable(text));
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

std::string json_array(const std::vector<std::string>& values) {
  constexpr std::size_t kSeparator = 2;
  std::size_t size = kSeparator;
  for (const std::string& value : values) size += value.size() + kSeparator;
  std::string json;
  json.reserve(size);
  json += '[';
  for (const std::string& value : values) append(json, json.size() == 1 ? "" : ", ", value);
  json += ']';
  return json;
}

void JsonMembers::text(std::string_view key, std::string_view value) {
  begin(key);
  append_json_string(members_, value);
}

void JsonMembers::list(std::string_view key, const std::vector<std::string>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const std::string& value : values) texts.push_back(json_string(value));
  array(key, texts);
}

void JsonMembers::raw(std::string_view key, std::string_view json) {
  begin(key);
  members_ += json;
}

void JsonMembers::begin(std::string_view key) {
  constexpr std::size_t kUsual = 500;  // bytes of the members of an object, so that most need one allocation
  if (members_.empty()) members_.reserve(kUsual);
  append(members_, members_.empty() ? "\"" : ", \"", key, "\": ");
}

}  // namespace base
