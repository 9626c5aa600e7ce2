// Domain names for SPF: printable labels separated by dots, in lower case, without a trailing dot.
//
// This is not master-file text: a backslash or a blank is an ordinary byte of a label, and a label cannot contain a dot.
// The text is stored in the object itself, so that copying a name never allocates; only the used part is copied.
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

  // Reads a name; one trailing dot is dropped. Returns nothing when a label is empty or longer than 63 bytes, the text is longer
  // than 253 bytes, or a byte is not printable US-ASCII. "" and "." are the root.
  static std::optional<Name> parse(std::string_view text);
  // Returns the number of labels of the text, which may be longer than a name. Returns nothing when a label is empty or too
  // long, or a byte is not printable US-ASCII.
  static std::optional<int> count_labels(std::string_view text);

  // Returns the name with this text() and number of labels(), without checking them: they must come from a parsed name.
  static Name known(std::string_view text, int labels);

  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }
  [[nodiscard]] bool is_root() const { return size_ == 0; }
  // Returns the number of labels; 0 for the root.
  [[nodiscard]] int labels() const { return labels_; }
  // Returns whether the name is `ancestor` or below it.
  [[nodiscard]] bool is_within(const Name& ancestor) const;
  // Returns the name without its leftmost label.
  [[nodiscard]] Name parent() const;

  friend bool operator==(const Name& a, const Name& b) { return a.text() == b.text(); }
  friend auto operator<=>(const Name& a, const Name& b) { return a.text() <=> b.text(); }

 private:
  std::array<char, kMaxText> text_;  // only the first size_ bytes are set
  std::uint8_t size_ = 0;
  std::uint8_t labels_ = 0;
};

inline Name& Name::operator=(const Name& other) {
  std::memmove(text_.data(), other.text_.data(), other.size_);  // allows self-assignment
  size_ = other.size_;
  labels_ = other.labels_;
  return *this;
}

}  // namespace dns

template <>
struct std::hash<dns::Name> {
  std::size_t operator()(const dns::Name& name) const noexcept { return std::hash<std::string_view>{}(name.text()); }
};
