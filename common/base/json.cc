#include "common/base/json.h"

#include "common/base/printable.h"
#include "common/base/text.h"

namespace base {

std::string json_string(std::string_view text) { return quoted_string(printable(text)); }

std::string json_array(const std::vector<std::string>& values) {
  std::string json = "[";
  for (const std::string& value : values) append(json, json.size() == 1 ? "" : ", ", value);
  json += ']';
  return json;
}

void JsonMembers::text(std::string_view key, std::string_view value) { raw(key, json_string(value)); }

void JsonMembers::list(std::string_view key, const std::vector<std::string>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const std::string& value : values) texts.push_back(json_string(value));
  array(key, texts);
}

void JsonMembers::raw(std::string_view key, std::string_view json) {
  append(members_, members_.empty() ? "\"" : ", \"", key, "\": ", json);
}

}  // namespace base
