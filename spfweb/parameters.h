// The parameters of a URL: "s=mfrom&id=u%40example.com", separated by "&" or, as openspf's links have them, by ";".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spfweb {

class Parameters {
 public:
  // Bounds; what exceeds them is dropped.
  static constexpr std::size_t kMaxCount = 100;
  static constexpr std::size_t kMaxValue = 4096;  // bytes, decoded

  Parameters() = default;
  // Reads the part of a URL after "?". A "%" that begins no pair of hexadecimal digits is itself.
  explicit Parameters(std::string_view query);

  // Returns the first value, without blanks around it; empty if there is none.
  [[nodiscard]] std::string_view value(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] bool empty() const { return values_.empty(); }
  // Returns the parameters as part of a URL, without those of this name.
  [[nodiscard]] std::string without(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// Decodes %NN, and "+" as a blank if `plus_is_blank`.
std::string url_decoded(std::string_view text, bool plus_is_blank);

}  // namespace spfweb
