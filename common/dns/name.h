// Domain names as SPF sees them: printable labels with dots between, in lower case, without the dot at the end.
//
// Not master-file text: a backslash or a blank is an ordinary byte of a label, and a label cannot hold a dot.
// The text stands in the object itself, so that copying a name never allocates, and only what is used of it is copied.
// Source: RFC 1035 §2.3.4 (label 63, name 253 characters of text), RFC 7208 §4.3 and §4.8.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string_view>

namespace dns {

class Name {
 public:
  static constexpr std::size_t kMaxText = 253;
  static constexpr std::size_t kMaxLabel = 63;

  // The root; text() is empty.
  Name() {}  // NOLINT(modernize-use-equals-default): "= default" would let Name{} fill the text with zeros
  Name(const Name& other) { *this = other; }
  Name& operator=(const Name& other);
  ~Name() = default;

  // One dot at the end is dropped. Nothing when a label is empty or longer than 63, the text longer than 253, or a byte is
  // not printable US-ASCII. "" and "." are the root.
  static std::optional<Name> parse(std::string_view text);
  // Returns how many labels the text has, which may be longer than a name. Nothing when a label is empty or too long, or a byte
  // is not printable US-ASCII.
  static std::optional<int> count_labels(std::string_view text);

  // The name of which this is the text() and the number of labels(): what was parsed once needs no second look.
  static Name known(std::string_view text, int labels);

  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }
  [[nodiscard]] bool is_root() const { return size_ == 0; }
  // Number of labels; 0 for the root.
  [[nodiscard]] int labels() const { return labels_; }
  // Equals `ancestor`, or lies below it.
  [[nodiscard]] bool is_within(const Name& ancestor) const;
  // Without its leftmost label.
  [[nodiscard]] Name parent() const;

  friend bool operator==(const Name& a, const Name& b) { return a.text() == b.text(); }
  friend auto operator<=>(const Name& a, const Name& b) { return a.text() <=> b.text(); }

 private:
  std::array<char, kMaxText> text_;  // up to size_; what stands behind it means nothing
  std::uint8_t size_ = 0;
  std::uint8_t labels_ = 0;
};

inline Name& Name::operator=(const Name& other) {
  std::memmove(text_.data(), other.text_.data(), other.size_);  // it may be its own
  size_ = other.size_;
  labels_ = other.labels_;
  return *this;
}

}  // namespace dns

template <>
struct std::hash<dns::Name> {
  std::size_t operator()(const dns::Name& name) const noexcept { return std::hash<std::string_view>{}(name.text()); }
};
