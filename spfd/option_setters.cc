#include "spfd/option_setters.h"

#include "spfd/option_values.h"

namespace spfd {

Problem set_duration(std::chrono::milliseconds& target, const Values& values) {
  const auto duration = parse_duration(values.back());
  if (!duration || *duration <= std::chrono::milliseconds::zero()) {
    return fmt::format("\"{}\" is not a time such as 20s, 500ms or 2m", base::printable(values.back()));
  }
  target = *duration;
  return {};
}

Problem set_bool(bool& target, const Values& values) {
  constexpr Words<bool, 8> kTruths = {
      {{"true", true}, {"yes", true}, {"on", true}, {"1", true}, {"false", false}, {"no", false}, {"off", false}, {"0", false}}};
  if (!set_word(target, values, kTruths)) return {};
  return fmt::format("\"{}\" is neither true nor false", base::printable(values.back()));
}

Problem set_text(std::string& target, const Values& values) {
  for (const char c : values.back()) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "a control character cannot stand here";
  }
  target = values.back();
  return {};
}

Problem set_needed_text(std::string& target, const Values& values) {
  if (values.back().empty()) return "the value is empty";
  return set_text(target, values);
}

}  // namespace spfd
