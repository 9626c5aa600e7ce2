#include "common/dns/zone_name.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/dns/idna.h"

namespace dns {

namespace {

// The labels of a name; nothing for a label that Name cannot hold.
using Labels = std::vector<std::optional<std::string>>;

// Returns the byte that an escape denotes. `at` is the position of the backslash and moves past the escape.
std::optional<char> unescape(std::string_view text, std::size_t& at) {
  if (at + 1 >= text.size()) return std::nullopt;
  if (!base::is_digit(text[at + 1])) {
    at += 2;
    return text[at - 1];
  }
  const auto number = at + 3 < text.size() ? base::parse_number(text.substr(at + 1, 3), 255) : std::nullopt;
  if (!number) return std::nullopt;
  at += 4;
  return static_cast<char>(*number);
}

// Joins the labels and `origin`. Returns nothing when the name is too long.
std::optional<ZoneName> join(const Labels& labels, const ZoneName& origin) {
  bool is_whole = origin.name.has_value();
  std::string text(origin.above.text());
  for (auto label = labels.rbegin(); is_whole && label != labels.rend(); ++label) {
    is_whole = label->has_value();
    if (is_whole) text.insert(0, text.empty() ? **label : **label + ".");
  }
  const auto above = Name::parse(text);
  if (!above) return std::nullopt;
  return ZoneName{is_whole ? above : std::nullopt, *above};
}

class NameReader {
 public:
  explicit NameReader(std::string_view token) : token_(token) {}

  std::optional<ZoneName> read(const ZoneName& origin) {
    if (token_ == ".") return ZoneName{};
    while (at_ < token_.size()) {
      if (!label()) return std::nullopt;
    }
    if (labels_.empty() || size_ > Name::kMaxText + 1) return std::nullopt;
    return join(labels_, is_absolute_ ? ZoneName{} : origin);
  }

 private:
  // Reads a label and the dot after it.
  bool label() {
    std::string bytes;
    bool is_held = true;
    bool is_u_label = false;
    is_absolute_ = false;
    while (at_ < token_.size() && !is_absolute_) {
      const char c = token_[at_];
      if (c == '\\') {
        const auto byte = unescape(token_, at_);
        if (!byte) return false;
        is_held = is_held && base::is_printable(*byte) && *byte != '.';
        bytes += *byte;
        continue;
      }
      const std::size_t dot = dot_size(token_.substr(at_));
      is_absolute_ = dot != 0;
      at_ += is_absolute_ ? dot : 1;
      if (is_absolute_) continue;
      is_u_label = is_u_label || !base::is_ascii({&c, 1});
      bytes += c;
    }
    if (is_u_label) {
      auto converted = is_held ? to_a_labels(bytes) : std::nullopt;
      is_held = converted.has_value();
      bytes = std::move(converted).value_or("?");
    }
    if (bytes.empty() || bytes.size() > Name::kMaxLabel) return false;
    size_ += bytes.size() + 1;
    labels_.push_back(is_held ? std::optional(std::move(bytes)) : std::nullopt);
    return true;
  }

  const std::string_view token_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;  // total size of the labels, each with a dot
  bool is_absolute_ = false;
  Labels labels_;
};

}  // namespace

std::optional<std::string> unescaped(std::string_view token) {
  std::string out;
  for (std::size_t at = 0; at < token.size();) {
    if (token[at] != '\\') {
      out += token[at++];
      continue;
    }
    const auto byte = unescape(token, at);
    if (!byte) return std::nullopt;
    out += *byte;
  }
  return out;
}

std::optional<ZoneName> read_zone_name(std::string_view token, const ZoneName& origin) { return NameReader(token).read(origin); }

std::optional<ZoneName> take_wire_name(std::string_view& data) {
  Labels labels;
  for (std::size_t size = 1; !data.empty();) {
    const auto length = static_cast<unsigned char>(data.front());
    data.remove_prefix(1);
    size += length + std::size_t{1};
    if (length == 0) return join(labels, {});
    if (length > Name::kMaxLabel || length > data.size() || size > Name::kMaxText + 2) return std::nullopt;
    std::string label(data.substr(0, length));
    data.remove_prefix(length);
    const bool is_held = base::all_printable(label) && label.find('.') == std::string::npos;
    labels.push_back(is_held ? std::optional(std::move(label)) : std::nullopt);
  }
  return std::nullopt;
}

}  // namespace dns
